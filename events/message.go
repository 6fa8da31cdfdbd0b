package events

import "time"

// Message is one event as it arrived. Exactly one of Request, End, Instance and Sweep is set.
// None is set if the event was refused, or if its queue did not deliver it.
type Message struct {
	MessageID string // the SQS message's id in its record; "" elsewhere
	Origin    Origin
	Time      time.Time // the envelope's time, by the publisher's clock; zero if absent
	Sent      time.Time // when SQS accepted the message, the same at each delivery; zero elsewhere

	// Launch and Group are the readable parts of an event, even of a refused one, so that the
	// refusal can be answered. Their accounts are always known. An invalid name is "".
	Launch Launch
	Group  Group

	Request  *Request
	End      *End
	Instance *Instance
	Sweep    *Sweep
	Faults   Faults

	// Undelivered reports that the record names a queue that EventBridge alone feeds, and
	// that Lambda did not take it from there. Its body was not read. A caller may have
	// forged it, or the queue is not mapped to the function's alias yet.
	Undelivered bool
}

// Fill sets the account and Region if they are unknown. For example, the account of a bare
// detail in a file is the group's owner.
func (m *Message) Fill(account, region string) {
	if m.Origin.Account == "" {
		m.Origin.Account = account
	}
	m.Launch.fill(account)
	m.Group.fill(account, region)
	switch {
	case m.Request != nil:
		m.Request.Launch.fill(account)
		m.Request.Group.fill(account, region)
	case m.End != nil:
		m.End.Launch.fill(account)
		if m.End.Group != nil {
			m.End.Group.fill(account, region)
		}
	}
}

func (l *Launch) fill(account string) {
	if l.Account == "" {
		l.Account = account
	}
}

func (g *Group) fill(account, region string) {
	if g.Account == "" {
		g.Account = account
	}
	if g.Region == "" {
		g.Region = region
	}
}
