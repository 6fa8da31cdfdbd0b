package ensure

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// errDescribeAgain: EC2's answer shows that the last describe no longer holds.
var errDescribeAgain = errors.New("described too early")

// errDecideAgain: EC2's answer shows that the group has room for fewer rules.
var errDecideAgain = errors.New("decided too early")

// errIncomplete: EC2 reported success, but its answer lists fewer rules than the call.
var errIncomplete = errors.New("EC2's answer lists fewer rules than the call requested")

// authorize writes the missing rules, and the assumed rules for EC2 to confirm, in as few
// calls as possible.
func (p *pass) authorize(ctx context.Context) (lease.Reply, error) {
	if !p.myTurn && p.turns().dry() {
		return p.againInTurn(ctx, false)
	}
	for _, batch := range slices.Concat(plan.Plain(p.decision.Authorize), p.confirmations()) {
		switch err := p.open(ctx, batch); {
		case errors.Is(err, errDescribeAgain):
			return lease.Reply{Plan: lease.Plan{Again: true}}, nil
		case errors.Is(err, errDecideAgain):
			return lease.Reply{Plan: p.decide()}, nil
		case isThrottled(err) && !p.written:
			return p.againInTurn(ctx, true)
		case err != nil:
			return lease.Reply{}, err
		}
	}
	p.endTurn()
	return lease.Reply{Plan: p.decide()}, nil
}

// confirmations returns the calls that make EC2 confirm assumed rules. Each rule is most
// likely a Duplicate, so up to maxProbes rules get a call each. More rules share calls: if EC2
// then answers Duplicate, their launches wait for a describe that shows the rules.
func (p *pass) confirmations() [][]secgroup.Entry {
	if rules := p.decision.Confirm; len(rules) <= maxProbes {
		return each(rules)
	}
	return plan.Plain(p.decision.Confirm)
}

// open authorizes rules of one direction, at most [plan.MaxBatch]. If EC2 rejects them, open
// finds the rule at fault and continues with the others. It drops a rule that only refused
// requests need. So the number of calls depends on the causes, not on the rules.
func (p *pass) open(ctx context.Context, rules []secgroup.Entry) error {
	for {
		rules = p.state.Needed(rules)
		if len(rules) == 0 {
			return nil
		}
		if err := p.denied[rules[0].Rule.Direction]; err != nil {
			p.blame(rules, err)
			return nil
		}
		err := p.authorizeAll(ctx, rules)
		if err == nil {
			return nil
		}
		if err := p.rejected(ctx, rules, err); err != nil {
			return err
		}
	}
}

// authorizeAll authorizes rules in one call and records the rules that EC2 made.
func (p *pass) authorizeAll(ctx context.Context, rules []secgroup.Entry) error {
	labelled, err := p.labelled(rules)
	if err != nil {
		return err
	}
	var made []secgroup.Entry
	err = p.paced(ctx, func() (err error) {
		made, err = p.Groups.Authorize(ctx, p.group, labelled)
		return err
	})
	if err != nil {
		p.state = p.state.Unanswered(possiblyMade(rules, err), p.now())
		return err
	}
	p.state = p.state.Made(made, p.now())
	p.log.InfoContext(ctx, "authorized", "rules", len(made))
	return p.verify(ctx, rules, made)
}

// possiblyMade returns the rules of a failed call that EC2 may have made. EC2 makes none if it
// rejects the call as a whole. It may make some rules of a call that it answers with
// Duplicate. It may make all if the reply is lost.
//
// If an attempt before the last one had no answer, a denial proves nothing, because permissions
// come and go. A missing group, an invalid rule or a full group was the same a second before.
func possiblyMade(rules []secgroup.Entry, err error) []secgroup.Entry {
	for _, lasting := range []error{ErrGroupNotFound, ErrFull, ErrInvalid} {
		if errors.Is(err, lasting) {
			return nil
		}
	}
	rejected := errors.Is(err, ErrDenied) || errors.Is(err, ErrRejected) || errors.Is(err, ErrThrottled)
	if rejected && !errors.Is(err, ErrUncertain) || errors.Is(err, ErrDuplicate) && len(rules) == 1 {
		return nil
	}
	return rules
}

