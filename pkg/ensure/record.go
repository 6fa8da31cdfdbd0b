package ensure

import (
	"cmp"
	"context"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// maxRecord bounds the time to record the refusals of one invocation. If the table is slow,
// the refusals are not recorded, so that the answer is not late.
const maxRecord = 2 * time.Second

// record records refusals in the background. The caller calls done before it returns. If the
// table fails, the refusals are still answered and published.
func (d *delivery) record(ctx context.Context, refusals []claim.Refusal) (done func()) {
	if d.Refusals == nil || len(refusals) == 0 {
		return func() {}
	}
	recorded := make(chan struct{})
	go func() {
		defer close(recorded)
		ctx, cancel := context.WithTimeout(ctx, maxRecord)
		defer cancel()
		if err := d.Refusals.Record(ctx, refusals...); err != nil {
			d.Log.WarnContext(ctx, "refusals are not recorded", "refusals", len(refusals), "error", err)
		}
	}()
	return func() { <-recorded }
}

// refusal returns the record of a message that is refused for the given reasons.
func (d *delivery) refusal(m events.Message, reasons claim.Faults) claim.Refusal {
	now := d.now()
	r := claim.Refusal{
		Launch:    m.Launch,
		Group:     m.Group.Ref(),
		Publisher: publisherOf(m),
		Origin:    m.Origin,
		Event:     cmp.Or(m.Origin.Event, m.Origin.Message, d.Invocation),
		Sent:      sent(m, now),
		At:        now,
		End:       m.End != nil,
		Reasons:   reasons,
	}
	if m.Request != nil {
		r.Purpose = m.Request.Purpose
	}
	switch {
	case m.Request == nil:
	case m.Group.ID == "": // without a group's id, the request has no digest
		r.Rules = rulesOf(m.Request.Rules)
	default:
		r = withRequest(r, m.Request.On(m.Group.Ref().Group(), now))
	}
	return r.Bounded()
}

// withRequest adds the rules of its request to a refusal.
func withRequest(r claim.Refusal, request claim.Request) claim.Refusal {
	r.Rules, r.Digest, r.Purpose = rulesOf(request.Rules), request.Digest(), request.Purpose
	return r
}

// publisherOf returns the publisher that a refusal counts for. An admin who names the launch
// of another account counts as the admin's own account.
func publisherOf(m events.Message) string {
	if m.Launch.Account != m.Origin.Account {
		return m.Origin.Account
	}
	return m.Launch.Owner()
}

func rulesOf(entries []secgroup.Entry) []secgroup.Rule {
	rules := make([]secgroup.Rule, len(entries))
	for i, entry := range entries {
		rules[i] = entry.Rule
	}
	return rules
}

// oldest bounds the age of an event. A queue keeps it for at most 14 days, after EventBridge
// has tried for a day (EventBridge and SQS quotas).
const oldest = 15 * 24 * time.Hour

// sent returns the time at which an event was sent, which is the same at each delivery. It is
// the envelope's time, or the queue's. It ignores an impossible time, because the publisher
// may have written it.
func sent(m events.Message, now time.Time) time.Time {
	for _, at := range []time.Time{m.Time, m.Sent} {
		if age := now.Sub(at); age > -recentFor && age < oldest {
			return at
		}
	}
	return now
}

// late returns the refusals that only passes find: requests of ended launches.
func (d *delivery) late() (refusals []claim.Refusal) {
	for _, p := range d.order {
		for _, a := range p.parts {
			if !a.ended || d.answers[a.message].Retry != nil {
				continue
			}
			m := d.messages[a.message]
			m.Group, m.Request = eventGroup(p.group), nil
			r := withRequest(d.refusal(m, launchEnded(a.launch.Name)), a.request)
			refusals = append(refusals, r.Bounded())
		}
	}
	return refusals
}
