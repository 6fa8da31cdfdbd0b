package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/core/lease"

// The worlds in which weakenings break the protocol.
var (
	plainPair   = model{asks: []int{0, 1}, batches: []set{1, 2}, allow: calm}
	pair        = model{asks: []int{0, 1}, batches: []set{1, 2}, allow: one}
	repeat      = model{asks: []int{0, 1}, batches: []set{1, 1, 2}, allow: one}
	trio        = model{asks: []int{0, 0, 0}, batches: []set{1, 2, 4}, allow: two}
	trioLosses  = model{asks: []int{0, 0, 0}, batches: []set{1, 2, 4}, allow: faults{all: 3, lost: 3}}
	quota       = model{asks: []int{0, 1}, batches: []set{1, 2}, quota: 1, allow: two}
	quotaRising = model{asks: []int{0, 1}, batches: []set{1, 2}, quota: 1, raise: true, allow: one}
	batch       = model{asks: []int{0, 1}, batches: []set{1, 3}, allow: one}

	endAlone  = model{asks: []int{0}, batches: []set{1}, ends: []end{{0, true}}, sweeper: true, allow: one}
	endHidden = model{asks: []int{0}, batches: []set{1}, ends: []end{{0, true}}, sweeper: true,
		allow: faults{all: 2, lost: 1, stale: 1}}
	endFirst   = model{asks: []int{0}, batches: []set{1}, ends: []end{{0, false}}, sweeper: true, allow: calm}
	endCrashes = model{asks: []int{0}, served: 1, stands: id(0, 0), ends: []end{{0, true}},
		allow: faults{all: 1, crash: 1}}
	anew = model{asks: []int{0, 0}, served: 1, stands: id(0, 0), batches: []set{2}, ends: []end{{0, true}},
		sweeper: true, allow: one}
	anewLate = model{asks: []int{0, 0}, served: 1, stands: id(0, 0), batches: []set{2}, ends: []end{{0, true}},
		sweeper: true, ghosts: true, allow: two}
	expiring = model{asks: []int{0}, served: 1, stands: id(0, 0), expires: 1, sweeper: true,
		allow: faults{all: 1, crash: 1}}
	byTheClock = model{asks: []int{0, 0, 1}, launches: []int{0, 0, 1}, served: 1, stands: id(0, 0), expires: 1,
		batches: []set{2, 4}, sweeper: true, allow: calm}
	extended = model{asks: []int{0, 0}, launches: []int{0, 0}, batches: []set{1, 2}, expires: 1, sweeper: true,
		allow: one}
	badRequest = model{asks: []int{0, 1}, bad: 1, batches: []set{1, 2}, sweeper: true, allow: calm}
	wideEnds   = model{asks: []int{0, 1, 1}, covers: nested, served: 3, stands: id(0, 0), batches: []set{4},
		ends: []end{{0, true}}, sweeper: true, allow: one}
	narrowAfterWide = model{asks: []int{0, 1}, covers: nested, batches: []set{1, 2}, quota: 1, sweeper: true,
		allow: faults{all: 1, stale: 1}}
)