// errNoKey: the head lacks the key that this pass's ring added.
var errNoKey = errors.New("the group's head has no key to seal rules with, although a ring makes one; " +
	"check whether another program writes to the table")

// labelled returns the rules with the sealed tags of one call. If tags are denied, it returns
// them with signed descriptions instead.
func (p *pass) labelled(rules []secgroup.Entry) ([]secgroup.Entry, error) {
	owner, stamp := p.state.Owner(), p.state.Stamp(int64(p.step.Seen))
	if !owner.Seals() {
		return nil, errNoKey
	}
	if !p.Untagged {
		return owner.Tagged(stamp, rules), nil
	}
	signed := slices.Clone(rules)
	for i, e := range signed {
		signed[i].Description = owner.Sign(stamp, e)
	}
	return signed, nil
}

// verify compares EC2's answer with the call. If EC2 changed a rule, that rule would stay
// missing forever, so verify refuses its request. A rule that the answer does not list counts
// as not made, and the group is described again.
func (p *pass) verify(ctx context.Context, asked, made []secgroup.Entry) error {
	var odd *secgroup.Entry
	for i, e := range made {
		if !matched(asked, e.Rule) {
			odd = &made[i]
			p.log.ErrorContext(ctx, "EC2 made another rule than the call requested", "rule", e.Rule.String(), "id",
				e.ID)
		}
	}
	for _, e := range asked {
		switch {
		case matched(made, e.Rule):
		case odd == nil:
			p.state = p.state.Unanswered(asked, p.now())
			return errIncomplete
		default:
			p.blame([]secgroup.Entry{e}, fmt.Errorf("EC2 made %s (%s) of it", odd.Rule, odd.ID))
		}
	}
	return nil
}

// matched reports whether EC2 treats one of the entries as the same rule as r.
func matched(entries []secgroup.Entry, r secgroup.Rule) bool {
	return slices.ContainsFunc(entries, func(e secgroup.Entry) bool { return e.Rule.Matches(r) })
}

// rejected finds the cause of EC2's rejection and records it in the state. It returns the
// error if the error names no cause.
//
// A Duplicate is a fact, not a failure. A retry after a lost reply, an outsider, or a lagging
// describe may cause it. After the first one, the group is described again. If a single rule
// is still a Duplicate, it exists, and sgkeeper cannot prove that it owns it.
func (p *pass) rejected(ctx context.Context, rules []secgroup.Entry, err error) error {
	switch {
	case errors.Is(err, ErrDuplicate):
		return p.duplicated(ctx, rules)
	case errors.Is(err, ErrDenied):
		if p.denied == nil {
			p.denied = make(map[secgroup.Direction]error)
		}
		p.denied[rules[0].Rule.Direction] = err
		return nil
	case errors.Is(err, ErrGroupNotFound):
		return p.blameOne(ctx, byPeer(rules), ErrGroupNotFound, err)
	case errors.Is(err, ErrFull):
		return p.full(ctx, rules, err)
	case errors.Is(err, ErrInvalid):
		return p.blameOne(ctx, each(rules), ErrInvalid, err)
	case errors.Is(err, ErrRejected) && p.step.Tries > 0:
		return p.blameOne(ctx, each(rules), ErrRejected, err)
	}
	return err
}

// duplicated finds a rule that already exists.
func (p *pass) duplicated(ctx context.Context, rules []secgroup.Entry) error {
	confirming := p.state.Confirms(rules)
	switch {
	case confirming && len(rules) > 1:
		p.state = p.state.Uncertain(rules)
		return nil
	case !confirming && !p.again:
		p.again = true
		return errDescribeAgain
	}
	culprit, err := p.culprit(ctx, each(rules), ErrDuplicate)
	if len(culprit) == 0 {
		return err
	}
	r := culprit[0].Rule
	if p.Untagged && !confirming {
		p.log.WarnContext(ctx, "a missing rule exists already, by EC2's answer", "rule", r.String())
	}
	p.state = p.state.Duplicate(r, p.now())
	return nil
}

