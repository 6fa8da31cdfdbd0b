package ensure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Answer is the result of one message: an outcome for each of its groups.
type Answer struct {
	Outcomes []events.Outcome
	// Retry, if it is not nil, says why the message must return to the queue: a later attempt
	// may serve it.
	Retry error
	// Unread, if it is not nil, names the items of the message that cannot be read. The
	// message does not return to the queue for them.
	Unread error
}

// maxServe bounds one Serve if its context has no deadline.
const maxServe = time.Minute

// Serve handles the messages of one invocation and returns an answer for each, in their order.
// First it looks up the names and tags that they need. The requests on one group are written
// together and ring once. Groups are served in parallel.
func (e *Ensurer) Serve(ctx context.Context, messages []events.Message) []Answer {
	return e.serve(ctx, e.meant(messages), atOnce)
}

// serve serves messages with known launches, and at most workers groups at a time.
func (e *Ensurer) serve(ctx context.Context, messages []events.Message, workers int) []Answer {
	ctx, cancel := e.bounded(ctx)
	defer cancel()
	e = e.shared()
	d := &delivery{
		Ensurer: e, messages: messages, answers: make([]Answer, len(messages)),
		passes: make(map[claim.Group]*pass), turns: make(map[claim.Group]int),
	}
	d.lookUpAll(ctx, messages)
	for i, m := range messages {
		d.take(ctx, i, m)
	}
	recorded := d.record(ctx, d.refused)
	d.publishDone(ctx)
	sideBySide(workers, d.inTurn(), (*pass).place, func(p *pass) { d.serve(ctx, p) })
	for _, p := range d.order {
		p.answer(ctx, d.answers)
	}
	recordedLate := d.record(ctx, d.late())
	d.finish(ctx)
	recorded()
	recordedLate()
	return d.answers
}

func (e *Ensurer) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, bounded := ctx.Deadline(); bounded {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, e.now().Add(maxServe))
}

// delivery holds the messages of one invocation, sorted by group.
type delivery struct {
	*Ensurer
	messages []events.Message
	answers  []Answer
	passes   map[claim.Group]*pass
	order    []*pass             // by the first message about each group
	turns    map[claim.Group]int // the position of a group in an end's list of groups
	lookups  lookups
	done     []int // the messages that were answered without a pass
	out      []events.Out
	ends     []*ending
	refused  []claim.Refusal
}

// errUndelivered: a record names EventBridge's queue, and came from elsewhere. It returns to
// the queue unread: during a stack update, the queue may not be mapped to the alias yet.
var errUndelivered = errors.New("the record names EventBridge's queue, and Lambda did not deliver it from there: " +
	"map the queue to the function's alias, or invoke the function with the event itself")

func (d *delivery) take(ctx context.Context, i int, m events.Message) {
	if m.Undelivered {
		d.answers[i].Retry = errUndelivered
		return
	}
	m, faults := d.identify(i, m)
	switch {
	case faults != nil, d.answers[i].Retry != nil:
	case m.Faults != nil && m.Request == nil:
		faults = m.Faults
	case m.Request != nil:
		faults = d.takeRequest(i, m)
	case m.End != nil:
		faults = d.takeEnd(ctx, i, m)
	case m.Instance != nil:
		faults = d.takeInstance(ctx, i, m)
	case m.Sweep != nil:
		d.answers[i].Retry = d.Sweep(ctx)
	}
	if faults != nil {
		o := rejection(events.Outcome{Launch: m.Launch.Name, Group: m.Group}, faults)
		d.answer(i, o, events.LaunchRejected{Launch: o.Launch, Group: o.Group, Reasons: o.Reasons})
		d.refused = append(d.refused, d.refusal(m, faults))
	}
}

// answer answers a message that needs no pass.
func (d *delivery) answer(i int, o events.Outcome, out events.Out) {
	d.answers[i].Outcomes = []events.Outcome{o}
	d.done = append(d.done, i)
	d.out = append(d.out, out)
}

// takeRequest adds a request to its group's pass, or returns all reasons to refuse it. The
// message already has the faults of its publisher.
func (d *delivery) takeRequest(i int, m events.Message) claim.Faults {
	if d.Guard == nil {
		d.answers[i].Retry = errUnguarded
		return nil
	}
	r := *m.Request
	group, faults := d.locate(m, r.Group)
	faults = append(slices.Clip(m.Faults), faults...)
	found, err := d.judge(r, group, m, faults == nil)
	if err != nil {
		d.answers[i].Retry = err
		return nil
	}
	faults = append(faults, found...)
	request := r.On(group, d.now())
	request.Instance, request.Origin = m.Instance != nil, m.Origin
	request.Sum = request.Digest()
	if faults = append(faults, request.CheckExpiry(request.Received)...); faults != nil {
		return faults
	}
	d.pass(group).add(&part{message: i, launch: r.Launch, request: request, remarks: r.Remarks, origin: m.Origin})
	return nil
}

func (d *delivery) pass(g claim.Group) *pass {
	if d.passes[g] == nil {
		d.passes[g] = d.newPass(g)
		d.order = append(d.order, d.passes[g])
	}
	return d.passes[g]
}

// inTurn returns the passes in the order in which they begin: the first group of each message,
// then the second of each. So an end in hundreds of groups delays no other message.
func (d *delivery) inTurn() []*pass {
	turn := func(p *pass) int {
		if p.mayWait() {
			return d.turns[p.group]
		}
		return 0
	}
	return slices.SortedStableFunc(slices.Values(d.order), func(p, q *pass) int {
		return cmp.Compare(turn(p), turn(q))
	})
}

// locate returns the group that an event means, or all reasons why it cannot be served.
func (e *Ensurer) locate(m events.Message, g events.Group) (claim.Group, claim.Faults) {
	return g.Ref().Group(), e.outOfReach(m.Origin.Account, g)
}

// publishDone publishes the answers that needed no pass.
func (d *delivery) publishDone(ctx context.Context) {
	err := d.send(ctx, d.out)
	for _, i := range d.done {
		if err != nil {
			d.answers[i] = Answer{Retry: err}
			continue
		}
		m := d.messages[i]
		var why claim.Purpose
		if m.Request != nil {
			why = m.Request.Purpose
		}
		d.logOutcome(ctx, d.answers[i].Outcomes[0], m.Launch.Namespace, m.Origin, why)
	}
}

// send puts events on the bus, if there is one.
func (e *Ensurer) send(ctx context.Context, out []events.Out) error {
	if e.Bus == nil || len(out) == 0 {
		return nil
	}
	var fitting []events.Out
	for _, o := range out {
		fitting = append(fitting, fit(o)...)
	}
	return e.Bus.Publish(ctx, fitting...)
}

func fault(field, format string, args ...any) claim.Faults {
	return claim.Faults{{Field: field, Problem: fmt.Sprintf(format, args...)}}
}
