package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/lease"

// effect does to the world what message i's walk asks for, under exactly
// DynamoDB's and EC2's conditions, and answers. It fills in everything but the
// time, and reports false if the effect takes another call.
type effect func(md *model, w *world, i int, how how) (lease.Reply, bool)

// effects are the protocol's.
var effects = [lease.Done]effect{
	lease.Claim:     claim,
	lease.Peek:      peek,
	lease.Check:     check,
	lease.Ring:      ring,
	lease.TakeOver:  takeOver,
	lease.Load:      load,
	lease.Describe:  describe,
	lease.Refuse:    refuse,
	lease.Condemn:   condemn,
	lease.Revoke:    revoke,
	lease.Authorize: authorize,
	lease.Publish:   publish,
	lease.Release:   release,
	lease.Yield:     yield,
}

// peek reads HEAD. The fast path believes in what was made lately, as a round
// does. It is for those whom a round has served: their expiry is known.
func peek(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	m := &w.msgs[i]
	m.made = w.made
	h := w.head(0)
	h.Unsettled = h.Unsettled || !w.served.holds(m.loaded)
	return lease.Reply{Head: h}, true
}

// check describes, for the requests that were found to be repeated. Every rule
// counts as cover.
func check(md *model, w *world, i int, how how) (lease.Reply, bool) {
	m := &w.msgs[i]
	missing := !md.cover(w.described(how) | m.made).holds(md.rules(m.loaded))
	return lease.Reply{Plan: lease.Plan{Authorize: missing}}, true
}

// ring: SET own = if_not_exists(own, :me), exp = if_not_exists(exp, :exp),
// due = 0 ADD want :1, ALL_NEW.
func ring(md *model, w *world, i int, how how) (lease.Reply, bool) {
	m := &w.msgs[i]
	m.unsure = m.unsure || w.want != w.applied
	w.want++
	if w.own == 0 {
		w.own = m.name(i)
	}
	if w.exp == 0 {
		w.exp = m.name(i)
	}
	w.setDue(md, dueNow, 0)
	w.lookAgain(md, i)
	m.remember(w)
	return lease.Reply{Head: w.head(m.late.expires(how.over()))}, true
}

// remember keeps what a round needs of the head that a reply brought, besides
// what it did in rounds before.
func (m *message) remember(w *world) {
	if m.seen == 0 {
		m.made, m.gone = 0, 0
	}
	m.cond, m.made, m.gone, m.served = w.cond, m.made|w.made, m.gone|w.gone, m.served|w.served
}

// takeOver: SET own = :me, exp = :exp if own = :seen AND exp = :seenExp. A
// name has one expiry, so one comparison does for both.
func takeOver(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	m := &w.msgs[i]
	failed := w.own != m.found
	if !failed {
		w.own, w.exp = m.name(i), m.name(i)
	}
	m.remember(w)
	return lease.Reply{Failed: failed, Head: w.head(0)}, true
}

// release: REMOVE own, exp, cond SET applied = :seen, last = :me, made, gone, served, due
// if own = :me AND applied < :seen AND want = :seen. Whoever goes on for another round remembers
// what the head does not know yet.
func release(md *model, w *world, i int, _ how) (lease.Reply, bool) {
	m := &w.msgs[i]
	served := m.served | m.loaded&^m.waiting
	failed := !md.holds(w, i) || w.want != m.seen
	if failed {
		m.served = served
		m.remember(w)
		return lease.Reply{Failed: true, Head: w.head(0)}, true
	}
	w.own, w.exp, w.cond, w.applied, w.last = 0, 0, 0, m.seen, m.name(i)
	w.made, w.gone, w.served = m.made, m.gone, served
	w.setDue(md, dueAfter(m), m.loaded&md.expires)
	return lease.Reply{Head: w.head(0)}, true
}

// yield: REMOVE own, exp if own = :me.
func yield(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	if w.own == w.msgs[i].name(i) {
		w.own, w.exp = 0, 0
	}
	return lease.Reply{}, true
}

// fenced is the answer to a write whose condition was own = :me.
func (w *world) fenced() (lease.Reply, bool) {
	return lease.Reply{Failed: true, Head: w.head(0)}, true
}
