package lease_test

import (
	"math/bits"

	"github.com/sgkeeper/sgkeeper/pkg/lease"
)

// The model's bounds. Everything of a world is a byte, so that a world is a
// small comparable value: a map key.
const (
	maxMessages = 4
	maxRequests = 4
)

// set is a set of requests or of rules, which are numbered from 0.
type set uint8

func only(i int) set           { return 1 << i }
func (s set) has(i int) bool   { return s&only(i) != 0 }
func (s set) holds(t set) bool { return t&^s == 0 }
func (s set) size() int        { return bits.OnesCount8(uint8(s)) }
func (s set) first() int       { return bits.TrailingZeros8(uint8(s)) }

// world is all there is: one group's items in the table, its rules in EC2, the
// messages and the functions that handle them, and the faults yet to come.
type world struct {
	own, exp      name  // HEAD: the owner, and whose expiry is written
	want, applied uint8 // HEAD: tickets
	cond, gone    set   // HEAD: rules condemned, rules just revoked

	table, refused set                // requests in the table; those marked refused
	order          [maxRequests]uint8 // requests as received, from 1; kept if the quota is tight
	told           set                // requests that somebody was told are served

	group, before set // the group's rules now, and one write ago
	quota         uint8

	left   faults
	flying name // whose ring is still on its way, though it has left
	early  bool // a lease was taken for expired while its holder ran
	msgs   [maxMessages]message
}

// open returns those of s that are in the table and not refused.
func (w *world) open(s set) set { return s & w.table &^ w.refused }

// head is HEAD as DynamoDB returns it.
func (w *world) head(expires lease.Instant) lease.Head {
	return lease.Head{
		Owner:     w.own.owner(),
		Expires:   expires,
		Want:      lease.Ticket(w.want),
		Applied:   lease.Ticket(w.applied),
		Unsettled: w.cond|w.gone != 0,
	}
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
func (w *world) write(rules set) {
	w.before, w.group = w.group, rules
}

// quiet reports whether nothing will happen any more.
func (w *world) quiet() bool {
	for i := range w.msgs {
		if p := w.msgs[i].phase; p != none && p != acked {
			return false
		}
	}
	return true
}
