package lease_test

import (
	"math/bits"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// The model's bounds. Each field of a world is a byte or two, so a world is a small comparable
// value.
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

// world is the complete state: one group's items in the table, its rules in EC2, the messages
// with the functions that handle them, and the remaining faults.
type world struct {
	own, exp         name  // HEAD: the owner, and the owner that wrote the expiry
	last             name  // HEAD: the owner that released last
	want, applied    uint8 // HEAD: tickets
	cond, made, gone ids   // HEAD: pending revokes, recently made rules, recently revoked rules
	served           set   // HEAD: requests that a round has served
	due              due   // HEAD: when the sweeper comes
	expiry           set   // HEAD: requests with an expiry that due accounts for

	table, refused, expired set                // requests in the table; those so marked
	ended, marked           set                // launches with END; launches with E in the group's partition
	order                   [maxRequests]uint8 // requests as received, from 1; kept if the quota is tight

	past      set // requests past their expiry
	recent    set // requests that ended or expired in the last 5 minutes
	announced set // requests that were announced as served

	group, before ids // the group's rules now, and one write ago
	young         ids // rules made in the last 30 s: they may not be in effect yet
	quota         uint8

	left   faults
	flying name      // the owner of a ring in flight after its function left
	flight ids       // revokes in flight
	grant  set       // rules with an authorization in flight
	early  bool      // a lease was taken for expired while its holder ran
	hour   hourState // the sweeper comes without need
	msgs   [maxMessages]message
}

// inFlight reports whether a call has yet to arrive, and no function waits for it.
func (w *world) inFlight() bool { return w.flying != 0 || w.flight != 0 || w.grant != 0 }

// hourState is the state of the sweeper's hourly sweep.
type hourState uint8

const (
	hourToCome hourState = iota
	hourRuns
	hourDone
)

// open returns those of s that are in the table and neither refused nor expired.
func (w *world) open(s set) set { return s & w.table &^ w.refused &^ w.expired }

// head returns HEAD as DynamoDB returns it.
func (w *world) head(expires lease.Instant) lease.Head {
	return lease.Head{
		Owner:      w.own.owner(),
		Expires:    expires,
		Want:       lease.Ticket(w.want),
		Applied:    lease.Ticket(w.applied),
		Last:       w.last.owner(),
		NeedsRound: w.cond|w.gone != 0,
	}
}

// holds reports whether own = :me AND applied < :seen.
func holds(w *world, i int) bool {
	m := &w.msgs[i]
	return w.own == m.name(i) && w.applied < m.seen
}

// receive records the order of requests, if it can matter.
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

// idle reports whether no message runs or waits.
func (w *world) idle() bool {
	for i := range w.msgs {
		if p := w.msgs[i].phase; p == running || p == waiting {
			return false
		}
	}
	return true
}
