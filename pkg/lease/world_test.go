package lease_test

import (
	"math/bits"

	"github.com/sgkeeper/sgkeeper/pkg/lease"
)

// The model's bounds. Everything of a world is a byte or two, so that a world
// is a small comparable value.
const (
	maxMessages = 5
	maxRequests = 4
)

// set is a set of requests, of launches or of rules, which are numbered from 0.
type set uint8

func only(i int) set           { return 1 << i }
func (s set) has(i int) bool   { return s&only(i) != 0 }
func (s set) holds(t set) bool { return t&^s == 0 }
func (s set) size() int        { return bits.OnesCount8(uint8(s)) }
func (s set) first() int       { return bits.TrailingZeros8(uint8(s)) }

// world is all there is: one group's items in the table, its rules in EC2, the
// messages and the functions that handle them, and the faults yet to come.
type world struct {
	own, exp         name  // HEAD: the owner, and whose expiry is written
	last             name  // HEAD: who released last
	want, applied    uint8 // HEAD: tickets
	cond, made, gone ids   // HEAD: rules condemned, made lately, revoked lately
	served           set   // HEAD: requests that a round has served
	due              due   // HEAD: when the sweeper is to come
	expiry           set   // HEAD: requests whose expiry due stands for

	table, refused, expired set                // requests in the table; those so marked
	ended, marked           set                // launches with END; with E in the group's partition
	order                   [maxRequests]uint8 // requests as received, from 1; kept if the quota is tight

	past   set // requests whose time has passed
	recent set // requests that ended or expired in the last 5 minutes
	told   set // requests that somebody was told are served

	group, before ids // the group's rules now, and one write ago
	young         ids // rules made in the last 30 s: they may not be in effect yet
	quota         uint8

	left   faults
	flying name // whose ring is still on its way, though it has left
	flight ids  // revokes on their way
	grant  set  // rules whose authorization is on its way
	early  bool // a lease was taken for expired while its holder ran
	look   look // the sweeper comes without need
	msgs   [maxMessages]message
}

// inFlight reports whether a call has yet to arrive, with nobody to wait for it.
func (w *world) inFlight() bool { return w.flying != 0 || w.flight != 0 || w.grant != 0 }

// look is what has become of the sweeper's look once an hour.
type look uint8

const (
	toCome look = iota
	looking
	looked
)

// open returns those of s that are in the table and neither refused nor expired.
func (w *world) open(s set) set { return s & w.table &^ w.refused &^ w.expired }

// head is HEAD as DynamoDB returns it.
func (w *world) head(expires lease.Instant) lease.Head {
	return lease.Head{
		Owner:     w.own.owner(),
		Expires:   expires,
		Want:      lease.Ticket(w.want),
		Applied:   lease.Ticket(w.applied),
		Last:      w.last.owner(),
		Unsettled: w.cond|w.gone != 0,
	}
}

// holds reports whether own = :me AND applied < :seen.
func holds(w *world, i int) bool {
	m := &w.msgs[i]
	return w.own == m.name(i) && w.applied < m.seen
}

// receive notes the order in which requests came, where it can matter.
func (w *world) receive(request int) {
	for i, r := range w.order {
		if r == 0 {
			w.order[i] = uint8(request) + 1
			return
		}
	}
}

// write makes rules the group's rules. A describe may lag by one write.
func (w *world) write(rules ids) {
	if rules != w.group {
		w.before, w.group = w.group, rules
	}
}

// idle reports whether no message is at work or waits.
func (w *world) idle() bool {
	for i := range w.msgs {
		if p := w.msgs[i].phase; p == running || p == waiting {
			return false
		}
	}
	return true
}
