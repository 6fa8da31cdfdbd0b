package ensure

import (
	"context"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// head performs an effect on the group's head item.
func (p *pass) head(ctx context.Context, next *claim.Ledger) (lease.Reply, error) {
	reply, ledger, err := p.Leases.Perform(ctx, p.group, p.step, next)
	if err != nil {
		return reply, err
	}
	p.ledger = ledger
	return reply, nil
}

// peek reads the head for the fast path. The fast path is closed while EC2's describe may not
// reflect recent revokes, or if a request of this pass was not served.
func (p *pass) peek(ctx context.Context) (lease.Reply, error) {
	reply, err := p.head(ctx, nil)
	if err != nil {
		return reply, err
	}
	reply.Head.NeedsRound = group.DescribeLags(p.ledger, p.now()) || p.unserved(p.ledger.Served)
	return reply, nil
}

// ring counts a ticket, or takes over an expired lease. If an earlier ticket was not
// served, there was an unreleased round.
func (p *pass) ring(ctx context.Context) (lease.Reply, error) {
	reply, err := p.head(ctx, &claim.Ledger{Keys: []claim.Key{NewKey()}, Span: newSpan()})
	if err != nil {
		return reply, err
	}
	p.interrupted = reply.Head.Want-reply.Head.Applied > 1
	return reply, nil
}

// release frees the lease and records the ledger. If others rang meanwhile, it waits for more
// tickets.
func (p *pass) release(ctx context.Context) (lease.Reply, error) {
	next := p.next()
	reply, err := p.head(ctx, &next)
	if err != nil {
		return reply, err
	}
	p.interrupted = false
	switch {
	case !reply.Failed:
		p.alarm(ctx)
	case reply.Head.Owner == p.step.Owner:
		return p.coalesce(ctx, reply)
	}
	return reply, nil
}

// alarm logs that the table has forgotten launches with existing rules. Only a released round
// calls it, because a former holder may take new rules for forgotten ones.
func (p *pass) alarm(ctx context.Context) {
	if !p.state.HistoryLost() {
		return
	}
	p.log.ErrorContext(ctx, "history lost: the table was restored to an older state, and nothing is revoked",
		"served", int64(p.state.Head.Applied), "forgotten", p.state.Ledger.Forgotten,
		"remedy", "replay the events since then, and run sgkeeper resume --group "+p.group.ID)
	if p.HistoryLost != nil {
		p.HistoryLost.Add(1)
	}
}

// yield frees the lease with the round's work undone. It records the rules that the round made
// and revoked, for the next holder.
func (p *pass) yield(ctx context.Context) (lease.Reply, error) {
	if p.state.Loaded.IsZero() {
		return p.head(ctx, nil)
	}
	next := p.next()
	return p.head(ctx, &next)
}
