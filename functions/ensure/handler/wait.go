package handler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/await"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// Times that a wait leaves before the function's deadline: for its last read of the table, and
// for the answer.
const (
	lastRead = 3 * time.Second
	toAnswer = time.Second
)

// waits returns the wait of an invocation. By the alias of waits, any other payload is a refused
// wait: it is answered, and leaves neither a record nor an event.
func (h *Handler) waits(ctx context.Context, batch events.Batch) (events.Message, bool) {
	var m events.Message
	if len(batch.Messages) == 1 {
		m = batch.Messages[0]
	}
	if m.Wait != nil || !runtime.InvokedBy(ctx, h.config.WaitQualifier) {
		return m, m.Wait != nil
	}
	reason := claim.Fault{Problem: fmt.Sprintf("the alias %s accepts only waits: want {\"sgkeeper\": \"wait\", ...}; "+
		"send events to the bus or the queue, or invoke the function without the alias", h.config.WaitQualifier)}
	return events.Message{
		Launch: m.Launch, Group: m.Group, Wait: new(events.Wait), Faults: append(claim.Faults{reason}, m.Faults...),
	}, true
}

// wait answers a wait. It needs the guardrails only to find the launch's publisher, and the
// member accounts only to find a group by its name.
func (h *Handler) wait(ctx context.Context, e *ensure.Ensurer, m events.Message, cold bool) ([]byte, error) {
	started := h.now()
	if deadline, bounded := ctx.Deadline(); bounded {
		m.Wait.Hold = min(m.Wait.Hold, time.Until(deadline)-lastRead)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-toAnswer))
		defer cancel()
	}
	w := &await.Waiter{Table: h.table, Names: e.Names, Account: e.Account, Observe: e.Observe}
	if m.Faults == nil && (m.Wait.Publisher == "" || m.Wait.End != nil) {
		w.Guard, _ = h.rails.current(ctx, h.now(), e.Log)
	}
	if m.Faults == nil && m.Group.Name != "" {
		var err error
		if e.Reach.Accounts, err = h.members.Current(ctx, h.now(), e.Log); err != nil {
			e.Log.WarnContext(ctx, "the member accounts are not known", "error", err)
		}
		w.Serves = func(account, region string) bool {
			return e.Reaches(claim.Group{Account: account, Region: region})
		}
	}
	outcomes, err := w.Wait(ctx, m)
	if err != nil {
		e.Log.WarnContext(ctx, "a wait cannot read the table", "launch", m.Launch.Name, "error", err)
	}
	h.logWait(ctx, e, m, outcomes, h.now().Sub(started))
	h.countCold(e.Owner, cold)
	return answer(events.Batch{Kind: events.Direct}, []ensure.Answer{{Outcomes: outcomes}})
}

func (h *Handler) logWait(ctx context.Context, e *ensure.Ensurer, m events.Message, outcomes []events.Outcome,
	held time.Duration) {
	var statuses []string
	for _, o := range outcomes {
		if !slices.Contains(statuses, string(o.Status)) {
			statuses = append(statuses, string(o.Status))
		}
	}
	e.Log.DebugContext(ctx, "wait", "launch", m.Launch.Name, "group", m.Group.ID, "event", m.Wait.Event,
		"end", m.Wait.End != nil, "outcomes", len(outcomes), "statuses", statuses, "milliseconds", held.Milliseconds(),
		"alias", runtime.Qualifier(ctx))
}
