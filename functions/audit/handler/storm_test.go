package handler_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// storm makes 500 changes of a group within ten seconds: each of 50 users opens a port, and nine of
// his other calls change nothing that is left. Their events are delivered in 50 batches after a
// delay, by so many invocations at a time. Afterwards, the function's own messages are delivered,
// until there are none. It returns the number of audits and of S3 puts.
func (r *rig) storm(delay time.Duration, atOnce int) (audits, puts int) {
	r.Helper()
	const batches, apart = 50, 200 * time.Millisecond
	r.all()
	time.Sleep(time.Hour)
	before := len(r.latest().History)
	r.account.ResetCalls()
	start := time.Now()
	ready := make(chan string, batches)
	go func() {
		for n := range batches {
			time.Sleep(time.Until(start.Add(time.Duration(n) * apart)))
			r.adds(1000 + n)
			actor := fmt.Sprintf("arn:aws:iam::111122223333:user/%d", n)
			flat := `{"groupId":"` + group +
				`","ipProtocol":"tcp","fromPort":"%d","toPort":"%[1]d","cidrIp":"192.0.2.0/24"}`
			bodies := []string{changed(fmt.Sprintf("e-%d", n), actor, "", fmt.Sprintf(flat, 1000+n))}
			for i := range 9 {
				event := changed(fmt.Sprintf("e-%d-%d", n, i), actor, "", fmt.Sprintf(flat, 3000+i))
				bodies = append(bodies, strings.Replace(event, "AuthorizeSecurityGroupIngress",
					"RevokeSecurityGroupIngress", 1))
			}
			time.AfterFunc(delay, func() { ready <- batch(bodies...) })
		}
		time.Sleep(delay + time.Second)
		close(ready)
	}()
	deliver := func(payload string) {
		if reply := r.invoke(payload); reply != `{"batchItemFailures":[]}` {
			r.Errorf("answer %s", reply)
		}
	}
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for payload := range ready {
				deliver(payload)
			}
		})
	}
	workers.Wait()
	for range 100 {
		time.Sleep(5 * time.Second)
		for messages := range slices.Chunk(r.received(r.queue), 10) {
			deliver(batch(messages...))
		}
	}
	return len(r.latest().History) - before, r.account.Calls().Op("s3", "PutObject")
}

// TestStorm: 500 events about one group, in 50 batches, cause few audits. Each drift is found, and
// names the user that caused it.
func TestStorm(t *testing.T) {
	for _, row := range []struct {
		name   string
		delay  time.Duration
		atOnce int
		audits int // at most
	}{
		{"a minute late", time.Minute, 1, 4},
		{"a minute late, two at a time", time.Minute, 2, 6},
		{"two seconds late", 2 * time.Second, 1, 6},
		{"two seconds late, two at a time", 2 * time.Second, 2, 8},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, "SGKEEPER_QUOTA=200")
				r.account.Inject(func(op fakeaws.Op) (bool, error) {
					time.Sleep(20 * time.Millisecond) // the latency of AWS
					return true, nil
				})
				audits, puts := r.storm(row.delay, row.atOnce)
				t.Logf("%s: 500 events in 50 batches: %d audits, %d S3 puts", row.name, audits, puts)
				if audits > row.audits || puts > 6*row.audits+6 {
					t.Errorf("%d audits and %d S3 puts, want at most %d audits of 6 puts", audits, puts, row.audits)
				}
				drifts := r.latest().Drifts
				if len(drifts) != 50 {
					t.Errorf("%d drifts, want 50", len(drifts))
				}
				for _, d := range drifts {
					want := fmt.Sprintf("arn:aws:iam::111122223333:user/%d", d.Rule.Rule.Ports.First-1000)
					if d.Changed.Actor != want {
						t.Errorf("%s is by %q, want %s", d.Rule.Rule, d.Changed.Actor, want)
					}
				}
				if left := r.received(r.queue); len(left) != 0 {
					t.Errorf("%d messages are left", len(left))
				}
			})
		})
	}
}

// TestCoveredChange: an event that an audit covers has no effect. But if its message came before, or
// the function's clock is wrong, the group is audited.
func TestCoveredChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.all()
		event := func() string { return changed("e-1", "eve", "", `{"groupId":"`+group+`"}`) }
		audits := func(payload string) int {
			before := len(r.latest().History)
			r.invoke(payload)
			return len(r.latest().History) - before
		}
		old := event()
		time.Sleep(time.Minute)
		r.all() // the second report has the store's time
		time.Sleep(time.Minute)
		puts := r.account.Calls().Op("s3", "PutObject")
		if got := audits(batch(old)); got != 0 || r.account.Calls().Op("s3", "PutObject") != puts {
			t.Errorf("a covered event: %d audits", got)
		}
		again := strings.Replace(batch(old), `"eventSource":`,
			`"attributes":{"ApproximateReceiveCount":"2"},"eventSource":`, 1)
		if got := audits(again); got != 1 {
			t.Errorf("a message that comes again: %d audits, want 1", got)
		}
		time.Sleep(time.Minute)
		r.audit.Now = func() time.Time { return time.Now().Add(3 * time.Minute) }
		r.all()
		time.Sleep(time.Minute)
		r.adds(22)
		late := event()
		time.Sleep(time.Minute)
		if got := audits(batch(late)); got != 1 || len(r.latest().Drifts) != 1 {
			t.Errorf("by a clock that is ahead: %d audits, drifts %+v, want the new rule", got, r.latest().Drifts)
		}
	})
}

// TestPostponedNowhere: if the queue is denied, or there is none, events are audited at once.
func TestPostponedNowhere(t *testing.T) {
	for _, queue := range []string{"denied", "none"} {
		synctest.Test(t, func(t *testing.T) {
			environ := []string{}
			if queue == "none" {
				environ = append(environ, "SGKEEPER_AUDIT_QUEUE=")
			}
			r := newRig(t, environ...)
			r.all()
			r.all()
			r.account.Deny("sqs:SendMessage")
			for port := range 3 {
				r.adds(1000 + port)
				r.invoke(batch(changed(fmt.Sprint("e-", port), "eve", "", `{"groupId":"`+group+`"}`)))
			}
			if got := len(r.latest().Drifts); got != 3 {
				t.Errorf("queue %s: %d drifts, want 3", queue, got)
			}
		})
	}
}
