package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/core/lease"

// outside appends the worlds that follow without an effect of any function.
func (md *model) outside(w *world, to []successor) []successor {
	for _, h := range [...]how{quotaUp, lands, settles, ages} {
		if md.mayHappen(w, h) {
			to = md.comes(w, 0, h, to)
		}
	}
	for r := range md.asks {
		if (md.expires & w.table &^ w.past).has(r) {
			to = md.comes(w, r, passes, to)
		}
	}
	return to
}

func (md *model) mayHappen(w *world, h how) bool {
	switch h {
	case quotaUp:
		return md.raise && w.quota == md.quota && (!w.early || md.raiseLate)
	case lands:
		return w.inFlight()
	case settles:
		return w.young != 0
	case ages:
		return md.ages && w.made|w.gone != 0 && w.idle() && !w.inFlight()
	}
	return false
}

// comes appends the world after h.
func (md *model) comes(w *world, who int, h how, to []successor) []successor {
	to = append(to, successor{event: event{uint8(who), h}, world: *w})
	s := &to[len(to)-1]
	switch h {
	case quotaUp:
		s.world.quota++
	case lands:
		s.world.land(md)
	case settles:
		s.world.young = 0
	case passes:
		s.world.past |= only(who)
	case ages: // no function runs for so long
		s.world.made, s.world.gone, s.world.young = 0, 0, 0
		s.world.before = s.world.group
	}
	md.after(s, w)
	return to
}

// sends reports whether the effect is a call that may arrive late.
func (m *message) sends() bool {
	return m.op == lease.Ring || m.op == lease.Revoke || m.op == lease.Authorize
}

// send puts the call of message i in flight: it arrives after the function stops waiting for
// it.
func (w *world) send(i int) {
	m := &w.msgs[i]
	switch m.op {
	case lease.Ring:
		w.flying = m.name(i)
	case lease.Revoke:
		w.flight = m.revoke
	case lease.Authorize:
		w.grant = m.missing
	}
}

func (w *world) land(md *model) {
	if w.flying != 0 {
		w.want++
		w.setDue(md, dueNow, 0)
		w.sweepAgain(md, w.flying.message())
		if w.own == 0 {
			w.own, w.exp = w.flying, w.flying
		}
	}
	if w.group.holds(w.flight) {
		w.write(w.group &^ w.flight)
	}
	if duplicate, full := w.conflicts(w.grant); !duplicate && !full {
		w.make(md, w.grant)
	}
	w.flying, w.flight, w.grant = 0, 0, 0
}
