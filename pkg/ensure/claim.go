package ensure

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
)

// part is one message's part in one group: a request or, if end is set, the end of the launch's
// part in the group.
type part struct {
	message int
	launch  claim.Launch
	end     bool
	request claim.Request
	remarks []claim.Fault
	origin  claim.Origin // of the message
	ended   bool         // it is a request, and its launch has ended
	lost    error        // of the write: it failed, or its reply was lost

	everywhere *ending // the end in all groups that it is part of, or nil
	noRequest  bool    // it is an end, and the launch has no request on the group
}

// live reports whether the table holds a live request for a.
func (a *part) live() bool {
	return !a.end && !a.ended && a.lost == nil && a.request.Status == claim.Open
}

// claim writes the requests and ends of this pass in parallel. If a write fails, only its
// message returns to the queue.
func (p *pass) claim(ctx context.Context) (lease.Reply, error) {
	if p.sweep {
		return lease.Reply{Claimed: lease.SomeNew}, p.expire(ctx)
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	claimed := lease.NoneOpen
	for _, a := range p.parts {
		all.Go(func() {
			found := p.write(ctx, a)
			mu.Lock()
			defer mu.Unlock()
			claimed = max(claimed, found)
		})
	}
	all.Wait()
	return lease.Reply{Claimed: claimed}, nil
}

// write writes one request or end. An end counts as new, because an earlier delivery of it may
// have failed before the ring. The exception is a launch without a request on the group: it
// needs no ring.
func (p *pass) write(ctx context.Context, a *part) lease.Claimed {
	if a.end {
		err := p.Ends.EndIn(ctx, a.launch, p.group, p.now())
		switch {
		case errors.Is(err, ErrNoRequest):
			a.noRequest = true
		case err != nil:
			a.lost = err
		default:
			return lease.SomeNew
		}
		return lease.NoneOpen
	}
	found, fresh, err := p.Claims.Claim(ctx, a.request)
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
	case a.live():
		return lease.AllRepeated
	}
	return lease.NoneOpen
}

// The bounds of one sweep of a group: the launches that it archives, and the old ends that it
// deletes. It deletes an end an hour after the launch was archived.
const (
	maxArchive = 100 // launches
	maxForget  = 200 // ends
)

// expire marks overdue requests as expired, by conditional writes. It archives requests and
// ends that no round needs any more. Only a sweep calls it, before it rings.
func (p *pass) expire(ctx context.Context) error {
	asked, err := p.Claims.Load(ctx, p.group)
	if err != nil {
		return err
	}
	requests := claim.ApplyEnds(asked.Requests, asked.Ends)
	p.endTerminated(ctx, requests)
	now := p.now()
	for _, r := range requests {
		if !r.Overdue(now) {
			continue
		}
		if err := p.Ends.Expire(ctx, r, now); err != nil {
			return err
		}
	}
	by := asked.Ledger.Served.Through.Add(-claim.Margin) // a round has announced every request finished before this
	return p.Ends.Archive(ctx, p.group, someOf(claim.Archivable(requests, asked.Ends, by)), by)
}

// someOf returns at most the parts that one sweep may archive or delete.
func someOf(parts []claim.Archive) []claim.Archive {
	archived, forgotten := 0, 0
	return slices.DeleteFunc(parts, func(a claim.Archive) bool {
		if a.Forget {
			forgotten++
			return forgotten > maxForget
		}
		archived++
		return archived > maxArchive
	})
}

// check reports for the fast path whether the rules that EC2 shows allow all rules of this
// pass's requests. Every rule counts, because a holder loads these requests before it removes a rule.
func (p *pass) check(ctx context.Context) (lease.Reply, error) {
	described, err := p.rules(ctx)
	if errors.Is(err, ErrGroupNotFound) {
		return lease.Reply{Plan: lease.Plan{Authorize: true}}, nil // a round decides which requests to refuse
	}
	if err != nil {
		return lease.Reply{}, err
	}
	state := p.newState(p.ledger).Observe(described, p.now())
	var requests []claim.Request
	for _, a := range p.parts {
		if a.live() {
			requests = append(requests, a.request)
		}
	}
	p.observed = true
	covered, all := state.Covers(requests)
	p.covered = plan.Covered(covered, state.Certain())
	return lease.Reply{Plan: lease.Plan{Authorize: !all}}, nil
}
