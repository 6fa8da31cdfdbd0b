package ensure

import (
	"context"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// atOnce is how many groups one invocation serves at a time. They come from messages, an end
// in many groups, or a sweep. Each takes a few connections, and Lambda has 1,024 file
// descriptors (Lambda quotas). EC2 allows 5 calls/s that change security groups
// (docs/performance.md), so more groups at a time would not be faster.
const atOnce = 16

const (
	// maxPass bounds a pass that can continue in the next sweep. If EC2 does not answer for a
	// group, the pass occupies one of the invocation's places for at most this time.
	maxPass = 15 * time.Second
	// minPass is the minimum time that must remain before such a pass begins.
	minPass = 10 * time.Second
)

// placeOf returns the account and Region of a group. EC2's token buckets and outages are per
// account and Region.
func placeOf(g claim.Group) place { return place{g.Account, g.Region} }

// sideBySide calls do for each item, n at a time. Items of one place begin in their order. The
// next item always belongs to the place with the fewest running items. So a place that hangs
// leaves room for the others. For example, each of two places gets n/2.
func sideBySide[T any](n int, items []T, where func(T) place, do func(T)) {
	type line struct {
		items   []T
		running int
	}
	var mu sync.Mutex
	var lines []*line
	at := make(map[place]*line)
	for _, item := range items {
		l := at[where(item)]
		if l == nil {
			l = new(line)
			at[where(item)], lines = l, append(lines, l)
		}
		l.items = append(l.items, item)
	}
	next := func(done *line) (item T, from *line) {
		mu.Lock()
		defer mu.Unlock()
		if done != nil {
			done.running--
		}
		for _, l := range lines {
			if len(l.items) > 0 && (from == nil || l.running < from.running) {
				from = l
			}
		}
		if from != nil {
			item, from.items = from.items[0], from.items[1:]
			from.running++
		}
		return item, from
	}
	var all sync.WaitGroup
	for range min(n, len(items)) {
		all.Go(func() {
			for item, from := next(nil); from != nil; item, from = next(from) {
				do(item)
			}
		})
	}
	all.Wait()
}

// mayBegin reports whether there is time for a pass that can continue in the next sweep.
func (e *Ensurer) mayBegin(ctx context.Context) bool {
	deadline, bounded := ctx.Deadline()
	return !bounded || deadline.Sub(e.now()) >= minPass
}

// short bounds such a pass. It leaves time to record the invocation's progress.
func (e *Ensurer) short(ctx context.Context) (context.Context, context.CancelFunc) {
	end := e.now().Add(maxPass)
	if deadline, bounded := ctx.Deadline(); bounded && deadline.Add(-leaving).Before(end) {
		end = deadline.Add(-leaving)
	}
	return context.WithDeadline(ctx, end)
}
