package ensure_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// ends are the ways in which a function process ends early.
var ends = map[string]func(*client, *http.Request) (*http.Response, error){
	"killed before it is applied": dies,
	"killed after it was applied": diesAfter,
	"broken for ever":             givesUp,
}

// applied is the one that leaves most behind.
var applied = map[string]func(*client, *http.Request) (*http.Response, error){
	"killed after it was applied": diesAfter,
}

// TestHolderDies kills the first of 21 launches at each of its requests in turn, while the
// others queue behind it. Only its own message returns, after the lease's expiry; then all 21
// are open.
func TestHolderDies(t *testing.T) {
	t.Parallel()
	const requests = 13 // of a holder during which one ticket is counted, and one more
	for end, then := range ends {
		for nth := 1; nth <= requests; nth++ {
			t.Run(fmt.Sprintf("request %d %s", nth, end), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, fakeaws.Options{Latency: everyCall}, onBus)
					b := r.listen()
					c := &client{nth: nth, hold: 2 * time.Second, then: then}
					first := launch("first", shared, 8000, 8002)
					r.queueBehind(c, first, 20)
					time.Sleep(3 * time.Minute)
					if o := r.ask(first); o.Status != events.Ensured {
						t.Errorf("the redelivered message is %s %v", o.Status, o.Reasons)
					}
					r.allOpen(b, 20)
				})
			})
		}
	}
}

// queueBehind invokes a process with a payload. While its client delays it, queueBehind serves
// n other launches, each once.
func (r *rig) queueBehind(c *client, payload []byte, n int) {
	r.t.Helper()
	holder := r.process(c, onBus)
	var all sync.WaitGroup
	all.Go(func() {
		if result, err := holder.invokeUntilKilled(c, payload); err == nil &&
			result.Outcomes[0].Status != events.Ensured {
			r.t.Errorf("the holder answers %v", result)
		}
	})
	time.Sleep(time.Second)
	outcomes := r.storm(numbered(n, distinct))
	if got := count(outcomes, events.Ensured) + count(outcomes, events.Queued); got != n {
		r.t.Errorf("%d of %d others are ensured or queued", got, n)
	}
	all.Wait()
}

// allOpen fails the test unless the first launch and n distinct ones are open, each rule once,
// and were announced.
func (r *rig) allOpen(b *bus, n int) {
	r.t.Helper()
	want := []string{"tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0"}
	names := []string{"first"}
	for i := range n {
		want = append(want, fmt.Sprintf("tcp %d from 0.0.0.0/0", 10000+2*i))
		names = append(names, name(i))
	}
	r.has(want...)
	if got := len(r.account.Rules(shared)); got != len(want)+3 {
		r.t.Errorf("the group holds %d rules, want %d", got, len(want)+3)
	}
	announced := b.launches()
	for _, launch := range names {
		if !slices.Contains(announced, launch) {
			r.t.Errorf("no Ports Ensured names %s", launch)
		}
	}
	r.noDuplicate()
}

// TestTakenOverAlive: another function takes over the lease of a working holder. Its clock is
// 40 s ahead, so that it sees the lease expired. The holder is slow before or after each of
// its requests in turn.
func TestTakenOverAlive(t *testing.T) {
	for after, then := range map[bool]func(*client, *http.Request) (*http.Response, error){false: goesOn,
		true: isSlowAfter} {
		for nth := 2; nth <= 7; nth++ { // from the ring to the release
			t.Run(fmt.Sprintf("request %d, after %v", nth, after), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, fakeaws.Options{Latency: everyCall, PartialBatches: nth%2 == 0}, onBus)
					b := r.listen()
					c := &client{nth: nth, hold: 2 * time.Second, then: then}
					holder := r.process(c, onBus)
					var all sync.WaitGroup
					all.Go(func() {
						result, err := holder.invoke(launch("first", shared, 8000, 8002))
						if err != nil || result.Outcomes[0].Status == events.Rejected {
							t.Errorf("the holder's launch is %+v, %v", result, err)
						}
					})
					time.Sleep(time.Second)
					r.overtake(40*time.Second, launch(name(0), shared, 8000, 10000))
					all.Wait()
					r.ensured(launch("first", shared, 8000, 8002))
					r.allOpen(b, 1)
				})
			})
		}
	}
}

// overtake serves a payload with a clock that is ahead.
func (r *rig) overtake(ahead time.Duration, payload []byte) {
	r.t.Helper()
	e := r.ensurer()
	e.Now = func() time.Time { return time.Now().Add(ahead) }
	e.Bus = r.publisher()
	ctx, cancel := context.WithTimeout(context.Background(), ahead+30*time.Second)
	defer cancel()
	answer := r.serve(ctx, e, payload)[0]
	if answer.Retry != nil || answer.Outcomes[0].Status != events.Ensured &&
		answer.Outcomes[0].Status != events.Queued {
		r.t.Errorf("the successor answers %+v", answer)
	}
}

// logger writes to the rig's log.
func (r *rig) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(r.log, nil)) }

// TestTakeOverIsTried checks that TestTakenOverAlive really takes over a lease.
func TestTakeOverIsTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		w := r.watch()
		c := &client{nth: 5, hold: 2 * time.Second, then: goesOn}
		holder := r.process(c)
		var all sync.WaitGroup
		all.Go(func() { _, _ = holder.invoke(launch("first", shared, 8000)) })
		time.Sleep(time.Second)
		r.overtake(40*time.Second, launch("second", shared, 8002))
		all.Wait()
		got := strings.Join(w.names(shared), " ")
		// To the holder, the successor's rule is extra, because it does not know that request.
		// Its record fails, so it cannot revoke the rule.
		want := "claim ring load describe claim ring take over load describe authorize publish release authorize " +
			"describe pend ring load describe release"
		if got != want {
			t.Errorf("effects\n%s, want\n%s", got, want)
		}
	})
}
