package ensure_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func parsed(rule string) secgroup.Rule { return secgroup.MustParseRule(rule) }

// TestUnfinishedEnd kills a direct end of a launch in two groups at each of its requests in
// turn. The end is not repeated. Once the table has it, sweeps finish it in both groups and
// announce it.
func TestUnfinishedEnd(t *testing.T) {
	const other = "sg-0fedcba9876543210"
	for nth := 1; nth <= 6; nth++ {
		for how, then := range ends {
			t.Run(fmt.Sprintf("request %d %s", nth, how), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, fakeaws.Options{Latency: everyCall})
					r.addGroup(other)
					r.ensured(launch("a", shared, 8000))
					r.ensured(launch("a", other, 8000))
					c := &client{nth: nth, then: then}
					_, _ = r.process(c).invokeUntilKilled(c, end("a"))
					r.sweeps(5 * time.Minute)
					began := nth > 1 || how == "killed after it was applied"
					for _, g := range []string{shared, other} {
						if open := r.rules(g).Contains(parsed("tcp 8000 from 0.0.0.0/0")); open == began {
							t.Errorf("%s: the rule exists: %v; the end is in the table: %v", g, open, began)
						}
					}
					if left, err := r.table().Unfinished(t.Context(), time.Now().Add(time.Hour), 100); err != nil ||
						len(left) > 0 {
						t.Errorf("unfinished: %v, %v", left, err)
					}
				})
			})
		}
	}
}

// TestUnfinishedEndsAreBounded sweeps many ends, two sweeps at once.
func TestUnfinishedEndsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		const n = 150
		for i := range n {
			if i < 20 {
				r.ensured(launch(name(i), shared, 8000+2*i))
			}
			l := launchOf(r, name(i))
			if _, err := r.table().End(t.Context(), l, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(5 * time.Minute)
		go r.sweep()
		r.sweep()
		time.Sleep(time.Minute)
		if left, err := r.table().Unfinished(t.Context(), time.Now().Add(time.Hour), 1000); err != nil ||
			len(left) > 0 {
			t.Errorf("unfinished: %d, %v", len(left), err)
		}
		if got := len(r.account.Rules(shared)); got != 3 {
			t.Errorf("the group has %d rules, want the three that are not ours", got)
		}
	})
}
