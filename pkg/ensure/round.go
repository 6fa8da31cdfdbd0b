package ensure

import (
	"context"
	"errors"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// round is what one round under the lease has found and done.
type round struct {
	before   claim.Ledger    // as the last round left it
	loaded   time.Time       // when the requests were read
	requests []claim.Request // all of the group's, with their statuses
	made     []claim.Made    // authorized now, and lately but not yet described
	proven   []secgroup.Rule // there by EC2's word, though not described
	plan     plan.Plan
	added    []secgroup.Entry // authorized in this round
	repeated bool             // EC2 said Duplicate once, and the group was described again
	told     bool             // the bus knows what was done
}

// load begins a round: the requests, read after the ticket that it serves.
func (w *walk) load(ctx context.Context) (lease.Reply, error) {
	loaded := w.now()
	requests, err := w.Claims.Requests(ctx, w.group)
	if err != nil {
		return lease.Reply{}, err
	}
	before := w.ledger
	if w.round.told { // by this walk, which could not release: the head does not know of it
		before = before.Join(w.round.ledger(w.Observe))
	}
	w.round = round{before: before, loaded: loaded, requests: requests, made: before.Made}
	return lease.Reply{}, nil
}

// rules returns the group's rules: those described, and those made lately that
// EC2 does not describe yet.
func (w *walk) rules(ctx context.Context) ([]secgroup.Entry, error) {
	entries, err := w.Groups.Rules(ctx, w.group)
	if err != nil {
		return nil, err
	}
	w.round.made = claim.Undescribed(w.round.made, entries, w.now())
	for _, made := range w.round.made {
		entry := secgroup.Entry{Rule: made.Rule, ID: made.ID}
		entry.Tags = w.Owner.Tags([]secgroup.Entry{entry})
		entries = append(entries, entry)
	}
	for _, rule := range w.round.proven {
		entries = append(entries, secgroup.Entry{Rule: rule})
	}
	return entries, nil
}

// describe reads the group and plans the round.
func (w *walk) describe(ctx context.Context) (lease.Reply, error) {
	entries, err := w.rules(ctx)
	if errors.Is(err, ErrGroupNotFound) {
		return w.groupGone(err)
	}
	if err != nil {
		return lease.Reply{}, err
	}
	w.round.plan = plan.Make(plan.Input{
		Entries:  entries,
		Requests: w.round.open(),
		Served:   w.round.before.Served,
		Owner:    w.Owner,
		Quota:    w.Quota,
	})
	w.logExtra(ctx)
	return lease.Reply{Plan: w.todo()}, nil
}

// todo is what the plan has the protocol do. An observer does nothing.
func (w *walk) todo() lease.Plan {
	if w.Observe {
		return lease.Plan{}
	}
	return lease.Plan{Refuse: len(w.round.plan.Refused) > 0, Authorize: len(w.round.plan.Authorize) > 0}
}

// open returns the requests that are folded.
func (r *round) open() []claim.Request {
	var open []claim.Request
	for _, request := range r.requests {
		if request.Status == claim.Open {
			open = append(open, request)
		}
	}
	return open
}

// settling is how long a group that was just made may be unknown to EC2.
const settling = 5 * time.Minute

// groupGone refuses what was asked of a group that is not there. A young
// request waits: EC2 may not know a new group everywhere yet.
func (w *walk) groupGone(err error) (lease.Reply, error) {
	open := w.round.open()
	for _, request := range open {
		if w.now().Sub(request.Received) < settling {
			return lease.Reply{}, err
		}
	}
	problem := "there is no security group " + w.group.ID + " in " + w.group.Account + " " + w.group.Region + "; create it, or name another"
	w.round.plan = plan.Plan{}
	w.round.refuse(open, events.Faults{{Field: "/group", Problem: problem}})
	return lease.Reply{Plan: w.todo()}, nil
}

// refuse plans to refuse requests; those served before wait instead, since a
// request once served is never refused.
func (r *round) refuse(requests []claim.Request, reasons events.Faults) {
	for _, request := range requests {
		refusal := plan.Refusal{Request: request, Reasons: reasons}
		if r.before.Served.Has(request) {
			r.plan.Waiting = append(r.plan.Waiting, refusal)
		} else {
			r.plan.Refused = append(r.plan.Refused, refusal)
		}
	}
}

// refuse marks what the plan refuses, under the lease.
func (w *walk) refuse(ctx context.Context) (lease.Reply, error) {
	for _, refusal := range w.round.plan.Refused {
		request := refusal.Request
		request.Status, request.Reasons, request.Settled = claim.Refused, refusal.Reasons, w.now()
		err := w.Claims.Refuse(ctx, request, w.state.Owner)
		if errors.Is(err, ErrFenced) {
			return lease.Reply{Failed: true}, nil
		}
		if err != nil {
			return lease.Reply{}, err
		}
		w.round.settle(request)
	}
	w.round.plan.Refused = nil
	return lease.Reply{Plan: w.todo()}, nil
}

// settle puts a request's new status in the place of the old one.
func (r *round) settle(request claim.Request) {
	for i := range r.requests {
		if r.requests[i].Key() == request.Key() {
			r.requests[i] = request
		}
	}
}

// ledger is what the round leaves to the next. An observer serves nobody.
func (r *round) ledger(observe bool) claim.Ledger {
	l := claim.Ledger{Made: r.made, Served: r.before.Served, Due: r.due()}
	if !observe {
		l.Served = r.before.Served.After(r.loaded, r.satisfied())
	}
	return l
}

// satisfied returns the open requests that this round or one before served.
func (r *round) satisfied() []claim.Request {
	waiting := make(map[string]bool, len(r.plan.Waiting))
	for _, w := range r.plan.Waiting {
		waiting[w.Request.Key()] = true
	}
	var satisfied []claim.Request
	for _, request := range r.open() {
		if !waiting[request.Key()] || r.before.Served.Has(request) {
			satisfied = append(satisfied, request)
		}
	}
	return satisfied
}

// Times after which a group is looked at again though nobody rings.
const (
	verifyAfter = 5 * time.Minute // after writes, since Describe may lag by minutes
	lookAfter   = time.Hour
)

// due is when the group must be looked at again: at the nearest expiry, after
// writes, or in an hour.
func (r *round) due() time.Time {
	due := r.loaded.Add(lookAfter)
	if len(r.added) > 0 {
		due = r.loaded.Add(verifyAfter)
	}
	for _, request := range r.open() {
		if expires := request.ExpiresAt; !expires.IsZero() && expires.Before(due) {
			due = expires
		}
	}
	return due
}
