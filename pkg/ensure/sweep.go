package ensure

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
)

// Bounds of one sweep. What it leaves is still due at the next.
const (
	sweepBatch = 64               // groups asked for at a time, 8 of each of the index's shards
	sweepers   = 8                // groups walked at a time
	sweepRest  = 10 * time.Second // before the deadline no batch begins
)

// Sweep takes what is due: groups left ringing by a function that died, leases
// held past their end, expiries, rules whose replacement has settled, and
// verification after writes. It may run twice at once, and be cut short.
func (e *Ensurer) Sweep(ctx context.Context) error {
	ctx, cancel := e.bounded(ctx)
	defer cancel()
	deadline, _ := ctx.Deadline()
	seen := make(map[claim.Group]bool)
	var faults []error
	for deadline.Sub(e.now()) > sweepRest {
		groups, err := e.Dues.Due(ctx, e.now(), sweepBatch)
		if err != nil {
			return errors.Join(append(faults, err)...)
		}
		var fresh []claim.Group
		for _, g := range groups {
			if !seen[g] && g.Account == e.Account && g.Region == e.Region {
				seen[g] = true
				fresh = append(fresh, g)
			}
		}
		if len(fresh) == 0 {
			break
		}
		faults = append(faults, e.sweep(ctx, fresh)...)
	}
	e.Log.InfoContext(ctx, "swept", "groups", len(seen), "failed", len(faults))
	return errors.Join(faults...)
}

// sweep walks groups that are due, a few side by side.
func (e *Ensurer) sweep(ctx context.Context, groups []claim.Group) (faults []error) {
	var all sync.WaitGroup
	var mu sync.Mutex
	free := make(chan struct{}, sweepers)
	for _, g := range groups {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			w := e.newWalk(g)
			w.sweep = true
			w.run(ctx)
			if w.state.Result == lease.Retry {
				mu.Lock()
				defer mu.Unlock()
				faults = append(faults, w.retry())
			}
		})
	}
	all.Wait()
	return faults
}
