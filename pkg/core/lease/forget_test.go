package lease_test

import (
	"math/bits"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// forget removes differences that no longer matter, so that equivalent worlds are one. Only
// the order of tickets matters. Of deliveries, only whether two are the same.
func (md *model) forget(w *world) {
	if md.whole {
		return
	}
	if w.left.stale == 0 {
		w.before = w.group
	}
	w.forgetLast()
	w.rankTickets(md.messages())
	for i := range md.messages() {
		m := &w.msgs[i]
		if m.phase != running && !w.mentions(m.name(i)) {
			m.delivery = 0
		}
	}
}

// forgetLast clears the last releaser if its function has left.
func (w *world) forgetLast() {
	if w.last == 0 {
		return
	}
	i := w.last.message()
	if m := &w.msgs[i]; m.phase != running || m.name(i) != w.last || m.op != lease.Release {
		w.last = 0
	}
}

// rankTickets renumbers the tickets in their order.
func (w *world) rankTickets(messages int) {
	var known uint64
	w.eachTicket(messages, func(t *uint8) { known |= 1 << *t })
	known &^= 1 // 0 stays 0
	w.eachTicket(messages, func(t *uint8) { *t = uint8(bits.OnesCount64(known & (2<<*t - 1))) })
}

func (w *world) eachTicket(messages int, f func(*uint8)) {
	f(&w.want)
	f(&w.applied)
	for i := range messages {
		f(&w.msgs[i].ticket)
		f(&w.msgs[i].seen)
		f(&w.msgs[i].memo.want)
	}
}

// mentions reports whether any part of the world names the delivery.
func (w *world) mentions(n name) bool {
	if n.sameDelivery(w.own) || n.sameDelivery(w.exp) || n.sameDelivery(w.last) || n.sameDelivery(w.flying) {
		return true
	}
	for i := range w.msgs {
		if n.sameDelivery(w.msgs[i].found) || n.sameDelivery(w.msgs[i].memo.own) {
			return true
		}
	}
	return false
}

// unused returns the number of a delivery of message i that no part of the world names.
func (w *world) unused(i int) int {
	for d := range maxDeliveries {
		if !w.mentions(name(i+1)<<5 | name(d)<<3) {
			return d
		}
	}
	panic("the model has no name for another delivery")
}
