package ensure

import (
	"context"
	"errors"
	"sync"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// claim writes the requests side by side. One whose reply is lost goes back
// alone; the others go on.
func (w *walk) claim(ctx context.Context) lease.Reply {
	var fresh, open int
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, a := range w.asks {
		all.Go(func() {
			found, isNew, err := w.Claims.Claim(ctx, a.request)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, ErrEnded):
				a.ended = true
			case err != nil:
				a.lost = err
			default:
				a.request = found
			}
			if a.open() {
				open++
			}
			if isNew {
				fresh++
			}
		})
	}
	all.Wait()
	switch {
	case fresh > 0:
		return lease.Reply{Claimed: lease.SomeNew}
	case open > 0:
		return lease.Reply{Claimed: lease.AllRepeated}
	}
	return lease.Reply{Claimed: lease.NoneOpen}
}

// open reports whether the request stands in the table and wants rules.
func (a *ask) open() bool {
	return !a.ended && a.lost == nil && a.request.Status == claim.Open
}

// check is the fast path's look at the group: does it have all that this
// entry's requests ask? Every rule counts, since whoever means to remove one
// loads the requests first and would find these.
func (w *walk) check(ctx context.Context) (lease.Reply, error) {
	entries, err := w.rules(ctx)
	if errors.Is(err, ErrGroupNotFound) {
		return lease.Reply{Plan: lease.Plan{Authorize: true}}, nil // a round finds out whom to tell
	}
	if err != nil {
		return lease.Reply{}, err
	}
	var asked []claim.Request
	for _, a := range w.asks {
		if a.open() {
			asked = append(asked, a.request)
		}
	}
	diff := secgroup.Compare(claim.Fold(asked).Rules, secgroup.Rules(entries))
	w.checked = plan.Covered(diff.Covered, entries)
	return lease.Reply{Plan: lease.Plan{Authorize: len(diff.Missing) > 0}}, nil
}
