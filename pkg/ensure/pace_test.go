package ensure_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// throttle rejects the first n calls that change rules, because EC2's token bucket is empty. The
// second function returns the groups of all such calls so far.
func throttle(n int) (fakeaws.Fault, func() []string) {
	var mu sync.Mutex
	var groups []string
	fault := func(op fakeaws.Op) (bool, error) {
		if !strings.HasPrefix(op.Name, "Authorize") && !strings.HasPrefix(op.Name, "Revoke") {
			return true, nil
		}
		mu.Lock()
		defer mu.Unlock()
		if groups = append(groups, op.Form.Get("GroupId")); len(groups) <= n {
			return false, &fakeaws.Error{Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Status: 503}
		}
		return true, nil
	}
	return fault, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(groups)
	}
}

// TestThrottledRoundBeginsAgain: EC2 throttles the holder's call. Before the next one, another
// launch comes. One call opens the rules of both, and the group is described once.
func TestThrottledRoundBeginsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall}, onBus)
		b := r.listen()
		fault, calls := throttle(1)
		r.account.Inject(fault)
		var all sync.WaitGroup
		all.Go(func() { r.status(launch("first", shared, 8000), events.Ensured) })
		for len(calls()) == 0 {
			time.Sleep(time.Millisecond)
		}
		r.status(launch("second", shared, 8002), events.Queued)
		all.Wait()
		r.has("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0")
		if got := b.launches(); !slices.Equal(slices.Sorted(slices.Values(got)), []string{"first", "second"}) {
			t.Errorf("Ports Ensured names %v, want both", got)
		}
		of := r.account.Calls()
		describes, authorizes := of.Op("ec2", "DescribeSecurityGroupRules"), of.Op("ec2", "AuthorizeSecurityGroupIngress")
		if describes != 1 || authorizes != 2 {
			t.Errorf("%d describes and %d authorizations, want 1 and 2", describes, authorizes)
		}
	})
}

// TestThrottledRevoke: EC2 throttles a revoke. A launch that comes before the next call keeps the
// rule.
func TestThrottledRevoke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall}, onBus)
		r.ensured(launch("first", shared, 8000))
		time.Sleep(time.Hour)
		fault, calls := throttle(2)
		r.account.Inject(fault)
		var all sync.WaitGroup
		all.Go(func() { r.status(end("first"), events.Released) })
		for len(calls()) == 0 {
			time.Sleep(time.Millisecond)
		}
		r.status(launch("second", shared, 8002), events.Queued)
		all.Wait()
		r.hasNot("tcp 8000 from 0.0.0.0/0")
		r.has("tcp 8002 from 0.0.0.0/0")
		if n := len(calls()); n != 4 {
			t.Errorf("%d calls that change rules, want 4: two throttled, a revoke and an authorization", n)
		}
	})
}

// TestTurns: EC2 throttles the first groups of one invocation. Then one group calls until it
// succeeds, and the others follow, each with one call. Groups that begin later wait for them.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const first, more, late = 16, 4, 4 // groups at once, further throttled calls, later groups
		r := newRig(t, fakeaws.Options{Latency: everyCall}, onBus)
		groups := sharers(r, first+late)
		payloads := numbered(len(groups), func(i int) []byte { return launch(name(i), groups[i], 8000) })
		fault, calls := throttle(first + more)
		r.account.Inject(fault)
		for i, a := range r.serve(t.Context(), r.ensurer(), payloads...) {
			if a.Retry != nil || a.Outcomes[0].Status != events.Ensured {
				t.Errorf("%s: %+v, want it ensured", groups[i], a)
			}
		}
		got := calls()
		if len(got) != first+more+len(groups) {
			t.Fatalf("%d calls, want %d: %v", len(got), first+more+len(groups), got)
		}
		until := first + more + 1
		if alone := slices.Compact(slices.Clone(got[first:until])); len(alone) != 1 {
			t.Errorf("%v call until one succeeds, want one group alone", alone)
		}
		early := slices.Sorted(slices.Values(got[until-1 : until-1+first]))
		if last := got[until-1+first:]; !slices.Equal(early, groups[:first]) || len(last) != late {
			t.Errorf("the calls that succeed are of %v and then of %v, want the first groups first", early, last)
		}
	})
}

// TestThrottledForGood: EC2 throttles every call. The pass frees the lease in time, so that the
// message comes again.
func TestThrottledForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		fault, calls := throttle(1 << 30)
		r.account.Inject(fault)
		if _, err := r.invoke(launch("a", shared, 8000)); err == nil {
			t.Error("the message does not come again")
		}
		n := len(calls())
		t.Logf("%d calls within an invocation of 30 s", n)
		if n < 5 || n > 25 {
			t.Errorf("%d calls, want 5 to 25", n)
		}
		r.account.Inject(nil)
		r.ensured(launch("a", shared, 8000)) // the lease is free
	})
}
