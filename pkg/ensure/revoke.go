package ensure

import (
	"context"
	"errors"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// recordRevokes records the pending revokes. From then on, no holder counts these rules as existing.
func (p *pass) recordRevokes(ctx context.Context) (lease.Reply, error) {
	entries := slices.Concat(p.decision.Revoke, p.decision.Blind)
	state := p.state.Recorded(entries, p.now())
	next := claim.Ledger{PendingRevokes: pendingAmong(state, entries), Until: p.now().Add(group.Certain)}
	reply, err := p.head(ctx, &next)
	if err == nil && !reply.Failed {
		p.state = state
	}
	return reply, err
}

// pendingAmong returns the records of the entries.
func pendingAmong(s group.State, entries []secgroup.Entry) []claim.PendingRevoke {
	return slices.DeleteFunc(slices.Clone(s.Ledger.PendingRevokes), func(r claim.PendingRevoke) bool {
		return !slices.ContainsFunc(entries, func(e secgroup.Entry) bool { return e.ID == r.ID })
	})
}

// revoke removes the recorded rules: first those that EC2 describes, then those known only by
// their ids. EC2 may not know one of these ids, and one unknown id fails the whole call.
func (p *pass) revoke(ctx context.Context) (lease.Reply, error) {
	if !p.myTurn && p.turns().dry() {
		return p.againInTurn(ctx, false)
	}
	for _, direction := range []secgroup.Direction{secgroup.Ingress, secgroup.Egress} {
		err := p.remove(ctx, secgroup.OfDirection(direction, p.decision.Revoke))
		if err == nil {
			err = p.removeBlindly(ctx, secgroup.OfDirection(direction, p.decision.Blind))
		}
		switch {
		case errors.Is(err, errDescribeAgain):
			return lease.Reply{Plan: lease.Plan{Again: true}}, nil
		case isThrottled(err) && !p.written:
			return p.againInTurn(ctx, true)
		case err != nil:
			return lease.Reply{}, err
		}
	}
	p.endTurn()
	return lease.Reply{Plan: p.decide()}, nil
}

// remove revokes rules of one direction in one call. If EC2 does not know one of them, the
// group is described again. If the rule is still unknown, remove narrows the rules down to it,
// and it stays pending until EC2 would describe it. A rule that EC2 rejects with an unknown
// error code stays open.
func (p *pass) remove(ctx context.Context, rules []secgroup.Entry) error {
	for len(rules) > 0 {
		err := p.revokeAll(ctx, rules)
		why := p.isAboutARule(err)
		switch {
		case why == nil:
			return err
		case why == ErrRuleNotFound && !p.again:
			p.again = true
			return errDescribeAgain
		}
		n, other := p.narrow(each(rules), why, func(some []secgroup.Entry) error {
			return p.revokeAll(ctx, some)
		})
		if other != nil {
			return other
		}
		culprits := slices.Concat(n.left...)
		p.leave(ctx, culprits, err)
		rules = without(rules, n.done, culprits)
	}
	return nil
}

// isAboutARule returns the error if EC2 rejects a revoke because of one of its rules, or nil.
// An unknown error code is tried twice before it counts.
func (p *pass) isAboutARule(err error) error {
	switch {
	case errors.Is(err, ErrRuleNotFound):
		return ErrRuleNotFound
	case errors.Is(err, ErrRejected) && p.step.Tries > 0:
		return ErrRejected
	}
	return nil
}

// leave notes that EC2 rejects the revoke of rules because of an error about one of them.
func (p *pass) leave(ctx context.Context, rules []secgroup.Entry, err error) {
	if errors.Is(err, ErrRuleNotFound) {
		p.state = p.state.NotFound(rules)
		return
	}
	p.keep(ctx, rules, "EC2 rejects the call", err)
}

// keep notes that rules stay open although no live request needs them.
func (p *pass) keep(ctx context.Context, rules []secgroup.Entry, why string, err error) {
	p.state = p.state.Denied(rules)
	p.log.ErrorContext(ctx, "rules that no request needs stay open, because "+why, "rules", len(rules), "error", err)
}

// removeBlindly revokes rules that are known only by their ids, if EC2 knows all of them.
func (p *pass) removeBlindly(ctx context.Context, rules []secgroup.Entry) error {
	if len(rules) == 0 {
		return nil
	}
	err := p.revokeAll(ctx, rules)
	if p.isAboutARule(err) != nil {
		p.leave(ctx, rules, err)
		return nil
	}
	return err
}

func (p *pass) revokeAll(ctx context.Context, rules []secgroup.Entry) error {
	err := p.paced(ctx, func() error { return p.Groups.Revoke(ctx, p.group, rules) })
	if err == nil {
		p.state = p.state.Revoked(rules, p.now())
		p.log.InfoContext(ctx, "revoked", "rules", len(rules))
		return nil
	}
	p.state = p.state.Attempted(possiblyRevoked(rules, err))
	if errors.Is(err, ErrDenied) {
		p.keep(ctx, rules, "the role lacks a permission", err)
		return nil
	}
	return err
}

// possiblyRevoked returns the rules of a failed call that EC2 may have revoked. EC2 revokes
// none if it rejects the call. It may revoke all if the reply is lost, also that of an earlier
// attempt.
func possiblyRevoked(rules []secgroup.Entry, err error) []secgroup.Entry {
	rejected := errors.Is(err, ErrDenied) || errors.Is(err, ErrRuleNotFound) || errors.Is(err, ErrRejected) ||
		errors.Is(err, ErrThrottled)
	if rejected && !errors.Is(err, ErrUncertain) {
		return nil
	}
	return rules
}

// without returns the entries that are in none of the lists.
func without(entries []secgroup.Entry, lists ...[]secgroup.Entry) []secgroup.Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e secgroup.Entry) bool {
		return slices.ContainsFunc(lists, func(list []secgroup.Entry) bool {
			return slices.ContainsFunc(list, func(o secgroup.Entry) bool { return o.ID == e.ID && o.Rule == e.Rule })
		})
	})
}
