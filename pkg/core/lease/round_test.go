package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/core/lease"

func describe(md *model, w *world, i int, how how) (lease.Reply, bool) {
	m := &w.msgs[i]
	md.plan(w, m, w.described(how))
	return lease.Reply{Plan: m.plan()}, true
}

// refuse marks live requests as refused, if the function holds the lease.
func refuse(md *model, w *world, i int, _ how) (lease.Reply, bool) {
	m := &w.msgs[i]
	if !md.holds(w, i) {
		return w.fenced()
	}
	return markRefused(w, m), true
}

func markRefused(w *world, m *message) lease.Reply {
	w.refused |= w.open(m.refuse)
	m.loaded &^= m.refuse
	m.refuse = 0
	return lease.Reply{Plan: m.plan()}
}

// record: ADD cond :ids if own = :me AND applied < :seen.
func record(md *model, w *world, i int, _ how) (lease.Reply, bool) {
	m := &w.msgs[i]
	if !md.holds(w, i) {
		return w.fenced()
	}
	w.cond |= m.revoke
	m.cond |= m.revoke
	return lease.Reply{}, true
}

// revoke removes rules by id, in one call. If EC2 answers NotFound, it removes each in its own
// call. Here NotFound proves that a rule is gone, which a describe does not.
func revoke(_ *model, w *world, i int, how how) (lease.Reply, bool) {
	m := &w.msgs[i]
	if how == throttled {
		return w.lookAgain(m)
	}
	if how.inPart() {
		w.write(w.group &^ (m.revoke & -m.revoke)) // the first of the rules
		return lease.Reply{}, true
	}
	w.write(w.group &^ m.revoke)
	m.gone |= m.revoke
	m.revoke = 0
	return lease.Reply{Plan: m.plan()}, true
}

// authorize writes the batch, and plans to refuse the rules that EC2 always rejects. If a rule
// of the batch exists, EC2 answers Duplicate. Then it has written either nothing or the other
// rules.
func authorize(md *model, w *world, i int, how how) (lease.Reply, bool) {
	m := &w.msgs[i]
	if how == throttled {
		return w.lookAgain(m)
	}
	good := m.missing &^ md.bad
	duplicate, full := w.conflicts(good)
	if !full && (!duplicate || how.inPart()) {
		made := w.make(md, good)
		if !duplicate {
			m.made |= made
		}
	}
	if duplicate || full {
		return lease.Reply{Plan: lease.Plan{Again: true}}, true
	}
	m.refuse |= md.asking(m.missing&md.bad) & m.loaded
	m.missing = 0
	return lease.Reply{Plan: m.plan()}, true
}

// conflicts returns the reasons why EC2 would not write rules.
func (w *world) conflicts(rules set) (duplicate, full bool) {
	there := w.group.rules()
	return there&rules != 0, (there | rules).size() > int(w.quota)
}

// make writes the rules that do not exist, and returns their ids.
func (w *world) make(md *model, rules set) ids {
	made := md.born(w, rules&^w.group.rules())
	w.write(w.group | made)
	if md.covers != nil {
		w.young |= made
	}
	return made
}

// asking returns the requests that desire one of the rules.
func (md *model) asking(rules set) (requests set) {
	for r, rule := range md.asks {
		if rules.has(rule) {
			requests |= only(r)
		}
	}
	return requests
}

// lookAgain reads the head after EC2 has throttled a call. It returns the reply to a write that
// the head refused, so that the round begins again.
func (w *world) lookAgain(m *message) (lease.Reply, bool) {
	m.remember(w)
	return lease.Reply{Failed: true, Head: w.head(0)}, true
}

func publish(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	w.announced |= w.msgs[i].loaded &^ w.msgs[i].waiting
	return lease.Reply{}, true
}
