package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/lease"

// effect does to the world what message i's walk asks for, under exactly
// DynamoDB's and EC2's conditions, and answers. It fills in everything but the
// time, and reports false if the effect takes another call.
type effect func(md *model, w *world, i int, how how) (lease.Reply, bool)

// effects are the protocol's. A later slice adds an effect here, and what it
// needs to know to world and message.
var effects = [lease.Done]effect{
	lease.Claim:     claim,
	lease.Peek:      peek,
	lease.Check:     check,
	lease.Ring:      ring,
	lease.TakeOver:  takeOver,
	lease.Load:      load,
	lease.Describe:  describe,
	lease.Refuse:    refuse,
	lease.Authorize: authorize,
	lease.Publish:   publish,
	lease.Release:   release,
	lease.Yield:     yield,
}

// claim puts one request after another, each if it is absent.
func claim(md *model, w *world, i int, _ how) (lease.Reply, bool) {
	m := &w.msgs[i]
	r := (md.batches[i] &^ m.written).first()
	if !w.table.has(r) {
		w.table |= only(r)
		m.fresh |= only(r)
		if md.tight {
			w.receive(r)
		}
	}
	m.written |= only(r)
	m.loaded |= w.open(only(r))
	switch {
	case m.written != md.batches[i]:
		return lease.Reply{}, false
	case m.fresh != 0:
		return lease.Reply{Claimed: lease.SomeNew}, true
	case m.loaded != 0:
		return lease.Reply{Claimed: lease.AllRepeated}, true
	}
	return lease.Reply{Claimed: lease.NoneOpen}, true
}

func peek(_ *model, w *world, _ int, _ how) (lease.Reply, bool) {
	return lease.Reply{Head: w.head(0)}, true
}

// check describes, for the requests that were found to be repeated.
func check(md *model, w *world, i int, how how) (lease.Reply, bool) {
	missing := !w.described(how).holds(md.rules(w.msgs[i].loaded))
	return lease.Reply{Plan: lease.Plan{Authorize: missing}}, true
}

// ring: SET own = if_not_exists(own, :me), exp = if_not_exists(exp, :exp)
// ADD want :1, ALL_NEW.
func ring(_ *model, w *world, i int, how how) (lease.Reply, bool) {
	m := &w.msgs[i]
	w.want++
	if w.own == 0 {
		w.own = m.name(i)
	}
	if w.exp == 0 {
		w.exp = m.name(i)
	}
	return lease.Reply{Head: w.head(m.late.expires(how.over()))}, true
}

// takeOver: SET own = :me, exp = :exp if own = :seen AND exp = :seenExp. A
// name has one expiry, so one comparison does for both.
func takeOver(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	m := &w.msgs[i]
	failed := w.own != m.found
	if !failed {
		w.own, w.exp = m.name(i), m.name(i)
	}
	return lease.Reply{Failed: failed, Head: w.head(0)}, true
}

func load(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	w.msgs[i].loaded = w.open(w.table)
	return lease.Reply{}, true
}

// describe reads the group as described without gone, and plans.
func describe(md *model, w *world, i int, how how) (lease.Reply, bool) {
	m := &w.msgs[i]
	md.plan(w, m, w.described(how)&^w.gone)
	return lease.Reply{Plan: m.plan()}, true
}

// refuse marks requests, if own = :me.
func refuse(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	m := &w.msgs[i]
	if w.own != m.name(i) {
		return lease.Reply{Failed: true, Head: w.head(0)}, true
	}
	return markRefused(w, m), true
}

func markRefused(w *world, m *message) lease.Reply {
	w.refused |= m.refuse
	m.loaded &^= m.refuse
	m.refuse = 0
	return lease.Reply{Plan: m.plan()}
}

// authorize writes the batch. If it holds a rule that is there EC2 answers
// Duplicate, having written nothing or the others; both are possible.
func authorize(_ *model, w *world, i int, how how) (lease.Reply, bool) {
	m := &w.msgs[i]
	duplicate := w.group&m.missing != 0
	full := (w.group | m.missing).size() > int(w.quota)
	if !full && (!duplicate || how.inPart()) {
		w.write(w.group | m.missing)
		w.gone &^= m.missing
	}
	return lease.Reply{Plan: lease.Plan{Again: duplicate || full}}, true
}

func publish(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	w.told |= w.msgs[i].loaded
	return lease.Reply{}, true
}

// release: REMOVE own, exp, cond SET applied = :seen if own = :me AND want = :seen.
func release(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	m := &w.msgs[i]
	failed := w.own != m.name(i) || w.want != m.seen
	if !failed {
		w.own, w.exp, w.cond, w.applied = 0, 0, 0, m.seen
	}
	return lease.Reply{Failed: failed, Head: w.head(0)}, true
}

// yield: REMOVE own, exp if own = :me.
func yield(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	if w.own == w.msgs[i].name(i) {
		w.own, w.exp = 0, 0
	}
	return lease.Reply{}, true
}
