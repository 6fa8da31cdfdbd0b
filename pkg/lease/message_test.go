package lease_test

import (
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/lease"
)

// phase is where a message is.
type phase uint8

const (
	none    phase = iota // there is no such message
	waiting              // in the queue, until it is visible again
	running              // a function handles it
	acked                // deleted from the queue
)

// message is one message and, while it runs, the function that handles it: its
// lease.State in bytes, and what the function remembers besides.
type message struct {
	phase    phase
	delivery uint8
	late     lateness

	op           lease.Op
	entry        uint8
	claimed      lease.Claimed
	ticket, seen uint8
	found        name // the owner and expiry of State.Found
	tries        uint8
	result       lease.Result

	written, fresh set // requests that Claim has gone through; those it wrote
	loaded         set // open requests that Claim or Load found
	refuse         set // the plan: requests to refuse
	missing        set // the plan: rules to authorize
	memo           memo
}

// memo is what a weakened function remembers for later; else it is zero.
type memo struct {
	own  name
	want uint8
	set  bool
}

// deadline is that of every function; only what is left of it matters.
const deadline lease.Instant = 1_000_000

// lateness says how much of a function's time is gone.
type lateness uint8

const (
	inTime  lateness = iota // there is time for everything
	noRing                  // too late to ring
	noRound                 // too late for a round
)

func (l lateness) now() lease.Instant {
	return deadline - [...]lease.Instant{60_000, lease.MinRing - 1, lease.MinRound - 1}[l]
}

// expires returns an expiry as it stands in the head: the last at which the
// lease must be left alone, or the first at which it may be taken over.
func (l lateness) expires(over bool) lease.Instant {
	if over {
		return l.now() - lease.Slack - 1
	}
	return l.now() - lease.Slack
}

func (m *message) name(i int) name {
	return name(i+1)<<5 | name(m.delivery)<<2 | name(m.entry)
}

// state unpacks the walk of message i.
func (m *message) state(i int) lease.State {
	return lease.State{
		Op:       m.op,
		Owner:    m.name(i).owner(),
		Deadline: deadline,
		Claimed:  m.claimed,
		Ticket:   lease.Ticket(m.ticket),
		Seen:     lease.Ticket(m.seen),
		Found:    lease.Head{Owner: m.found.owner()},
		Tries:    int(m.tries),
		Result:   m.result,
	}
}

// take packs the walk of message i, and forgets what it needs no longer.
func (m *message) take(i int, s lease.State) {
	m.op, m.entry, m.claimed = s.Op, uint8(s.Owner.Entry), s.Claimed
	m.ticket, m.seen = uint8(s.Ticket), uint8(s.Seen)
	m.found, m.tries, m.result = nameOf(s.Found.Owner), uint8(s.Tries), s.Result
	m.written, m.fresh = 0, 0
	switch s.Op {
	case lease.Peek, lease.Check, lease.Describe, lease.Refuse, lease.Authorize, lease.Publish:
	default:
		m.loaded, m.refuse, m.missing = 0, 0, 0
	}
	s.Found = lease.Head{Owner: s.Found.Owner}
	if m.state(i) != s {
		panic(fmt.Sprintf("the model lost part of %+v: %+v", s, m.state(i)))
	}
}

// deliver starts the walk of message i.
func (m *message) deliver(i int) {
	m.phase, m.late = running, inTime
	m.take(i, lease.Start(nonces[i][m.delivery], deadline))
}

// leave ends the function, one way or another.
func (m *message) leave(p phase) {
	*m = message{phase: p, delivery: m.delivery, result: m.result}
	if p == waiting {
		m.delivery++
		m.result = lease.Unfinished
	}
}

// holds reports whether the function reads or writes as the holder.
func (m *message) holds() bool {
	return m.phase == running && lease.Load <= m.op && m.op <= lease.Authorize
}
