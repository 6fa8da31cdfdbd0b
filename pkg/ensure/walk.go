package ensure

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// walk takes what is asked of one group through the protocol.
type walk struct {
	*Ensurer
	group  claim.Group
	log    *slog.Logger
	asks   []*ask
	sweep  bool // nobody asks: the group is due
	state  lease.State
	ledger claim.Ledger
	round  round
	looked bool  // at the group itself; else others served it
	gap    bool  // whoever held the lease before did not release it
	failed error // why the last effect's reply was lost
	rung   int   // rounds after which the bell had rung

	unrecorded []claim.Untagged // made by this walk, and not on the head yet

	told       map[string]bool // keys of the requests whose refusal the bus knows
	checked    []events.Covered
	authorized map[secgroup.Rule]secgroup.Entry // in all rounds of this walk
	revoked    []secgroup.Entry                 // likewise
}

func (e *Ensurer) newWalk(g claim.Group) *walk {
	return &walk{
		Ensurer:    e,
		group:      g,
		log:        e.Log.With("group", g.ID),
		told:       make(map[string]bool),
		authorized: make(map[secgroup.Rule]secgroup.Entry),
	}
}

func (w *walk) add(a *ask) { w.asks = append(w.asks, a) }

// run performs one effect after the other until the protocol is done.
func (w *walk) run(ctx context.Context) {
	deadline, _ := ctx.Deadline()
	w.state = lease.Start(Holder{Since: w.now(), Invocation: w.Invocation}.nonce(), instant(deadline))
	for w.state.Op != lease.Done {
		reply, err := w.perform(ctx)
		if err != nil {
			w.failed = fmt.Errorf("%s: %w", w.state.Op, err)
			w.log.WarnContext(ctx, "no reply", "op", w.state.Op.String(), "error", err)
			reply = lease.Reply{Lost: true}
		}
		reply.Now = instant(w.now())
		w.state = lease.Step(w.state, reply)
	}
}

// leaving is how much of an invocation is left for giving the lease back: a call
// that EC2 throttles is tried again for as long as it may be.
const leaving = 2 * time.Second

// perform performs the effect that the protocol asks for. An error means that
// it is not known whether it happened.
func (w *walk) perform(ctx context.Context) (lease.Reply, error) {
	if deadline, bounded := ctx.Deadline(); bounded && w.state.Op >= lease.Load && w.state.Op < lease.Yield {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-leaving))
		defer cancel()
	}
	switch w.state.Op {
	case lease.Claim:
		return w.claim(ctx)
	case lease.Check:
		return w.check(ctx)
	case lease.Load:
		return w.load(ctx)
	case lease.Describe:
		return w.describe(ctx)
	case lease.Refuse:
		return w.refuse(ctx)
	case lease.Condemn:
		return w.condemn(ctx)
	case lease.Revoke:
		return w.revoke(ctx)
	case lease.Authorize:
		return w.authorize(ctx)
	case lease.Publish:
		return w.tell(ctx)
	case lease.Release:
		return w.lead(ctx, w.round.ledger(w.Observe))
	}
	return w.lead(ctx, claim.Ledger{})
}

// lead performs an effect on the group's head item.
func (w *walk) lead(ctx context.Context, next claim.Ledger) (lease.Reply, error) {
	reply, err := w.write(ctx, next)
	if err != nil {
		return reply, err
	}
	ledger := w.ledger
	switch w.state.Op {
	case lease.Peek:
		w.round.made = ledger.Made // the fast path looks without a round
		reply.Head.Unsettled = reply.Head.Unsettled || w.unserved(ledger.Served)
	case lease.Ring, lease.TakeOver:
		w.gap = reply.Head.Want-reply.Head.Applied > 1
	case lease.Release:
		w.gap = false
		if reply.Failed && reply.Head.Owner == w.state.Owner {
			return w.gather(ctx, reply)
		}
	}
	return reply, nil
}

// write performs an effect on the group's head item. Whatever it writes, it
// records with it which rules this walk has made that bear no tags: should the
// function die before its release, they are ours all the same.
func (w *walk) write(ctx context.Context, next claim.Ledger) (lease.Reply, error) {
	if w.state.Op != lease.Release { // which records all of them
		next.Untagged = w.unrecorded
	}
	reply, ledger, err := w.Leases.Perform(ctx, w.group, w.state, next)
	if err != nil {
		return reply, err
	}
	w.ledger = ledger
	if !reply.Failed && w.state.Op != lease.Peek {
		w.unrecorded = nil
	}
	return reply, nil
}

// unserved reports whether an open request of this entry has not been served:
// one that was claimed and never rung for is not among what is due.
func (w *walk) unserved(s claim.Served) bool {
	return slices.ContainsFunc(w.asks, func(a *ask) bool { return a.open() && !s.Has(a.request) })
}

var errDeadline = errors.New("too little time is left in this invocation")

// instant is a time as the protocol counts it.
func instant(t time.Time) lease.Instant { return lease.Instant(t.UnixMilli()) }
