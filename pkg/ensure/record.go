package ensure

import (
	"cmp"
	"context"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// maxRecord is how long recording the refusals of one invocation may take. If the
// table is slow, the refusals stay without a record, and the answer is not late.
const maxRecord = 2 * time.Second

// record records refusals while the invocation does other work. The caller calls
// done before it returns. If the table fails, the refusals are answered and
// published all the same.
func (d *desk) record(ctx context.Context, refusals []claim.Refusal) (done func()) {
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

// refusal is the record of a message that is refused for the given reasons.
func (d *desk) refusal(m events.Message, reasons events.Faults) claim.Refusal {
	now := d.now()
	r := claim.Refusal{
		Launch:    d.Guard.Speaks(m.Launch),
		Group:     m.Group,
		Publisher: m.Launch.Account,
		Event:     cmp.Or(m.EventID, m.MessageID, d.Invocation),
		Sent:      sent(m, now),
		At:        now,
		End:       m.End != nil,
		Reasons:   reasons,
	}
	switch {
	case m.Request == nil:
	case m.Group.ID == "": // its rules cannot be written as those of a group, so the request has no digest
		r.Rules = rulesOf(m.Request.Rules)
	default:
		group := claim.Group{Account: m.Group.Account, Region: m.Group.Region, ID: m.Group.ID}
		r = asking(r, claim.New(*m.Request, group, now))
	}
	return r.Bounded()
}

// asking adds to a refusal what its event asks for.
func asking(r claim.Refusal, request claim.Request) claim.Refusal {
	r.Rules, r.Digest = rulesOf(request.Rules), request.Digest()
	return r
}

func rulesOf(entries []secgroup.Entry) []secgroup.Rule {
	rules := make([]secgroup.Rule, len(entries))
	for i, entry := range entries {
		rules[i] = entry.Rule
	}
	return rules
}

// oldest is how long ago an event can have been sent: a queue keeps it for 14 days at
// most, after EventBridge has tried for a day (EventBridge and SQS quotas).
const oldest = 15 * 24 * time.Hour

// sent is when an event was sent, which is the same at each delivery. The envelope
// tells it, or the queue. A time that cannot be true counts for nothing: the
// publisher may have written it.
func sent(m events.Message, now time.Time) time.Time {
	for _, at := range []time.Time{m.Time, m.Sent} {
		if age := now.Sub(at); age > -namedLately && age < oldest {
			return at
		}
	}
	return now
}

// late returns the refusals that only the walks of an invocation find: requests of
// launches that have ended.
func (d *desk) late(messages []events.Message) (refusals []claim.Refusal) {
	for _, w := range d.order {
		for _, a := range w.asks {
			if !a.ended || d.answers[a.message].Retry != nil {
				continue
			}
			m := messages[a.message]
			m.Group, m.Request = eventGroup(w.group), nil
			r := asking(d.refusal(m, launchEnded(a.launch.Name)), a.request)
			refusals = append(refusals, r.Bounded())
		}
	}
	return refusals
}
