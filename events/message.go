package events

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Message is one event as it arrived. Exactly one of Request, End, Instance, Sweep and Wait is
// set. None is set if the event was refused, or if its queue did not deliver it. A Wait is set
// even if it was refused, because a wait must leave no record.
type Message struct {
	MessageID string // the SQS message's id in its record; "" elsewhere
	Origin    claim.Origin
	Time      time.Time // the envelope's time, by the publisher's clock; zero if absent
	Sent      time.Time // when SQS accepted the message, the same at each delivery; zero elsewhere

	// Launch and Group are the readable parts of an event, even of a refused one, so that the
	// refusal can be answered. Their accounts are always known. An invalid name is "".
	Launch claim.Launch
	Group  Group

	Request  *Request
	End      *End
	Instance *Instance
	Sweep    *Sweep
	Wait     *Wait
	Faults   claim.Faults

	// Undelivered reports that the record names a queue that EventBridge alone feeds, and
	// that Lambda did not take it from there. Its body was not read. A caller may have
	// forged it, or the queue is not mapped to the function's alias yet.
	Undelivered bool
}

// Fill sets the account and Region if they are unknown. For example, the account of a bare
// detail in a file is the group's owner.
func (m *Message) Fill(account, region string) {
	fill(&m.Origin.Account, account)
	fill(&m.Launch.Account, account)
	m.Group.fill(account, region)
	switch {
	case m.Request != nil:
		fill(&m.Request.Launch.Account, account)
		m.Request.Group.fill(account, region)
	case m.End != nil:
		fill(&m.End.Launch.Account, account)
		if m.End.Group != nil {
			m.End.Group.fill(account, region)
		}
	}
}

func (g *Group) fill(account, region string) {
	fill(&g.Account, account)
	fill(&g.Region, region)
}

func fill(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

// Owner returns the account of the group that the message requests rules on, or "" if it
// requests none.
func (m Message) Owner() string {
	if m.Request == nil {
		return ""
	}
	return m.Group.Account
}
