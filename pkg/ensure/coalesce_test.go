package ensure_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// TestCoalesce: launches come one after another while the first one's function holds the lease.
// It waits longer between its rounds each time, up to a second.
func TestCoalesce(t *testing.T) {
	t.Parallel()
	const half = 500 * time.Millisecond
	for _, row := range []struct {
		name   string
		every  time.Duration
		n      int
		pauses []time.Duration
	}{
		{"all at once", 0, 100, nil}, // two rounds
		{"for a moment", 20 * time.Millisecond, 15, []time.Duration{half}},
		{"for five seconds", 10 * time.Millisecond, 500, []time.Duration{half, time.Second, time.Second, time.Second,
			time.Second, time.Second}},
		{"too seldom to meet", 200 * time.Millisecond, 10, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fakeaws.Options{Latency: everyCall})
				w := r.watch()
				if again := r.paced(row.every, numbered(row.n, same)); again != 0 {
					t.Errorf("%d launches were delivered again, want 0", again)
				}
				if diff := cmp.Diff(row.pauses, pausesOf(w.of(shared))); diff != "" {
					t.Errorf("pauses between rounds (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestCoalesceLeavesTime: launches ring for the whole life of a function. Its waits leave the
// time that its last rounds need.
func TestCoalesceLeavesTime(t *testing.T) {
	notRaced(t)
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		w := r.watch()
		began := time.Now()
		every := proof.Pick(t, 25*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond)
		n := int(32500 * time.Millisecond / every)
		if again := r.paced(every, numbered(n, same)); again != 1 {
			t.Errorf("%d launches were delivered again, want 1, because its function ran out of time", again)
		}
		effects := w.of(shared)
		yields := slices.IndexFunc(effects, func(e effect) bool { return e.name == "yield" })
		if yields < 0 {
			t.Fatal("the lease was never yielded")
		}
		if at := effects[yields].at.Sub(began); at < 26*time.Second || at > 26*time.Second+200*time.Millisecond {
			t.Errorf("the lease was yielded after %v, want 30 s less MinRound", at)
		}
	})
}

// paced invokes the function once a payload, one after another. It repeats a message at once
// if the function had no time for it, and returns how often.
func (r *rig) paced(every time.Duration, payloads [][]byte) (again int64) {
	var all sync.WaitGroup
	var repeated atomic.Int64
	for i, payload := range payloads {
		all.Go(func() {
			time.Sleep(time.Duration(i) * every)
			for _, err := r.invoke(payload); err != nil; _, err = r.invoke(payload) {
				repeated.Add(1)
			}
		})
	}
	all.Wait()
	return repeated.Load()
}

// pausesOf returns how long after each refused release the holder read the head.
func pausesOf(effects []effect) (pauses []time.Duration) {
	var released time.Time
	for _, e := range effects {
		switch e.name {
		case "release":
			released = e.at
		case "peek":
			pauses = append(pauses, e.at.Sub(released).Truncate(100*time.Millisecond))
		}
	}
	return pauses
}
