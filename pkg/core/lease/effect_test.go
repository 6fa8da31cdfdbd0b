package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/core/lease"

// effect performs the next effect of message i's pass in the world, under exactly DynamoDB's
// and EC2's conditions. It returns the reply without its time, and false if the effect needs
// another call.
type effect func(md *model, w *world, i int, how how) (lease.Reply, bool)

var effects = [lease.Done]effect{
	lease.Claim:     claim,
	lease.Peek:      peek,
	lease.Check:     check,
	lease.Ring:      ring,
	lease.TakeOver:  takeOver,
	lease.Load:      load,
	lease.Describe:  describe,
	lease.Refuse:    refuse,
	lease.Pend:      record,
	lease.Revoke:    revoke,
	lease.Authorize: authorize,
	lease.Publish:   publish,
	lease.Release:   release,
	lease.Yield:     yield,
}

// peek reads HEAD. Like a round, the fast path counts on recently made rules. It is only for
// requests that a round has served, because their expiry is recorded.
func peek(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	m := &w.msgs[i]
	m.made = w.made
	h := w.head(0)
	h.NeedsRound = h.NeedsRound || !w.served.holds(m.loaded)
	return lease.Reply{Head: h}, true
}

// check describes the group for repeated requests. Every rule counts as cover.
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
	w.sweepAgain(md, i)
	m.remember(w)
	return lease.Reply{Head: w.head(m.late.expires(how.over()))}, true
}

// remember copies the parts of the head that a round needs, and keeps the results of earlier
// rounds.
func (m *message) remember(w *world) {
	if m.seen == 0 {
		m.made, m.gone = 0, 0
	}
	m.cond, m.made, m.gone, m.served = w.cond, m.made|w.made, m.gone|w.gone, m.served|w.served
}

// takeOver: SET own = :me, exp = :exp if own = :seen AND exp = :seenExp. A name has one
// expiry, so one comparison tests both.
func takeOver(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	m := &w.msgs[i]
	failed := w.own != m.found
	if !failed {
		w.own, w.exp = m.name(i), m.name(i)
	}
	m.remember(w)
	return lease.Reply{Failed: failed, Head: w.head(0)}, true
}

// release: REMOVE own, exp, cond SET applied = :seen, last = :me, made, gone, served, due if
// own = :me AND applied < :seen AND want = :seen. A function that starts another round
// remembers the changes that the head does not have yet.
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

// fenced returns the reply to a write that failed the condition own = :me.
func (w *world) fenced() (lease.Reply, bool) {
	return lease.Reply{Failed: true, Head: w.head(0)}, true
}
