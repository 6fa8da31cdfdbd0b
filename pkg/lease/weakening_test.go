package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/lease"

// weakening takes one precaution away from the protocol, in the world or in
// what the walk is told of it; never in production code.
type weakening struct {
	name   string
	on     model
	weaken func(*model)
}

var (
	plainPair   = model{asks: []int{0, 1}, batches: []set{1, 2}, allow: calm}
	pair        = model{asks: []int{0, 1}, batches: []set{1, 2}, allow: one}
	trio        = model{asks: []int{0, 0, 0}, batches: []set{1, 2, 4}, allow: two}
	trioLosses  = model{asks: []int{0, 0, 0}, batches: []set{1, 2, 4}, allow: faults{all: 3, lost: 3}}
	quota       = model{asks: []int{0, 1}, batches: []set{1, 2}, quota: 1, allow: two}
	quotaRising = model{asks: []int{0, 1}, batches: []set{1, 2}, quota: 1, raise: true, allow: one}
	batch       = model{asks: []int{0, 1}, batches: []set{1, 3}, allow: one}
)

var weakenings = []weakening{
	{"release without the want check", plainPair, on(lease.Release, releaseAnyway)},
	{"ring before claim", plainPair, ringFirst},
	{"seen read after the requests were loaded", plainPair, on(lease.Load, loadThenSee)},
	{"no new ring when fenced", quota, neverFenced},
	{"the fast path skips HEAD", pair, peekAs(func(lease.Head) lease.Head { return lease.Head{} })},
	{"the fast path overlooks waiting tickets", pair, peekAs(func(h lease.Head) lease.Head { h.Want = h.Applied; return h })},
	{"the fast path overlooks the holder", condemned(2, 1), peekAs(func(h lease.Head) lease.Head { return lease.Head{Unsettled: h.Unsettled && h.Owner == lease.Nobody} })},
	{"the fast path overlooks what has just gone", condemned(2, 1), peekAs(func(h lease.Head) lease.Head { h.Unsettled = false; return h })},
	{"an entry with nothing open leaves at once", quota, stepped(leaveWithNothing)},
	{"a message is deleted once it is refused, though its walk says retry", quota, func(md *model) { md.ack = deleteRefused }},
	{"take over without condition", trio, on(lease.TakeOver, takeAnyway)},
	{"take over leaves the old expiry", trio, on(lease.TakeOver, takeWithoutExpiry)},
	{"a lost take over is treated as not done", trio, told(lease.TakeOver, ownIsAnother)},
	{"a lost ring is treated as not done", pair, on(lease.Ring, ringOnce)},
	{"a lease given up is still thought held", trio, stepped(queueAnyway)},
	{"refuse without holding the lease", quotaRising, on(lease.Refuse, refuseAnyway)},
	{"yield by another than the owner", trioLosses, on(lease.Yield, yieldAnyway)},
	{"publish after release", pair, swapPublish},
	{"Duplicate is taken for success", batch, told(lease.Authorize, func(_ *world, _ int, r *lease.Reply) { r.Plan.Again = false })},
}

// on replaces an effect.
func on(op lease.Op, weak effect) func(*model) {
	return func(md *model) { md.effects[op] = weak }
}

// told changes an effect's reply.
func told(op lease.Op, change func(w *world, i int, r *lease.Reply)) func(*model) {
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
	return told(lease.Peek, func(_ *world, _ int, r *lease.Reply) { r.Head = change(r.Head) })
}

// stepped changes what a reply leads to.
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

// ringFirst rings, remembers the answer, claims, and only then hears it.
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

// loadThenSee loads, and in a second call reads which tickets that serves.
func loadThenSee(md *model, w *world, i int, how how) (lease.Reply, bool) {
	m := &w.msgs[i]
	if !m.memo.set {
		load(md, w, i, how)
		m.memo.set = true
		return lease.Reply{}, false
	}
	m.memo.set = false
	m.seen = w.want
	return lease.Reply{}, true
}

// neverFenced goes on where a write found another owner.
func neverFenced(md *model) {
	goOn := func(w *world, i int, r *lease.Reply) {
		if r.Failed && w.own != w.msgs[i].name(i) {
			w.msgs[i].refuse = 0
			*r = lease.Reply{Plan: w.msgs[i].plan()}
		}
	}
	told(lease.Refuse, goOn)(md)
	told(lease.Release, func(w *world, i int, r *lease.Reply) { goOn(w, i, r); r.Plan = lease.Plan{} })(md)
}

func leaveWithNothing(s lease.State, r lease.Reply) lease.State {
	next := lease.Step(s, r)
	if s.Op == lease.Claim && !r.Lost && r.Claimed == lease.NoneOpen {
		next.Op, next.Result = lease.Done, lease.Nothing
	}
	return next
}

func deleteRefused(md *model, w *world, i int) phase {
	if w.open(md.batches[i]) == 0 {
		return acked
	}
	return acknowledge(md, w, i)
}

func takeAnyway(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	w.own, w.exp = w.msgs[i].name(i), w.msgs[i].name(i)
	return lease.Reply{Head: w.head(0)}, true
}

func takeWithoutExpiry(md *model, w *world, i int, how how) (lease.Reply, bool) {
	exp := w.exp
	r, answered := takeOver(md, w, i, how)
	w.exp = exp
	return r, answered
}

// another is somebody else than message i.
func another(i int) lease.Owner {
	return lease.Owner{Nonce: nonces[(i+1)%2][maxDeliveries-1]}
}

// ownIsAnother hides from a walk that its earlier try succeeded.
func ownIsAnother(w *world, i int, r *lease.Reply) {
	if r.Failed && r.Head.Owner == w.msgs[i].name(i).owner() {
		r.Head.Owner = another(i)
	}
}

// ringOnce takes the lease that an earlier try got for somebody else's.
func ringOnce(md *model, w *world, i int, how how) (lease.Reply, bool) {
	mine := w.own == w.msgs[i].name(i)
	r, answered := ring(md, w, i, how)
	if mine {
		r.Head.Owner = another(i)
	}
	return r, answered
}

func queueAnyway(s lease.State, r lease.Reply) lease.State {
	next := lease.Step(s, r)
	if s.Op == lease.TakeOver && r.Failed && r.Head.Owner == lease.Nobody {
		next.Op, next.Result = lease.Done, lease.Queued
	}
	return next
}

func refuseAnyway(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	return markRefused(w, &w.msgs[i]), true
}

func yieldAnyway(_ *model, w *world, _ int, _ how) (lease.Reply, bool) {
	w.own, w.exp = 0, 0
	return lease.Reply{}, true
}

// swapPublish releases where it should publish, and publishes before it hears
// how the release went.
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