// culprit narrows units of rules down to the one that EC2 rejects with the error why. It
// returns no rules if another answer of EC2 must be handled first. It also returns none if the
// round has no calls left; then the requests for the rules wait.
func (p *pass) culprit(ctx context.Context, units [][]secgroup.Entry, why error) ([]secgroup.Entry, error) {
	n, err := p.narrow(units, why, func(rules []secgroup.Entry) error { return p.authorizeAll(ctx, rules) })
	switch {
	case err != nil:
		return nil, p.rejected(ctx, n.failed, err)
	case len(n.left) > 1:
		p.state = p.state.Uncertain(slices.Concat(n.left...))
		return nil, nil
	}
	return n.left[0], nil
}

// blameOne narrows units of rules down to the one that EC2 rejects, and records its fault.
func (p *pass) blameOne(ctx context.Context, units [][]secgroup.Entry, why, rejection error) error {
	culprit, err := p.culprit(ctx, units, why)
	p.blame(culprit, rejection)
	return err
}

// full finds how many rules EC2 allows in the group. If a single request needs all of the
// rules, full refuses it without searching for the exact number.
func (p *pass) full(ctx context.Context, rules []secgroup.Entry, full error) error {
	if len(rules) > 1 && p.state.CountRequests(rules) == 1 {
		p.blame(rules, full)
		return nil
	}
	culprit, err := p.culprit(ctx, each(rules), ErrFull)
	if len(culprit) == 0 {
		return err
	}
	before, assumed := p.state.Quota.Limit, p.state.Confirms(culprit)
	p.state = p.state.Full(culprit[0].Rule, p.now())
	if p.state.Quota.Limit == before && !assumed && p.state.CountRequests(culprit) > 0 {
		p.state = p.state.Uncertain(culprit) // or the next decision would be the same
	}
	p.log.ErrorContext(ctx, "EC2's quota of rules is lower than SGKEEPER_QUOTA",
		"configured", p.Quota.Limit, "shown", p.state.Quota.Limit)
	return errDecideAgain
}

// blame records for each rule why EC2 rejects it.
func (p *pass) blame(rules []secgroup.Entry, err error) {
	faults := make(map[secgroup.Rule]group.Fault, len(rules))
	for _, e := range rules {
		faults[e.Rule] = p.fault(e.Rule, err)
	}
	p.state = p.state.Faulty(faults)
}

// fault returns why EC2 rejects a rule, and the remedy.
func (p *pass) fault(r secgroup.Rule, err error) group.Fault {
	f := group.Fault{Field: "/rules", Problem: fmt.Sprintf("%s: %v", r, err)}
	_, list := r.Peer.PrefixList() // a rule may outlive the sharing of its list
	f.Silent = list || errors.Is(err, ErrDenied) || errors.Is(err, ErrRejected) || errors.Is(err, ErrFull)
	switch {
	case errors.Is(err, ErrDenied):
		f.Field = "/group"
		f.Problem = fmt.Sprintf("sgkeeper may not change the group; tag it sgkeeper:managed=true, "+
			"or check the permissions of the function's role (%v)", err)
	case errors.Is(err, ErrGroupNotFound):
		f.Absent = true
		f.Problem = fmt.Sprintf("%s: the group or the peer does not exist, or no peering reaches it (%v)", r, err)
	case errors.Is(err, ErrFull):
		f.Problem = fmt.Sprintf("the group has no room for the %d rules that are missing, "+
			"because EC2's quota is lower than SGKEEPER_QUOTA; end launches that no longer need their rules, "+
			"request wider ranges, or raise the quota (%v)", len(p.decision.Authorize), err)
	}
	return f
}
