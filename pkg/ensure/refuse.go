package ensure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// refuse marks what the plan refuses, under the lease.
func (w *walk) refuse(ctx context.Context) (lease.Reply, error) {
	for _, refusal := range w.round.plan.Refused {
		request := refusal.Request
		request.Status, request.Reasons, request.Settled = claim.Refused, refusal.Reasons, w.now()
		err := w.Claims.Refuse(ctx, request, w.state)
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

// refuse plans to refuse a request, unless it was served before, or may have been:
// then it waits, since a request once served is never refused.
func (r *round) refuse(request claim.Request, reasons events.Faults, maybeTold bool) {
	refusal := plan.Refusal{Request: request, Reasons: reasons}
	if maybeTold || r.before.Served.Has(request) {
		r.plan.Waiting = append(r.plan.Waiting, refusal)
	} else {
		r.plan.Refused = append(r.plan.Refused, refusal)
	}
}

// maybeTold reports whether a request may have been told that it is served,
// though it is not known to have been: by a holder that died before its release,
// or that gave the lease up.
func (r *round) maybeTold(request claim.Request) bool {
	return !r.lapse.IsZero() && request.Received.Before(r.lapse.Add(claim.Margin))
}

// lapseOf is the ledger's lapse as a round begins; gap: it follows one that was not
// released. A lapse is forgotten when what a describe shows is no older than what
// that round saw: who is still not served by then never was.
func lapseOf(before time.Time, gap bool, now time.Time) time.Time {
	switch {
	case gap:
		return now
	case now.Sub(before) < certain:
		return before
	}
	return time.Time{}
}

// settling is how long a group that was just made may be unknown to EC2, and
// how long one must be gone before it is given up.
const settling = 5 * time.Minute

// groupGone is the round of a group that is not there. A young request waits:
// EC2 may not know a new group everywhere yet. So do for a while those that
// were served, for EC2 may err; then all are refused, and nothing is due.
func (w *walk) groupGone(err error) (lease.Reply, error) {
	now, open := w.now(), w.round.open()
	for _, request := range open {
		if now.Sub(request.Received) < settling {
			return lease.Reply{}, err
		}
	}
	if w.round.missing.IsZero() {
		w.round.missing = now
	}
	w.round.plan = plan.Plan{}
	reasons := noSuchGroup(w.group)
	if now.Sub(w.round.missing) < settling {
		for _, request := range open {
			w.round.refuse(request, reasons, false)
		}
		return lease.Reply{Plan: w.todo()}, nil
	}
	for _, request := range open {
		w.round.plan.Refused = append(w.round.plan.Refused, plan.Refusal{Request: request, Reasons: reasons})
	}
	return lease.Reply{Plan: w.todo()}, nil
}

func noSuchGroup(g claim.Group) events.Faults {
	return fault("/group", "there is no security group %s in %s %s; create it, or name another", g.ID, g.Account, g.Region)
}

// hold keeps back what must not be written: everything while the group is
// frozen, and rules that somebody else keeps removing. Who needs it waits.
func (w *walk) hold(ctx context.Context) {
	frozen := w.round.before.Frozen
	why := func(r secgroup.Rule) string {
		switch {
		case frozen != "":
			return fmt.Sprintf("the group is frozen: %s; thaw it with sgkeeper thaw", frozen)
		case claim.Contested(w.round.made, r, w.now()):
			if w.Ensurer.Contested != nil {
				w.Ensurer.Contested.Add(1)
			}
			return fmt.Sprintf("%s is contested: it was opened three times within the hour and somebody else removed it each time; find out who", r)
		}
		return ""
	}
	w.await(ctx, why)
	if p := &w.round.plan; frozen != "" {
		for _, refusal := range p.Refused {
			refusal.Reasons = fault("/group", "%s", why(secgroup.Rule{}))
			p.Waiting = append(p.Waiting, refusal)
		}
		p.Refused, p.Revoke, p.Later = nil, nil, nil
	}
}

// await keeps back the rules that why has a reason for: not now, but perhaps
// later. Who needs one of them waits.
func (w *walk) await(ctx context.Context, why func(secgroup.Rule) string) {
	p := &w.round.plan
	held := make(map[secgroup.Rule]string)
	var authorize []secgroup.Entry
	for _, entry := range p.Authorize {
		if reason := why(entry.Rule); reason != "" {
			held[entry.Rule] = reason
			w.log.ErrorContext(ctx, "held back", "rule", entry.Rule.String(), "reason", reason)
			continue
		}
		authorize = append(authorize, entry)
	}
	p.Authorize = authorize
	p.Wait(held)
}
