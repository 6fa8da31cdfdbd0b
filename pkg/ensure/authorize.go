package ensure

import (
	"context"
	"errors"
	"fmt"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// errDescribeAgain: what was described no longer holds.
var errDescribeAgain = errors.New("described too early")

// authorize writes the missing rules, as few calls as there can be.
func (w *walk) authorize(ctx context.Context) (lease.Reply, error) {
	culprits := make(map[secgroup.Rule]error)
	for _, batch := range w.batches() {
		err := w.open(ctx, batch, culprits)
		if errors.Is(err, errDescribeAgain) {
			return lease.Reply{Plan: lease.Plan{Again: true}}, nil
		}
		if err != nil {
			return lease.Reply{}, err
		}
	}
	w.round.plan.Authorize = nil
	w.refuseCulprits(culprits)
	return lease.Reply{Plan: w.todo()}, nil
}

// batches are the missing rules, call by call.
func (w *walk) batches() [][]secgroup.Entry {
	if w.Untagged {
		return plan.Plain(w.round.plan.Authorize)
	}
	return w.Owner.Batches(w.round.plan.Authorize)
}

// open authorizes rules in one call. Where EC2 refuses one of them and does
// not say which, each half is tried by itself, down to the rule at fault, the
// rules asked for first before the others.
//
// A Duplicate is a fact, not a failure: a retry after a lost reply, an
// outsider, or a stale description. The first one has the group described
// again. If that does not explain it, the rule that is a Duplicate all by
// itself is there, whoever made it.
func (w *walk) open(ctx context.Context, rules []secgroup.Entry, culprits map[secgroup.Rule]error) error {
	made, err := w.Groups.Authorize(ctx, w.group, rules)
	w.round.unsure = w.round.unsure || err != nil
	duplicate := errors.Is(err, ErrDuplicate)
	switch {
	case err == nil:
		w.record(ctx, rules, made, culprits)
		return nil
	case duplicate && !w.round.repeated:
		w.round.repeated = true
		return errDescribeAgain
	case errors.Is(err, ErrDenied):
		for _, entry := range rules {
			culprits[entry.Rule] = err
		}
		return nil
	case !duplicate && !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrGroupNotFound):
		return err
	case len(rules) > 1:
		half := (len(rules) + 1) / 2
		if err := w.open(ctx, rules[:half], culprits); err != nil {
			return err
		}
		return w.open(ctx, rules[half:], culprits)
	case duplicate:
		w.prove(ctx, rules[0].Rule)
	default:
		culprits[rules[0].Rule] = err
	}
	return nil
}

// prove keeps that a rule is there by EC2's word. It may be our own, made just
// now by a call whose reply was lost, so it has yet to settle; without tags
// nothing tells that it is ours.
func (w *walk) prove(ctx context.Context, r secgroup.Rule) {
	if w.Untagged {
		w.log.WarnContext(ctx, "a rule that was to be made was there already; without tags it does not count as ours and stays", "rule", r.String())
	}
	itself := secgroup.Entry{Rule: r}
	w.round.made = append(w.round.made, claim.Made{Rule: r, At: w.now()})
	w.round.plan.Covered = append(w.round.plan.Covered, events.Covered{Rule: itself, By: []secgroup.Entry{itself}})
}

// record keeps what EC2 made. A rule that EC2 made into another one than was
// asked would be missing for ever: it is at fault.
func (w *walk) record(ctx context.Context, asked, made []secgroup.Entry, culprits map[secgroup.Rule]error) {
	for _, entry := range made {
		if rule, ok := find(asked, entry.Rule); ok {
			w.authorized[rule] = entry
			w.round.added = append(w.round.added, entry)
			w.round.made = append(w.round.made, claim.Made{Rule: entry.Rule, ID: entry.ID, At: w.now()})
			if w.Untagged {
				proof := plan.Untagged(entry, w.now())
				w.round.untagged = append(w.round.untagged, proof)
				w.unrecorded = append(w.unrecorded, proof)
			}
			continue
		}
		w.log.ErrorContext(ctx, "EC2 made another rule than was asked", "rule", entry.Rule.String(), "id", entry.ID)
		for _, other := range asked {
			if _, ok := find(made, other.Rule); !ok {
				culprits[other.Rule] = fmt.Errorf("EC2 made %s (%s) of it", entry.Rule, entry.ID)
			}
		}
	}
	w.log.InfoContext(ctx, "authorized", "rules", len(made))
}

// find returns the rule among entries that EC2 takes for the same as r.
func find(entries []secgroup.Entry, r secgroup.Rule) (secgroup.Rule, bool) {
	for _, entry := range entries {
		if entry.Rule.Matches(r) {
			return entry.Rule, true
		}
	}
	return secgroup.Rule{}, false
}

// refuseCulprits plans to refuse the requests that ask for a rule at fault.
func (w *walk) refuseCulprits(culprits map[secgroup.Rule]error) {
	if len(culprits) == 0 {
		return
	}
	for _, request := range w.round.open() {
		if reasons, never := reasonsFor(request, culprits); reasons != nil {
			w.round.refuse(request, reasons, !never && w.round.maybeTold(request))
		}
	}
}

// reasonsFor is what EC2 refused of a request; never: it cannot have been served
// before, since the group or a peer is not there.
func reasonsFor(request claim.Request, culprits map[secgroup.Rule]error) (reasons events.Faults, never bool) {
	for _, entry := range request.Rules {
		if err := culprits[entry.Rule]; err != nil {
			reasons = append(reasons, reason(entry.Rule, err))
			never = never || errors.Is(err, ErrGroupNotFound)
		}
	}
	return reasons, never
}

// reason says why EC2 refused a rule, and the remedy.
func reason(r secgroup.Rule, err error) events.Fault {
	switch {
	case errors.Is(err, ErrDenied):
		return events.Fault{Field: "/group", Problem: fmt.Sprintf("sgkeeper may not change the group; tag it sgkeeper:managed=true, or look at the function's role (%v)", err)}
	case errors.Is(err, ErrGroupNotFound):
		return events.Fault{Field: "/rules", Problem: fmt.Sprintf("%s: the group or the peer does not exist, or no peering reaches it (%v)", r, err)}
	}
	return events.Fault{Field: "/rules", Problem: fmt.Sprintf("%s: %v", r, err)}
}
