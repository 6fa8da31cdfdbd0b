package ensure

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// Answer is what became of one message.
type Answer struct {
	Outcome events.Outcome
	// Retry, where it is not nil, says why the message must come again: what
	// it asks may be served later. The outcome then has no status.
	Retry error
}

// maxServe is how long one Serve may take where its context has no deadline.
const maxServe = time.Minute

// Serve takes the messages of one invocation and answers each, in their order.
// Requests of one group are claimed together and ring once; groups are served
// side by side.
func (e *Ensurer) Serve(ctx context.Context, messages []events.Message) []Answer {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, e.now().Add(maxServe))
		defer cancel()
	}
	answers := make([]Answer, len(messages))
	walks := make(map[claim.Group]*walk)
	var refused []int
	for i, m := range messages {
		request, faults := e.admit(m)
		if faults != nil {
			answers[i].Outcome = rejected(m, faults)
			refused = append(refused, i)
			continue
		}
		if walks[request.Group] == nil {
			walks[request.Group] = e.newWalk(request.Group)
		}
		walks[request.Group].add(i, request, m.Request.Remarks)
	}
	e.answerRefused(ctx, answers, refused)
	var all sync.WaitGroup
	for _, w := range walks {
		all.Go(func() { w.run(ctx, answers) })
	}
	all.Wait()
	return answers
}

// admit returns the request of a message, or why it is not served.
func (e *Ensurer) admit(m events.Message) (claim.Request, events.Faults) {
	switch {
	case m.Faults != nil:
		return claim.Request{}, m.Faults
	case m.Request == nil:
		return claim.Request{}, fault("", "only Launch Requested is served yet; ends and sweeps come with a later version")
	}
	group, faults := e.locate(m.Request.Group)
	faults = append(faults, e.Guard.Check(m.Request.Rules)...)
	request := claim.New(*m.Request, group, e.now())
	if expires := request.ExpiresAt; !expires.IsZero() && !expires.After(request.Received) {
		faults = append(faults, fault("/expiresAt", "%s has passed; give a later time, or leave it out", expires.Format(time.RFC3339))...)
	}
	return request, faults
}

// locate finds the group that an event means, or says all that keeps it from
// being served.
func (e *Ensurer) locate(g events.Group) (claim.Group, events.Faults) {
	var faults events.Faults
	if g.ID == "" {
		faults = append(faults, fault("/group/name", "groups by name are not yet served; give the group's id, sg-...")...)
	}
	if g.Account != e.Account {
		faults = append(faults, fault("/group/account", "groups of account %s are not yet served; this installation serves %s", g.Account, e.Account)...)
	}
	if g.Region != e.Region {
		faults = append(faults, fault("/group/region", "groups in %s are not yet served; this installation serves %s", g.Region, e.Region)...)
	}
	return claim.Group{Account: g.Account, Region: g.Region, ID: g.ID}, faults
}

// answerRefused publishes, and then logs, what was refused before it was
// claimed.
func (e *Ensurer) answerRefused(ctx context.Context, answers []Answer, refused []int) {
	var out []events.Out
	for _, i := range refused {
		o := answers[i].Outcome
		out = append(out, events.LaunchRejected{Launch: o.Launch, Group: o.Group, Reasons: o.Reasons})
	}
	err := e.publish(ctx, out)
	for _, i := range refused {
		if err != nil {
			answers[i] = Answer{Retry: err}
		} else {
			e.logOutcome(ctx, answers[i].Outcome)
		}
	}
}

// publish puts events on the bus, if there is one.
func (e *Ensurer) publish(ctx context.Context, out []events.Out) error {
	if e.Bus == nil || len(out) == 0 {
		return nil
	}
	return e.Bus.Publish(ctx, out...)
}

func fault(field, format string, args ...any) events.Faults {
	return events.Faults{{Field: field, Problem: fmt.Sprintf(format, args...)}}
}
