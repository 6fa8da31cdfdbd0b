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
	asleep               // the sweeper, until it is due
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
	over           set // requests that Claim found to be of an ended launch

	// The round: what it found and plans.
	loaded           set  // open requests that Claim or Load found
	served           set  // as HEAD remembers, and those of our rounds
	cond, made, gone ids  // as HEAD had them, and what our rounds added
	refuse           set  // requests to refuse
	waiting          set  // served requests that must wait for room
	missing          set  // rules to authorize
	revoke           ids  // rules to condemn and revoke
	later            bool // rules must go that cannot go yet
	unsure           bool // the describe may hide what must go

	memo memo
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
	return name(i+1)<<5 | name(m.delivery)<<3 | name(m.entry)
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
	switch {
	case s.Op == lease.Ring, s.Op == lease.TakeOver:
		m.leaveRound()
	case s.Op == lease.Claim, s.Op > lease.Release:
		m.leaveRound()
		m.served, m.made, m.gone, m.unsure = 0, 0, 0, false
	case s.Op == lease.Release:
		m.refuse, m.missing, m.revoke, m.cond = 0, 0, 0, 0
	}
	s.Found = lease.Head{Owner: s.Found.Owner}
	if m.state(i) != s {
		panic(fmt.Sprintf("the model lost part of %+v: %+v", s, m.state(i)))
	}
}

// leaveRound forgets the round, but for what it did.
func (m *message) leaveRound() {
	m.loaded, m.cond = 0, 0
	m.refuse, m.waiting, m.missing, m.revoke, m.later = 0, 0, 0, 0, false
}

// deliver starts the walk of message i.
func (m *message) deliver(i, delivery int) {
	m.phase, m.late, m.delivery = running, inTime, uint8(delivery)
	m.take(i, lease.Start(nonces[i][delivery], deadline))
}

// leave ends the function, one way or another.
func (m *message) leave(p phase) {
	*m = message{phase: p, delivery: m.delivery}
}

// holds reports whether the function reads or writes as the holder.
func (m *message) holds() bool {
	return m.phase == running && lease.Load <= m.op && m.op <= lease.Authorize
}
