package ensure

import (
	"context"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/core/trace"
)

// traced counts the traced parts of a pass.
type traced struct{ steps, made, revoked int }

// trace passes one step on to the trace: the effect p.step.Op, its reply, and the state after
// it.
func (p *pass) trace(ctx context.Context, r lease.Reply, after lease.State) {
	if p.Trace == nil {
		return
	}
	l := trace.NewLine("", p.group.String(), p.traced.steps, p.step, r, after)
	p.traced.steps++
	if !r.Lost && !r.Failed {
		l = p.withFacts(l)
	}
	l.Made, p.traced.made = idsAfter(p.state.Added, p.traced.made)
	l.Revoked, p.traced.revoked = idsAfter(p.state.Removed, p.traced.revoked)
	p.Trace(ctx, l)
}

// withFacts adds the facts that the effect found besides its reply.
func (p *pass) withFacts(l trace.Line) trace.Line {
	switch p.step.Op {
	case lease.Claim:
		l.Requests = len(p.parts)
		for _, a := range p.parts {
			if a.end && !a.noRequest && a.lost == nil {
				l.Ends++
			}
		}
	case lease.Peek:
		if !p.ledger.Until.IsZero() {
			l.Lags = instant(p.ledger.Until)
		}
	case lease.Load:
		p.traced.made, p.traced.revoked = 0, 0
		l = l.WithHead(p.state.Head)
		l.Requests, l.Pending = len(p.state.Requests), pendingIDs(p.ledger)
	case lease.Describe:
		l.Described = len(p.state.Described)
	case lease.Pend, lease.Release:
		l.Pending = pendingIDs(p.ledger)
	}
	return l
}

func pendingIDs(l claim.Ledger) *trace.IDs {
	ids := make([]string, len(l.PendingRevokes))
	for i, r := range l.PendingRevokes {
		ids[i] = r.ID
	}
	return trace.NewIDs(ids)
}

// idsAfter returns the ids of the entries after the first n, and the number of all.
func idsAfter(entries []secgroup.Entry, n int) (*trace.IDs, int) {
	var ids []string
	for _, e := range entries[min(n, len(entries)):] {
		ids = append(ids, e.ID)
	}
	return trace.NewIDs(ids), len(entries)
}
