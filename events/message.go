package events

import "time"

// Message is one event as it arrived. Exactly one of Request, End, Instance and
// Sweep is set, unless the event was refused or was not delivered by its queue.
type Message struct {
	MessageID string // the SQS message's id, as its record has it; "" elsewhere
	Origin    Origin
	Time      time.Time // the envelope's time, by the publisher's clock; zero where there is none
	Sent      time.Time // when SQS took the message, however often it delivers it; zero elsewhere

	// Launch and Group are what could be read of them, also of a refused
	// event, so that the refusal can be answered. Their accounts are known
	// even where nothing else is; a name that is none is "".
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

// Fill puts account and region where the event left them open and the decoder
// knew none: for a bare detail in a file, whose account is the group's owner.
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
