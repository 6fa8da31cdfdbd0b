package ensure

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// pass takes the messages of one invocation about one group through the protocol.
type pass struct {
	*Ensurer
	group claim.Group
	log   *slog.Logger
	parts []*part
	sweep bool // no message: the group is due

	step        lease.State
	ledger      claim.Ledger     // the head's, as last read
	interrupted bool             // the round before this pass was not released
	observed    bool             // the group was described; otherwise another function served it
	failed      error            // why the reply to the last effect was lost
	coming      bool             // other passes may wait for this one, to share a describe
	contended   int              // rounds during which other functions rang
	myTurn      bool             // no other pass of the invocation may write to EC2 in this place
	reuse       bool             // the next round decides by the describe of the last one
	described   []secgroup.Entry // by the last describe
	describedAt time.Time
	covered     []secgroup.CoveredEntry
	traced      traced

	round                                       // the current one
	rejections map[string]bool                  // keys of the refused requests that were announced
	authorized map[secgroup.Rule]secgroup.Entry // in all rounds of this pass
	revoked    []secgroup.Entry                 // in all rounds of this pass
}

// round is the part of a pass that belongs to one round: the state of the group, the decision,
// and EC2's answers so far.
type round struct {
	state     group.State
	decision  group.Decision
	announced bool                         // the bus has accepted the round's events
	again     bool                         // EC2's answer caused a second describe
	written   bool                         // EC2 has not throttled a write
	denied    map[secgroup.Direction]error // directions for which EC2 denied the call
	probes    int                          // remaining calls to find the rule that EC2 rejects
}

func (e *Ensurer) newPass(g claim.Group) *pass {
	return &pass{
		Ensurer:    e,
		group:      g,
		log:        e.Log.With("group", g.ID),
		rejections: make(map[string]bool),
		authorized: make(map[secgroup.Rule]secgroup.Entry),
	}
}

func (p *pass) add(a *part) { p.parts = append(p.parts, a) }

// run performs one effect after another until the protocol is done.
func (p *pass) run(ctx context.Context) {
	p.comes()
	defer p.leaves()
	defer p.endTurn()
	deadline, _ := ctx.Deadline()
	p.step = lease.Start(Holder{Since: p.now(), Invocation: p.Invocation}.Nonce(), instant(deadline))
	for p.step.Op != lease.Done {
		reply, err := p.perform(ctx)
		if err != nil {
			p.failed = fmt.Errorf("%s: %w", p.step.Op, err)
			p.log.WarnContext(ctx, "no reply", "op", p.step.Op.String(), "error", err)
			reply = lease.Reply{Lost: true}
		}
		reply.Now = instant(p.now())
		after := lease.Step(p.step, reply)
		p.trace(ctx, reply, after)
		p.step = after
	}
}

// leaving is the time at the end of an invocation that is reserved to yield the lease. Without
// it, the SDK could retry a throttled call until the deadline.
const leaving = 2 * time.Second

// perform performs the effect that the protocol requests. After an error, the effect may or
// may not have happened.
func (p *pass) perform(ctx context.Context) (lease.Reply, error) {
	if deadline, bounded := ctx.Deadline(); bounded && p.step.Op >= lease.Load && p.step.Op < lease.Yield {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-leaving))
		defer cancel()
	}
	switch p.step.Op {
	case lease.Claim:
		return p.claim(ctx)
	case lease.Peek:
		return p.peek(ctx)
	case lease.Check:
		return p.check(ctx)
	case lease.Ring, lease.TakeOver:
		return p.ring(ctx)
	case lease.Load:
		return p.load(ctx)
	case lease.Describe:
		return p.describe(ctx)
	case lease.Refuse:
		return p.refuse(ctx)
	case lease.Pend:
		return p.recordRevokes(ctx)
	case lease.Revoke:
		return p.revoke(ctx)
	case lease.Authorize:
		return p.authorize(ctx)
	case lease.Publish:
		return p.publish(ctx)
	case lease.Release:
		return p.release(ctx)
	}
	return p.yield(ctx)
}

// decide decides again from the state, and returns the protocol's next steps. With Observe
// there are none.
func (p *pass) decide() lease.Plan {
	d := p.state.Decide()
	p.decision = d
	if p.Observe {
		return lease.Plan{}
	}
	return lease.Plan{
		Refuse:    len(d.Refused) > 0,
		Revoke:    len(d.Revoke)+len(d.Blind) > 0,
		Authorize: len(d.Authorize)+len(d.Confirm) > 0,
	}
}

// unserved reports whether a live request of this pass was not served. A request that was
// recorded without a ring does not make its group due.
func (p *pass) unserved(s claim.Served) bool {
	return slices.ContainsFunc(p.parts, func(a *part) bool { return a.live() && !s.Has(a.request) })
}

var errDeadline = errors.New("too little time is left in this invocation")

// instant converts a time to the protocol's unit.
func instant(t time.Time) lease.Instant { return lease.Instant(t.UnixMilli()) }
