package handler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/await"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// CloudFormation invokes the alias of stacks asynchronously, and waits for an answer at the URL
// in its request. If an invocation fails, Lambda repeats it twice, after one and after two more
// minutes (Lambda developer guide, asynchronous invocation). A repeated request finds its own
// launch, because the launch's name follows from the request.

// Times of a request of CloudFormation.
const (
	toGiveUp  = 2 * time.Second                   // to end a launch that was not served
	toRead    = time.Second                       // to read the table once more
	toRespond = toRead + toGiveUp + 6*time.Second // before the deadline: both, and the answer
	// stackPatience is the age of a launch at which an invocation gives up. Lambda's last
	// invocation begins at least three minutes after the first one.
	stackPatience = 150 * time.Second
)

// stack answers a request of CloudFormation. It fails if Lambda must invoke it again.
func (h *Handler) stack(
	ctx context.Context, e *ensure.Ensurer, d events.Decoder, payload []byte,
) (answers []ensure.Answer, reply []byte, err error) {
	r, err := d.DecodeStackRequest(payload)
	if err != nil { // no URL for an answer, and a repetition would fail, too
		e.Log.WarnContext(ctx, "a payload by the alias of stacks is refused, without an answer", "error", err)
		m := unreadable(e.Account, e.Region, err).Messages[0]
		reply, err = json.Marshal(events.Result{Outcomes: []events.Outcome{
			{Group: m.Group, Status: events.Rejected, Reasons: m.Faults},
		}})
		return nil, reply, err
	}
	s := &stackRequest{Handler: h, ensurer: e, StackRequest: r}
	served, cancel := before(ctx, toRespond)
	response, err := s.serve(served)
	cancel()
	if err != nil {
		return s.answers, nil, err
	}
	e.Log.InfoContext(ctx, "stack", "type", r.Type, "stack", r.StackID, "resource", r.LogicalID,
		"launch", response.PhysicalID, "status", response.Status, "reason", response.Reason)
	if err := h.respond(ctx, r.ResponseURL, response); err != nil {
		return s.answers, nil, err
	}
	reply, err = json.Marshal(events.Result{Outcomes: s.outcomes})
	return s.answers, reply, err
}

// before returns a context that ends some time before the deadline of ctx.
func before(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if deadline, bounded := ctx.Deadline(); bounded {
		return context.WithDeadline(ctx, deadline.Add(-d))
	}
	return ctx, func() {}
}

// stackRequest is one request, with its answers so far.
type stackRequest struct {
	*Handler
	events.StackRequest
	ensurer  *ensure.Ensurer
	answers  []ensure.Answer
	outcomes []events.Outcome
}

// serve returns the answer to CloudFormation. It fails if a later invocation may succeed.
func (s *stackRequest) serve(ctx context.Context) (stackResponse, error) {
	switch {
	case s.Type == events.StackDelete:
		return s.delete(ctx)
	case s.Faults != nil:
		return s.failed(s.Faults), nil
	case s.Type == events.StackUpdate && s.Same:
		return s.succeeded(s.PhysicalID, s.Request.Group.ID), nil
	}
	return s.open(ctx)
}

// open requests the rules under the name of this request, and waits until they are served. After
// an update, CloudFormation deletes the launch that had the name before.
func (s *stackRequest) open(ctx context.Context) (stackResponse, error) {
	m := s.message(s.Request.Launch)
	m.Request, m.Group = s.Request, s.Request.Group
	outcomes, retry := s.do(ctx, m)
	if retry != nil || outcomes[0].Status == events.Queued {
		outcomes = s.wait(ctx, m, &events.Wait{Request: s.Request})
	}
	o := outcomes[0]
	s.outcomes = outcomes
	switch o.Status {
	case events.Ensured, events.Observed:
		return s.succeeded(s.Name, o.Group.ID), nil
	case events.Rejected:
		return s.failed(o.Reasons), nil
	}
	gaveUp, err := s.giveUp(context.WithoutCancel(ctx), m, o)
	if err != nil || !gaveUp {
		queued := fmt.Errorf("try again: %s is not served yet: %w", s.Name, claim.Faults(o.Reasons))
		return stackResponse{}, errors.Join(queued, retry, err)
	}
	reason := claim.Fault{Problem: fmt.Sprintf("sgkeeper has not served the launch within %s, and ended it",
		stackPatience)}
	if retry != nil {
		o.Reasons = append(o.Reasons, claim.Fault{Problem: retry.Error()})
	}
	return s.failed(append(claim.Faults{reason}, o.Reasons...)), nil
}