// further are precautions that the design does not list.
var further = []weakening{
	{"the fast path overlooks waiting tickets", pair,
		peekAs(func(h lease.Head) lease.Head { h.Want = h.Applied; return h })},
	{"the fast path overlooks the holder", recorded(2, 1),
		peekAs(func(h lease.Head) lease.Head {
			return lease.Head{NeedsRound: h.NeedsRound && h.Owner == lease.Nobody}
		})},
	{"the fast path overlooks recently revoked rules", recorded(2, 1),
		peekAs(func(h lease.Head) lease.Head { h.NeedsRound = false; return h })},
	{"the fast path serves a request that no round has served", extended,
		announced(lease.Peek, func(w *world, _ int, r *lease.Reply) { r.Head = w.head(0) })},
	{"an entry without a live request leaves at once", quota, stepped(leaveWithNothing)},
	{"an end that comes again does not ring again", endCrashes, on(lease.Claim, endOnce)},
	{"a message is deleted once it is refused, although its pass says retry", quota,
		func(md *model) { md.ack = deleteRefused }},
	{"take over without condition", trio, on(lease.TakeOver, takeAnyway)},
	{"take over leaves the old expiry", trio, on(lease.TakeOver, takeWithoutExpiry)},
	{"a lost take over is treated as not done", trio, announced(lease.TakeOver, ownIsAnother)},
	{"a lost ring is treated as not done", pair, on(lease.Ring, ringOnce)},
	{"a free lease counts as held", trio, stepped(queueAnyway)},
	{"a load does not check the lease", repeat, on(lease.Load, loadAnyway)},
	{"conditions test the owner alone", anewLate, func(md *model) {
		md.holds = func(w *world, i int) bool { return w.own == w.msgs[i].name(i) }
	}},
	{"refuse without holding the lease", quotaRising, on(lease.Refuse, refuseAnyway)},
	{"pend without holding the lease", anew, on(lease.Pend, pendAnyway)},
	{"yield without being the owner", trioLosses, on(lease.Yield, yieldAnyway)},
	{"a failed release counts as done if all tickets are served", endAlone, stepped(leaveServed)},
	{"a rule that a describe does not show counts as revoked", endHidden, on(lease.Describe, describeGone)},
	{"a described rule counts as in effect", wideEnds,
		settledAs(func(_ *world, _ *message, described ids) ids { return described })},
	{"only rules made under the lease are known to be young", wideEnds, settledAs(youngIfMade)},
	{"no sweep 5 minutes after an end", endHidden, announced(lease.Release, checkLater)},
	{"Duplicate counts as success", batch, announced(lease.Authorize,
		func(_ *world, _ int, r *lease.Reply) { r.Plan.Again = false })},
}

// endOnce lets a repeated end leave without a ring.
func endOnce(md *model, w *world, i int, how how) (lease.Reply, bool) {
	marked := w.marked
	r, answered := claim(md, w, i, how)
	if md.batch(i) == 0 && !md.sweeps(i) && w.marked == marked {
		r.Claimed = lease.NoneOpen
	}
	return r, answered
}

func loadAnyway(md *model, w *world, i int, _ how) (lease.Reply, bool) {
	w.msgs[i].loaded = w.open(w.table) &^ md.of(w.marked)
	return lease.Reply{}, true
}

func pendAnyway(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	m := &w.msgs[i]
	w.cond |= m.revoke
	m.cond |= m.revoke
	return lease.Reply{}, true
}

func leaveServed(s lease.State, r lease.Reply) lease.State {
	if s.Op == lease.Release && r.Failed && !r.Lost && r.Head.Owner != s.Owner && r.Head.Applied >= s.Seen {
		r.Head.Last = s.Owner
	}
	return lease.Step(s, r)
}

func describeGone(md *model, w *world, i int, how how) (lease.Reply, bool) {
	m := &w.msgs[i]
	m.gone |= m.cond &^ w.described(how)
	return describe(md, w, i, how)
}

// youngIfMade does not know the age of a rule if its maker died or lost the reply.
func youngIfMade(w *world, m *message, described ids) ids {
	return described &^ (w.young & (w.made | m.made))
}

func checkLater(w *world, _ int, _ *lease.Reply) {
	if w.due == dueVerify {
		w.due = dueLater
	}
}

func leaveWithNothing(s lease.State, r lease.Reply) lease.State {
	next := lease.Step(s, r)
	if s.Op == lease.Claim && !r.Lost && r.Claimed == lease.NoneOpen {
		next.Op, next.Result = lease.Done, lease.Nothing
	}
	return next
}

func deleteRefused(md *model, w *world, i int) phase {
	if w.open(md.batch(i)) == 0 {
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

// another returns an owner other than message i.
func another(i int) lease.Owner {
	return lease.Owner{Nonce: nonces[(i+1)%2][maxDeliveries-1]}
}

// ownIsAnother hides from a pass that its earlier try succeeded.
func ownIsAnother(w *world, i int, r *lease.Reply) {
	if r.Failed && r.Head.Owner == w.msgs[i].name(i).owner() {
		r.Head.Owner = another(i)
	}
}

// ringOnce treats the lease of its own earlier try as another function's.
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
