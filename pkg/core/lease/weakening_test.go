package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/core/lease"

// weakening removes one precaution from the protocol, in the world or in the replies that a
// pass sees. It never changes production code.
type weakening struct {
	name   string
	on     model
	weaken func(*model)
}

// listed are the weakenings that the protocol's design names.
var listed = []weakening{
	{"release without the `want` check", plainPair, on(lease.Release, releaseAnyway)},
	{"ring before claim", plainPair, ringFirst},
	{"`seen` read after the claims were loaded", plainPair, on(lease.Load, loadThenSee)},
	{"revoke by properties", anew, on(lease.Revoke, revokeProperties)},
	{"a successor ignores `cond`", anew, ignoreCond},
	{"revoke without pending first", anew, on(lease.Pend, pendNothing)},
	{"the fast path skips HEAD", pair, peekAs(func(lease.Head) lease.Head { return lease.Head{} })},
	{"no new ring when fenced", endAlone, stepped(leaveFenced)},
	{"an open whose launch has ended takes the fast path", endAlone, on(lease.Claim, claimOfEnded)},
	{"a sweeper that is not redelivered after its own crash", expiring, func(md *model) { md.died = neverAgain }},
	{"an open that ignores a tombstone", endFirst, on(lease.Claim, claimAnyway)},
	{"expiry read from a clock in the fold", byTheClock, on(lease.Load, loadByClock)},
	{"`gone` ignored", anew, knownAs(func(m *message, described ids) ids { return (described | m.made) &^ m.cond })},
	{"`made` ignored", narrowAfterWide, knownAs(func(m *message,
		described ids) ids {
		return described &^ m.gone &^ m.cond
	})},
	{"publish after release", pair, swapPublish},
	{"refusal of the group instead of the request", badRequest, on(lease.Authorize, refuseAll)},
	{"an end without END", endFirst, on(lease.Claim, endWithoutEnd)},
	{"a replaced extra revoked before its replacement was seen", wideEnds,
		settledAs(func(*world, *message, ids) ids { return ^ids(0) })},
}

func on(op lease.Op, weak effect) func(*model) {
	return func(md *model) { md.effects[op] = weak }
}

func announced(op lease.Op, change func(w *world, i int, r *lease.Reply)) func(*model) {
	return func(md *model) {
		strong := md.effects[op]
		md.effects[op] = func(md *model, w *world, i int, how how) (lease.Reply, bool) {
			r, answered := strong(md, w, i, how)
			change(w, i, &r)
			return r, answered
		}
	}
}

// peekAs changes the head that the fast path sees.
func peekAs(change func(lease.Head) lease.Head) func(*model) {
	return announced(lease.Peek, func(_ *world, _ int, r *lease.Reply) { r.Head = change(r.Head) })
}

func stepped(step func(lease.State, lease.Reply) lease.State) func(*model) {
	return func(md *model) { md.step = step }
}

func releaseAnyway(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	m := &w.msgs[i]
	failed := w.own != m.name(i)
	if !failed {
		w.own, w.exp, w.applied = 0, 0, m.seen
	}
	return lease.Reply{Failed: failed, Head: w.head(0)}, true
}

// ringFirst rings, keeps the reply, claims, and only then uses the reply.
func ringFirst(md *model) {
	md.effects[lease.Claim] = func(md *model, w *world, i int, how how) (lease.Reply, bool) {
		m := &w.msgs[i]
		if !m.memo.set {
			ring(md, w, i, how)
			m.memo = memo{own: w.own, want: w.want, set: true}
			return lease.Reply{}, false
		}
		return claim(md, w, i, how)
	}
	md.effects[lease.Ring] = func(_ *model, w *world, i int, how how) (lease.Reply, bool) {
		m := &w.msgs[i]
		h := w.head(m.late.expires(how.over()))
		h.Owner, h.Want = m.memo.own.owner(), lease.Ticket(m.memo.want)
		return lease.Reply{Head: h}, true
	}
}

