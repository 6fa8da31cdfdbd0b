package ensure

import (
	"context"
	"errors"
	"sync"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// ask is what one message asks of one group, and what the table says of it: a
// request, or where end is set, the end of the launch's part in the group.
type ask struct {
	message int
	launch  events.Launch
	end     bool
	request claim.Request
	remarks []events.Fault
	ended   bool  // it is a request, and its launch has ended
	lost    error // it is not known whether it was written
}

// open reports whether a request stands in the table and wants rules.
func (a *ask) open() bool {
	return !a.end && !a.ended && a.lost == nil && a.request.Status == claim.Open
}

// claim writes what this entry brings, side by side. What is lost goes back
// alone; the others go on.
func (w *walk) claim(ctx context.Context) (lease.Reply, error) {
	if w.sweep {
		return lease.Reply{Claimed: lease.SomeNew}, w.expire(ctx)
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	claimed := lease.NoneOpen
	for _, a := range w.asks {
		all.Go(func() {
			found := w.bring(ctx, a)
			mu.Lock()
			defer mu.Unlock()
			claimed = max(claimed, found)
		})
	}
	all.Wait()
	return lease.Reply{Claimed: claimed}, nil
}

// bring writes one request or end. An end is always as good as new: whether
// an earlier delivery of it came as far as the ring is not known.
func (w *walk) bring(ctx context.Context, a *ask) lease.Claimed {
	if a.end {
		if a.lost = w.Ends.EndIn(ctx, a.launch, w.group, w.now()); a.lost != nil {
			return lease.NoneOpen
		}
		return lease.SomeNew
	}
	found, fresh, err := w.Claims.Claim(ctx, a.request)
	switch {
	case errors.Is(err, ErrEnded):
		a.ended = true
	case err != nil:
		a.lost = err
	default:
		a.request = found
	}
	switch {
	case fresh:
		return lease.SomeNew
	case a.open():
		return lease.AllRepeated
	}
	return lease.NoneOpen
}

// expire ends the requests whose time has passed, by conditional writes, and
// retires those that were settled before anything that a round still looks at.
// Only a sweep does, before it rings.
func (w *walk) expire(ctx context.Context) error {
	asked, err := w.Claims.Load(ctx, w.group)
	if err != nil {
		return err
	}
	if err := w.missed(ctx, asked.Requests); err != nil {
		return err
	}
	now := w.now()
	for _, r := range asked.Requests {
		if !r.Overdue(now) {
			continue
		}
		if err := w.Ends.Expire(ctx, r, now); err != nil {
			return err
		}
	}
	if by := now.Add(-certain); !asked.Over.IsZero() && !asked.Over.After(by) {
		return w.Ends.Retire(ctx, w.group, by)
	}
	return nil
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
	w.looked = true
	diff := secgroup.Compare(claim.Fold(asked).Rules, secgroup.Rules(entries))
	w.checked = plan.Covered(diff.Covered, entries)
	return lease.Reply{Plan: lease.Plan{Authorize: len(diff.Missing) > 0}}, nil
}
