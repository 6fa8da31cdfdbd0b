package ensure

import (
	"context"
	"errors"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// newState returns the group's state with the given ledger and the settings.
func (p *pass) newState(l claim.Ledger) group.State {
	return group.State{
		Group: p.group, Installation: p.Owner, Untagged: p.Untagged,
		Quota: p.Quota, Caps: p.caps(), Ledger: l,
	}
}

// load begins a round: it reads the requests after the ticket that the round serves, and then
// the head. It stops the round if the pass no longer holds the lease.
func (p *pass) load(ctx context.Context) (lease.Reply, error) {
	p.comes()
	loaded := p.now()
	asked, err := p.Claims.Load(ctx, p.group)
	if err != nil {
		return lease.Reply{}, err
	}
	p.ledger = asked.Ledger
	if head := asked.Head; head.Owner != p.step.Owner || head.Applied >= p.step.Seen {
		return lease.Reply{Failed: true, Head: head}, nil
	}
	state := p.newState(p.known(asked.Ledger))
	state.Requests, state.Ends = claim.ApplyEnds(asked.Requests, asked.Ends), asked.Ends
	state.Loaded, state.Head = loaded, asked.Head
	state.Interrupted, state.Sweep = p.interrupted, p.sweep
	state.Repeated = p.repeated()
	p.endRound()
	p.round = round{state: state, probes: maxProbes}
	return lease.Reply{}, nil
}

// known returns the head's ledger. If this pass's last round could not be released, it joins
// that round's ledger.
func (p *pass) known(head claim.Ledger) claim.Ledger {
	if p.state.Loaded.IsZero() {
		return head
	}
	return head.Join(p.next())
}

// next returns the ledger that this round records. Requests count as served only after the bus
// has accepted their events.
func (p *pass) next() claim.Ledger {
	next := p.state.Next(p.decision, p.Observe)
	if !p.announced {
		next.Served = p.state.Ledger.Served
	}
	return next
}

// repeated returns the keys of this pass's requests.
func (p *pass) repeated() map[string]bool {
	keys := make(map[string]bool, len(p.parts))
	for _, a := range p.parts {
		if !a.end {
			keys[a.request.Key()] = true
		}
	}
	return keys
}

// endRound keeps the rules that the round made and revoked, for the pass's outcomes.
func (p *pass) endRound() {
	for _, e := range p.state.Added {
		p.authorized[e.Rule] = e
	}
	p.revoked = append(p.revoked, p.state.Removed...)
}

// describe reads the group's rules and decides.
func (p *pass) describe(ctx context.Context) (lease.Reply, error) {
	described, err := p.describedRules(ctx)
	missing := errors.Is(err, ErrGroupNotFound)
	switch {
	case missing:
		p.state = p.state.ObserveMissing(p.now())
	case errors.Is(err, ErrDenied):
		return p.describeDenied(ctx, err)
	case err != nil:
		return lease.Reply{}, err
	default:
		p.state.Quota = p.weighed(ctx, described)
		p.state = p.state.Observe(described, p.now())
		p.state.Judge = p.judge(ctx)
	}
	p.observed = true
	todo := p.decide()
	if p.decision.TooNew {
		return lease.Reply{}, err
	}
	p.report(ctx)
	return lease.Reply{Plan: todo}, nil
}

// describedRules reads the group's rules, or returns the rules that this pass has read a moment
// ago. The latter are as good as those of a describe that lags.
func (p *pass) describedRules(ctx context.Context) ([]secgroup.Entry, error) {
	if p.reuse && p.now().Sub(p.describedAt) < maxReuse {
		p.reuse = false
		p.leaves()
		return p.described, nil
	}
	p.reuse = false
	at := p.now()
	described, err := p.rules(ctx)
	if err == nil {
		p.described, p.describedAt = described, at
	}
	return described, err
}

// maxReuse bounds the age of a describe by which another round decides. It is a part of the minute
// by which [group.Certain] exceeds EC2's lag.
const maxReuse = 20 * time.Second

// report logs and counts the rules that the decision holds back.
func (p *pass) report(ctx context.Context) {
	for _, held := range p.decision.HeldBack {
		p.log.ErrorContext(ctx, "held back", "rule", held.Rule.String(), "reason", held.Reason)
		if held.Contested && p.Contested != nil {
			p.Contested.Add(1)
		}
	}
}