// loadThenSee loads, then reads in a second call which tickets the round serves.
func loadThenSee(md *model, w *world, i int, how how) (lease.Reply, bool) {
	m := &w.msgs[i]
	if !m.memo.set {
		r, _ := load(md, w, i, how)
		m.memo.set = !r.Failed
		return r, r.Failed
	}
	m.memo.set = false
	m.seen = w.want
	return lease.Reply{}, true
}

// revokeProperties removes each rule with the properties of a rule whose revoke is pending.
func revokeProperties(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	m := &w.msgs[i]
	w.write(w.group &^ allLives[m.revoke.rules()])
	m.gone |= m.revoke
	m.revoke = 0
	return lease.Reply{Plan: m.plan()}, true
}

func ignoreCond(md *model) {
	md.ignoresCond = true
	forget := func(w *world, i int, _ *lease.Reply) { w.msgs[i].cond = 0 }
	announced(lease.Ring, forget)(md)
	announced(lease.TakeOver, forget)(md)
}

func pendNothing(md *model, w *world, i int, _ how) (lease.Reply, bool) {
	if !md.holds(w, i) {
		return w.fenced()
	}
	return lease.Reply{}, true
}

// leaveFenced counts the successor's round as its own.
func leaveFenced(s lease.State, r lease.Reply) lease.State {
	next := lease.Step(s, r)
	if r.Failed && s.Op >= lease.Load && next.Owner != s.Owner {
		next.Owner, next.Op, next.Result = s.Owner, lease.Done, lease.Served
	}
	return next
}

func claimOfEnded(md *model, w *world, i int, how how) (lease.Reply, bool) {
	r, answered := claim(md, w, i, how)
	if m := &w.msgs[i]; answered && m.over != 0 && r.Claimed == lease.NoneOpen {
		m.loaded, r.Claimed = m.over, lease.AllRepeated
	}
	return r, answered
}

func neverAgain(md *model, i int) phase {
	if md.sweeps(i) {
		return acked
	}
	return redelivered(md, i)
}

func claimAnyway(md *model, w *world, i int, how how) (lease.Reply, bool) {
	if md.batch(i) == 0 {
		return claim(md, w, i, how)
	}
	m := &w.msgs[i]
	r := (md.batch(i) &^ m.written).first()
	m.put(md, w, r)
	return m.hasWritten(md, i, r)
}

func loadByClock(md *model, w *world, i int, how how) (lease.Reply, bool) {
	r, answered := load(md, w, i, how)
	w.msgs[i].loaded &^= w.past
	return r, answered
}

func refuseAll(md *model, w *world, i int, how how) (lease.Reply, bool) {
	r, answered := authorize(md, w, i, how)
	if m := &w.msgs[i]; m.refuse != 0 {
		m.refuse = m.loaded
	}
	return r, answered
}

func endWithoutEnd(md *model, w *world, i int, how how) (lease.Reply, bool) {
	ended := w.ended
	r, answered := claim(md, w, i, how)
	w.ended = ended
	return r, answered
}

// knownAs changes the rules that a round knows.
func knownAs(known func(*message, ids) ids) func(*model) {
	return func(md *model) { md.known = known }
}

// settledAs changes the rules that count as in effect.
func settledAs(settled func(*world, *message, ids) ids) func(*model) {
	return func(md *model) { md.settled = settled }
}

// swapPublish releases before it publishes, and publishes before it has the reply to the
// release.
func swapPublish(md *model) {
	md.effects[lease.Publish] = func(md *model, w *world, i int, how how) (lease.Reply, bool) {
		release(md, w, i, how)
		return lease.Reply{}, true
	}
	md.effects[lease.Release] = func(md *model, w *world, i int, how how) (lease.Reply, bool) {
		publish(md, w, i, how)
		return release(md, w, i, how)
	}
}