// giveUp records the end of a launch that is at least stackPatience old, because no invocation
// may follow. A sweep then closes the rules that the launch may have.
func (s *stackRequest) giveUp(ctx context.Context, m events.Message, o events.Outcome) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, toGiveUp)
	defer cancel()
	l := m.Launch
	if s.ensurer.Guard != nil {
		event := guard.Event{Launch: l, Origin: m.Origin, Owner: m.Owner()}
		meant, faults := s.ensurer.Guard.Means(event, s.ensurer.Account)
		if faults != nil {
			return false, faults
		}
		l = meant
	}
	g := claim.Group{Account: o.Group.Account, Region: o.Group.Region, ID: o.Group.ID}
	found, err := s.table.Request(ctx, l, g, s.Request.On(g, time.Time{}).Digest())
	if err != nil || found == nil || s.now().Sub(found.Received) < stackPatience {
		return false, err
	}
	_, err = s.table.End(ctx, l, s.now())
	return err == nil, err
}

// delete ends the launch of the resource. A resource that has no launch of sgkeeper, because
// its creation failed, is deleted, too.
func (s *stackRequest) delete(ctx context.Context) (stackResponse, error) {
	if !strings.HasPrefix(s.PhysicalID, events.StackPrefix) || !events.IsLaunchName(s.PhysicalID) {
		return s.succeeded(s.PhysicalID, ""), nil
	}
	outcomes, err := s.end(ctx, s.PhysicalID)
	if err != nil {
		return stackResponse{}, err
	}
	s.outcomes = outcomes
	for _, o := range outcomes {
		if o.Status == events.Rejected {
			return s.failed(o.Reasons), nil
		}
	}
	return s.succeeded(s.PhysicalID, ""), nil // an end on record is served within minutes
}

// end ends a launch in all groups, and waits until its rules are closed or the time is over. It
// fails if the end is not on record.
func (s *stackRequest) end(ctx context.Context, name string) ([]events.Outcome, error) {
	m := s.message(claim.Launch{Account: s.ensurer.Account, Name: name})
	m.End = &events.End{Launch: m.Launch}
	outcomes, retry := s.do(ctx, m)
	if retry != nil || slices.ContainsFunc(outcomes, isQueued) {
		outcomes = s.wait(ctx, m, &events.Wait{End: m.End})
	}
	if retry != nil && slices.ContainsFunc(outcomes, unrecorded) {
		return nil, retry
	}
	return outcomes, nil
}

func isQueued(o events.Outcome) bool { return o.Status == events.Queued }

// unrecorded reports whether an end is not on record. The reasons of a recorded one name its
// group.
func unrecorded(o events.Outcome) bool {
	return isQueued(o) && !slices.ContainsFunc(o.Reasons, func(f claim.Fault) bool { return f.Field == "/group" })
}

// message returns an event of the function's own account, as of a direct invocation.
func (s *stackRequest) message(l claim.Launch) events.Message {
	return events.Message{
		Origin: claim.Origin{Account: s.ensurer.Account}, Launch: l,
		Group: events.Group{Account: s.ensurer.Account, Region: s.ensurer.Region},
	}
}

// do serves an event.
func (s *stackRequest) do(ctx context.Context, m events.Message) ([]events.Outcome, error) {
	a := s.ensurer.Serve(ctx, []events.Message{m})[0]
	s.answers = append(s.answers, a)
	switch {
	case a.Retry != nil:
		return nil, fmt.Errorf("try again: %w", a.Retry)
	case len(a.Outcomes) == 0: // the end of a launch that has no request
		return []events.Outcome{{Launch: m.Launch.Name, Group: m.Group, Status: events.Released}}, nil
	}
	return a.Outcomes, nil
}

// wait reads the table until the outcome is known or ctx ends. It reads it at least once.
func (s *stackRequest) wait(ctx context.Context, m events.Message, w *events.Wait) []events.Outcome {
	w.Hold = events.MaxHold
	if deadline, bounded := ctx.Deadline(); bounded {
		w.Hold = max(0, min(w.Hold, time.Until(deadline)))
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), w.Hold+toRead)
		defer cancel()
	}
	m.Request, m.End, m.Wait = nil, nil, w
	e := s.ensurer
	waiter := &await.Waiter{
		Table: s.table, Names: e.Names, Guard: e.Guard, Account: e.Account, Observe: e.Observe,
		Serves: func(account, region string) bool { return e.Reaches(claim.Group{Account: account, Region: region}) },
	}
	outcomes, err := waiter.Wait(ctx, m)
	if err != nil {
		e.Log.WarnContext(ctx, "a wait cannot read the table", "launch", m.Launch.Name, "error", err)
	}
	return outcomes
}
