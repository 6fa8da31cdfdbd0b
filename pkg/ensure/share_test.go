package ensure_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// sharers are groups that the launches of one batch name.
func sharers(r *rig, n int) (groups []string) {
	for i := range n {
		groups = append(groups, fmt.Sprintf("sg-1%016x", i))
		r.addGroup(groups[i], "tcp 22 from 198.51.100.0/24")
	}
	return groups
}

// batchOn returns a batch with one launch on each group.
func batchOn(groups []string) []byte {
	return sqs(numbered(len(groups), func(i int) []byte { return launch(name(i), groups[i], 8000) })...)
}

// opened returns how long after the start of a batch each group's rules were authorized.
func opened(w *watch, start time.Time) map[string]time.Duration {
	at := make(map[string]time.Duration)
	for _, e := range w.of("") {
		if e.name == "authorize" {
			at[e.group] = e.at.Sub(start)
		}
	}
	return at
}

// TestShareDescribe: the groups of one batch need one describe.
func TestShareDescribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall}, onBus)
		groups := sharers(r, 16)
		if failed := r.failed(t.Context(), batchOn(groups)); len(failed) > 0 {
			t.Errorf("%v failed", failed)
		}
		for _, g := range groups {
			if !r.rules(g).Contains(secgroup.MustParseRule("tcp 8000 from 0.0.0.0/0")) {
				t.Errorf("%s lacks its rule", g)
			}
		}
		if calls := r.account.Calls(); calls["ec2:DescribeSecurityGroupRules"] != 1 || calls.Of("ec2") != 1+16 {
			t.Errorf("want one describe and 16 authorizations: %v", calls)
		}
	})
}

// TestShareWithMissing: one of the groups does not exist. It costs the others neither a call nor
// time.
func TestShareWithMissing(t *testing.T) {
	var without map[string]time.Duration
	for _, missing := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fakeaws.Options{Latency: everyCall}, onBus)
			groups, want, describes := sharers(r, 5), []string{}, 1
			if missing { // the pass tries twice more, because the group may be new
				groups, want, describes = append(groups, "sg-1ffffffffffffffff"), []string{"m5"}, 3
			}
			w, start := r.watch(), time.Now()
			if failed := r.failed(t.Context(), batchOn(groups)); !slices.Equal(failed, want) {
				t.Errorf("%v failed, want %v", failed, want)
			}
			if calls := r.account.Calls(); calls["ec2:DescribeSecurityGroupRules"] != describes {
				t.Errorf("want %d describes of rules: %v", describes, calls)
			}
			at := opened(w, start)
			if !missing {
				without = at
			} else if diff := cmp.Diff(without, at); diff != "" {
				t.Errorf("a missing group delays others (-without +with):\n%s", diff)
			}
		})
	}
}

// TestShareDenied: a denied describe means the same to each of its groups as one of its own.
func TestShareDenied(t *testing.T) {
	for _, n := range []int{1, 4} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fakeaws.Options{Latency: everyCall}, onBus)
			groups := sharers(r, n)
			r.account.Deny("ec2:DescribeSecurityGroupRules")
			if failed := r.failed(t.Context(), batchOn(groups)); len(failed) != n {
				t.Errorf("%v failed, want all of %d, because the permission may come", failed, n)
			}
			want := 1
			if n > 1 {
				want = 1 + n
			}
			if calls := r.account.Calls(); calls["ec2:DescribeSecurityGroupRules"] != want {
				t.Errorf("want one describe for each group, and a shared one before: %v", calls)
			}
			time.Sleep(5 * time.Minute)
			b := r.listen()
			if failed := r.failed(t.Context(), batchOn(groups)); len(failed) > 0 {
				t.Errorf("%v failed after five minutes, want refusals", failed)
			}
			rejected := 0
			for _, e := range b.entries {
				if e.DetailType == events.RejectedType {
					rejected++
				}
			}
			if rejected != n {
				t.Errorf("%d launches are rejected, want %d", rejected, n)
			}
		})
	}
}

// TestShareLost: a describe fails for all of its groups. Each tries again, together.
func TestShareLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall}, onBus)
		groups, failures := sharers(r, 4), 0
		r.account.Inject(func(op fakeaws.Op) (bool, error) {
			if op.Name == "DescribeSecurityGroupRules" && failures == 0 {
				failures++
				return false, &fakeaws.Error{Code: "AuthFailure", Message: "not everywhere yet", Status: 401}
			}
			return true, nil
		})
		if failed := r.failed(t.Context(), batchOn(groups)); len(failed) > 0 {
			t.Errorf("%v failed", failed)
		}
		if calls := r.account.Calls(); calls.Of("ec2") > 1+4+4 {
			t.Errorf("want at most a describe for each after the first: %v", calls)
		}
	})
}

// TestShareNotWithLarge: a group of many rules is described alone, so that its pages delay no
// other group.
func TestShareNotWithLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		large := func(c *handler.Config) { c.Quota = 1000 }
		r := newRig(t, fakeaws.Options{Latency: everyCall, RulesPerGroup: 2000}, onBus, large)
		groups := sharers(r, 5)
		many := make([]any, 400)
		for i := range many {
			many[i] = 10_000 + 2*i
		}
		bodies := numbered(4, func(i int) []byte { return launch(name(i), groups[i], 8000) })
		r.failed(t.Context(), sqs(append(bodies, launch("large", groups[4], many...))...))
		if calls := r.account.Calls(); calls["ec2:DescribeSecurityGroupRules"] != 2 {
			t.Errorf("want a describe of the large group and one of the others: %v", calls)
		}
	})
}
