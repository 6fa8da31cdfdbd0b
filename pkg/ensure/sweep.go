package ensure

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
)

// Bounds of one sweep. What it leaves is still due at the next.
const (
	sweepBatch = 64               // groups, or ends, asked for at a time, 8 of each of the index's shards
	sweepers   = 8                // groups walked at a time
	sweepRest  = 10 * time.Second // before the deadline no batch begins
)

// Sweep takes what is due: ends that did not come to all of their groups,
// groups left ringing by a function that died, leases held past their end,
// expiries, rules whose replacement has settled, and verification after writes.
// It may run twice at once, and be cut short.
func (e *Ensurer) Sweep(ctx context.Context) error {
	ctx, cancel := e.bounded(ctx)
	defer cancel()
	ends, faults := batches(ctx, e, e.Dues.Unfinished, e.sweepEnds)
	groups, more := batches(ctx, e, e.Dues.Due, e.sweep)
	faults = append(faults, more...)
	e.Log.InfoContext(ctx, "swept", "ends", ends, "groups", groups, "failed", len(faults))
	return errors.Join(faults...)
}

// batches takes what is due, batch by batch, each thing once, until nothing is
// left or the time is up.
func batches[T comparable](ctx context.Context, e *Ensurer, due func(context.Context, time.Time, int) ([]T, error), sweep func(context.Context, []T) []error) (n int, faults []error) {
	deadline, _ := ctx.Deadline()
	seen := make(map[T]bool)
	for deadline.Sub(e.now()) > sweepRest {
		found, err := due(ctx, e.now(), sweepBatch)
		if err != nil {
			return len(seen), append(faults, err)
		}
		found = slices.DeleteFunc(found, func(t T) bool { return seen[t] })
		if len(found) == 0 {
			break
		}
		for _, t := range found {
			seen[t] = true
		}
		faults = append(faults, sweep(ctx, found)...)
	}
	return len(seen), faults
}

// sweepEnds serves ends of launches once more: an end may come twice.
func (e *Ensurer) sweepEnds(ctx context.Context, launches []events.Launch) (faults []error) {
	messages := make([]events.Message, len(launches))
	for i, l := range launches {
		messages[i] = events.Message{Launch: l, End: &events.End{Launch: l}}
	}
	for _, answer := range e.Serve(ctx, messages) {
		if answer.Retry != nil {
			faults = append(faults, answer.Retry)
		}
	}
	return faults
}

// sweep walks groups that are due, a few side by side.
func (e *Ensurer) sweep(ctx context.Context, groups []claim.Group) (faults []error) {
	var all sync.WaitGroup
	var mu sync.Mutex
	free := make(chan struct{}, sweepers)
	for _, g := range groups {
		if !e.reaches(g) {
			continue
		}
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			p := e.newPass(g)
			p.sweep = true
			p.run(ctx)
			if p.step.Result == lease.Retry {
				mu.Lock()
				defer mu.Unlock()
				faults = append(faults, p.retry())
			}
		})
	}
	all.Wait()
	return faults
}
