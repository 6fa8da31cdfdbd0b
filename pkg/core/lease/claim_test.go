package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/core/lease"

// claim writes the requests or the end of message i.
func claim(md *model, w *world, i int, how how) (lease.Reply, bool) {
	switch {
	case md.sweeps(i):
		return claimSweep(md, w)
	case i >= len(md.batches):
		return claimEnd(md, w, i)
	}
	return claimOpen(md, w, i, how)
}

// claimOpen writes one request per call, if the request is absent and its launch has no END.
func claimOpen(md *model, w *world, i int, _ how) (lease.Reply, bool) {
	m := &w.msgs[i]
	r := (md.batches[i] &^ m.written).first()
	if w.ended.has(md.launch(r)) {
		m.over |= only(r)
	} else {
		m.put(md, w, r)
	}
	return m.hasWritten(md, i, r)
}

func (m *message) put(md *model, w *world, r int) {
	if !w.table.has(r) {
		w.table |= only(r)
		m.fresh |= only(r)
		if md.tight {
			w.receive(r)
		}
	}
	m.loaded |= w.open(only(r))
}

func (m *message) hasWritten(md *model, i, r int) (lease.Reply, bool) {
	m.written |= only(r)
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

// claimEnd writes END, and E into the group's partition. If the message names the group, both
// are one call. Otherwise a second call finds the launch's groups. An end that comes again
// rings again, because the function of its first delivery may have died before its ring.
func claimEnd(md *model, w *world, i int) (lease.Reply, bool) {
	m, end := &w.msgs[i], md.ends[i-len(md.batches)]
	launch := only(end.launch)
	if !end.group && m.written == 0 {
		w.ended |= launch
		m.written = 1
		return lease.Reply{}, false
	}
	if !end.group && w.table&md.of(launch) == 0 {
		return lease.Reply{Claimed: lease.NoneOpen}, true
	}
	w.recent |= w.table & md.of(launch&^w.marked)
	w.ended |= launch
	w.marked |= launch
	return lease.Reply{Claimed: lease.SomeNew}, true
}

// claimSweep expires requests: st = X if st = O and the request's time has passed.
func claimSweep(_ *model, w *world) (lease.Reply, bool) {
	over := w.past & w.open(w.table)
	w.expired |= over
	w.recent |= over
	return lease.Reply{Claimed: lease.SomeNew}, true
}

// load reads the live requests, except those of a launch with E, and then whether message i's
// function holds the lease.
func load(md *model, w *world, i int, _ how) (lease.Reply, bool) {
	if !md.holds(w, i) {
		return w.fenced()
	}
	m := &w.msgs[i]
	m.loaded = w.open(w.table) &^ md.of(w.marked)
	m.unsure = m.unsure || w.recent != 0
	return lease.Reply{}, true
}
