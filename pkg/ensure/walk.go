package ensure

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// walk takes the requests of one group through the protocol.
type walk struct {
	*Ensurer
	group  claim.Group
	log    *slog.Logger
	asks   []*ask
	state  lease.State
	ledger claim.Ledger
	round  round
	failed error // why the last effect's reply was lost

	told       map[string]bool                  // keys of the requests whose refusal the bus knows
	checked    []events.Covered                 // by the fast path
	authorized map[secgroup.Rule]secgroup.Entry // in all rounds of this walk
}

// ask is one message's request, and what the table says of it.
type ask struct {
	message int
	remarks []events.Fault
	request claim.Request
	ended   bool  // its launch has ended
	lost    error // it is not known whether it was claimed
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

func (w *walk) add(message int, r claim.Request, remarks []events.Fault) {
	w.asks = append(w.asks, &ask{message: message, request: r, remarks: remarks})
}

// run performs one effect after the other until the protocol is done, and
// answers the messages.
func (w *walk) run(ctx context.Context, answers []Answer) {
	deadline, _ := ctx.Deadline()
	w.state = lease.Start(rand.Text(), instant(deadline))
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
	w.answer(ctx, answers)
}

// perform performs the effect that the protocol asks for. An error means that
// it is not known whether it happened.
func (w *walk) perform(ctx context.Context) (lease.Reply, error) {
	switch w.state.Op {
	case lease.Claim:
		return w.claim(ctx), nil
	case lease.Check:
		return w.check(ctx)
	case lease.Load:
		return w.load(ctx)
	case lease.Describe:
		return w.describe(ctx)
	case lease.Refuse:
		return w.refuse(ctx)
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
	reply, ledger, err := w.Leases.Perform(ctx, w.group, w.state, next)
	if err != nil {
		return reply, err
	}
	w.ledger = ledger
	if w.state.Op == lease.Peek {
		w.round.made = ledger.Made // the fast path looks without a round
	}
	return reply, nil
}

var errDeadline = errors.New("too little time is left in this invocation")

// instant is a time as the protocol counts it.
func instant(t time.Time) lease.Instant { return lease.Instant(t.UnixMilli()) }
