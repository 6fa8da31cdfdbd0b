package handler_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// crowd adds managed groups with a foreign rule each, and makes describes slow.
func (r *rig) crowd(n int) {
	for i := range n {
		r.account.AddSecurityGroup(fakeaws.SecurityGroup{
			ID: fmt.Sprintf("sg-%017x", i+1), Tags: map[string]string{"sgkeeper:managed": "true"}, NoEgress: true,
			Rules: []fakeaws.Rule{{Protocol: "tcp", FromPort: 22, ToPort: 22, Peer: "192.0.2.0/24"}},
		})
	}
	r.account.Inject(func(op fakeaws.Op) (bool, error) {
		if op.Name == "DescribeSecurityGroupRules" {
			time.Sleep(10 * time.Second)
		}
		return true, nil
	})
}

// leg invokes the function with 35 seconds, the time of one leg.
func (r *rig) leg(payload string) string {
	r.Helper()
	reply, err := r.audit.Invoke(r.lambda(35*time.Second), []byte(payload))
	if err != nil {
		r.Fatalf("Invoke(%.200s): %v\n%s", payload, err, r.log)
	}
	return string(reply)
}

// TestResume continues an audit that needs several invocations until all groups are read. A
// repeated message does no harm.
func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.crowd(900)
		r.leg(batch(`{"sgkeeper":"audit"}`))
		legs := 1
		var last string
		for ; legs < 10; legs++ {
			next := r.received(r.queue)
			if len(next) == 0 {
				break
			}
			if legs == 1 && len(r.account.Objects(bucket)) != 1 {
				t.Errorf("stored are %q, want the run alone", r.account.Objects(bucket))
			}
			last = next[0]
			if reply := r.leg(batch(last)); reply != `{"batchItemFailures":[]}` {
				t.Fatalf("leg %d: %s\n%s", legs, reply, r.log)
			}
		}
		if legs < 3 {
			t.Errorf("%d legs, want three and more", legs)
		}
		first := r.latest()
		if len(first.Groups) != 901 || len(first.Drifts) != 900 {
			t.Errorf("%d groups and %d drifts, want 901 and 900", len(first.Groups), len(first.Drifts))
		}
		told := r.published()
		if len(told[events.DriftDetectedType]) != 900 || len(told[events.AuditCompletedType]) != 1 {
			t.Errorf("%d drifts and %d audits published, want 900 and 1", len(told[events.DriftDetectedType]),
				len(told[events.AuditCompletedType]))
		}
		before := r.account.Objects(bucket)
		r.leg(batch(last, last))
		if again := r.latest(); len(again.History) != 1 || !slices.Equal(before, r.account.Objects(bucket)) ||
			len(r.published()) != 0 {
			t.Errorf("the message came again: %d points, stored %q", len(again.History), r.account.Objects(bucket))
		}
		if slices.ContainsFunc(before, func(key string) bool { return strings.Contains(key, "/runs/") }) {
			t.Errorf("the run is left: %q", before)
		}
	})
}

// TestResumeTwice continues one run in two functions at once. The history has it once, and
// each drift is reported once.
func TestResumeTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.crowd(500)
		r.leg(batch(`{"sgkeeper":"audit"}`))
		next := r.received(r.queue)[0]
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { r.leg(batch(next)) })
		}
		both.Wait()
		for _, left := range r.received(r.queue) {
			r.leg(batch(left))
		}
		latest := r.latest()
		if len(latest.History) != 1 || len(latest.Drifts) != 500 || len(latest.Groups) != 501 {
			t.Errorf("%d points, %d drifts, %d groups, want 1, 500, 501", len(latest.History), len(latest.Drifts),
				len(latest.Groups))
		}
	})
}

// TestConcurrent: audits of single groups and of all groups race for the latest report. It
// loses none of their drifts.
func TestConcurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.crowd(6)
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				payload := fmt.Sprintf(`{"sgkeeper":"audit","groups":["sg-%017x"]}`, i+1)
				for range 5 { // as often as the queue redelivers
					if r.leg(batch(payload)) == `{"batchItemFailures":[]}` {
						return
					}
				}
				t.Errorf("%s was never served", payload)
			})
		}
		all.Wait()
		latest := r.latest()
		if len(latest.Groups) != 6 || len(latest.Drifts) != 6 || len(latest.History) != 6 {
			t.Errorf("%d groups, %d drifts, %d points, want 6 of each", len(latest.Groups), len(latest.Drifts),
				len(latest.History))
		}
		ids := make(map[string]bool)
		for _, text := range r.published()[events.DriftDetectedType] {
			var d events.DriftDetected
			if err := json.Unmarshal(text, &d); err != nil || ids[d.Drift] {
				t.Errorf("drift %s: %v, or twice", d.Drift, err)
			}
			ids[d.Drift] = true
		}
	})
}

// TestLater: a later audit's result for a group survives an earlier audit that ends later.
func TestLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.crowd(450)
		changed := "sg-00000000000000001"
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.invoke(`{"sgkeeper":"audit"}`)
		}()
		time.Sleep(15 * time.Second) // the first batch is done
		if _, err := r.account.AddRule(changed, fakeaws.Rule{Protocol: "tcp", FromPort: 3389, ToPort: 3389,
			Peer: "0.0.0.0/0"}); err != nil {
			t.Fatal(err)
		}
		r.invoke(`{"sgkeeper":"audit","groups":["` + changed + `"]}`)
		<-done
		latest := r.latest()
		if latest.Drifts[0].Group.ID != changed || latest.Drifts[0].Severity.String() != "critical" ||
			len(latest.Groups) != 451 {
			t.Errorf("the worst of %d groups is %s, want the world-open port found meanwhile", len(latest.Groups),
				latest.Drifts[0].Detail)
		}
	})
}

// TestNothingToHandOnTo: without a queue, the message of an unfinished audit fails.
func TestNothingToHandOnTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "SGKEEPER_AUDIT_QUEUE=")
		r.crowd(900)
		if reply := r.leg(batch(`{"sgkeeper":"audit"}`)); reply == `{"batchItemFailures":[]}` {
			t.Errorf("answer %s, want it to come again", reply)
		}
		if _, err := r.audit.Invoke(r.lambda(35*time.Second), []byte(`{"sgkeeper":"audit"}`)); err == nil ||
			errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Invoke = %v, want why it could not end", err)
		}
	})
}
