package lease_test

import (
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// phase is the state of a message.
type phase uint8

const (
	none    phase = iota // the message does not exist
	waiting              // in the queue, not visible yet
	running              // a function handles it
	acked                // deleted from the queue
	asleep               // the sweeper, until it is due
)

// message is one message and, while it runs, the function that handles it: its lease.State in
// bytes, and the function's other memory.
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

	written, fresh set // requests that Claim has tried; those that it wrote
	over           set // requests that Claim found to belong to an ended launch

	// The round: its findings and its plan.
	loaded           set  // live requests that Claim or Load found
	served           set  // from HEAD, and from our rounds
	cond, made, gone ids  // from HEAD, and the changes of our rounds
	refuse           set  // requests to refuse
	waiting          set  // served requests that must wait for room
	missing          set  // rules to authorize
	revoke           ids  // rules to record and revoke
	later            bool // extra rules exist that cannot be revoked yet
	unsure           bool // the describe may hide extra rules

	memo memo
}

// memo is the extra memory of a weakened function, else zero.
type memo struct {
	own  name
	want uint8
	set  bool
}

// deadline is the deadline of every function. Only the remaining time matters.
const deadline lease.Instant = 1_000_000

// lateness says how little time a function has left.
type lateness uint8

const (
	inTime  lateness = iota // there is time for everything
	noRing                  // too late to ring
	noRound                 // too late for a round
)

func (l lateness) now() lease.Instant {
	return deadline - [...]lease.Instant{60_000, lease.MinRing - 1, lease.MinRound - 1}[l]
}

// expires returns the head's expiry: the last at which the lease must be left alone, or if
// over, the first at which it may be taken over.
func (l lateness) expires(over bool) lease.Instant {
	if over {
		return l.now() - lease.Slack - 1
	}
	return l.now() - lease.Slack
}

func (m *message) name(i int) name {
	return name(i+1)<<5 | name(m.delivery)<<3 | name(m.entry)
}

// state unpacks the pass of message i.
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

// take packs the pass of message i, and clears the fields that it no longer needs.
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

// leaveRound clears the round, except for its changes.
func (m *message) leaveRound() {
	m.loaded, m.cond = 0, 0
	m.refuse, m.waiting, m.missing, m.revoke, m.later = 0, 0, 0, 0, false
}

// deliver starts the pass of message i.
func (m *message) deliver(i, delivery int) {
	m.phase, m.late, m.delivery = running, inTime, uint8(delivery)
	m.take(i, lease.Start(nonces[i][delivery], deadline))
}

func (m *message) leave(p phase) {
	*m = message{phase: p, delivery: m.delivery}
}

// holds reports whether the function reads or writes as the holder.
func (m *message) holds() bool {
	return m.phase == running && lease.Load <= m.op && m.op <= lease.Authorize
}
