package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/core/lease"

// foreignAsked is a world in which one of two requests desires a foreign rule.
var foreignAsked = model{asks: []int{0, 1}, foreign: id(0, 0), batches: []set{1, 2}, allow: calm}

// stalls are weakenings of liveness. None breaks a promise of safety in any world. Each runs
// for ever, or stops with work undone.
var stalls = []weakening{
	{"two holders that fence each other take the lease back at once", pair, stepped(takeBack)},
	{"a queued function rings again until it is served", plainPair, stepped(ringUntilServed)},
	{"a release compares `want` with the holder's own ticket", plainPair, on(lease.Release, releaseOwnTicket)},
	{"a release is refused although nobody rang", plainPair, on(lease.Release, releaseNever)},
	{"a foreign rule is authorized again after each Duplicate", foreignAsked, knownAs(ownKnown)},
	{"the lease of a dead holder is never taken over", endAlone, stepped(queueBehindDead)},
	{"a message whose requests are refused comes again", quota, func(md *model) { md.ack = keepRefused }},
	{"a group is due again after each round", endAlone, announced(lease.Release, dueAgain)},
	{"a sweep marks the group as done before it has rung", expiring, sweepDone},
}

// takeBack takes the lease over from the holder that fenced it, expired or not.
func takeBack(s lease.State, r lease.Reply) lease.State {
	next := lease.Step(s, r)
	if next.Owner != s.Owner && r.Head.Owner != lease.Nobody {
		next.Owner, next.Op, next.Result, next.Found = s.Owner, lease.TakeOver, lease.Unfinished, r.Head
	}
	return next
}

func ringUntilServed(s lease.State, r lease.Reply) lease.State {
	next := lease.Step(s, r)
	if next.Result == lease.Queued {
		next.Op, next.Result = lease.Ring, lease.Unfinished
	}
	return next
}

// releaseOwnTicket never releases if others rang after the holder.
func releaseOwnTicket(md *model, w *world, i int, how how) (lease.Reply, bool) {
	if w.want != w.msgs[i].ticket {
		return releaseNever(md, w, i, how)
	}
	return release(md, w, i, how)
}

func releaseNever(_ *model, w *world, i int, _ how) (lease.Reply, bool) {
	m := &w.msgs[i]
	m.served |= m.loaded &^ m.waiting
	m.remember(w)
	return lease.Reply{Failed: true, Head: w.head(0)}, true
}

func ownKnown(m *message, described ids) ids { return known(m, described) &^ foreignAsked.foreign }

func queueBehindDead(s lease.State, r lease.Reply) lease.State {
	next := lease.Step(s, r)
	if next.Op == lease.TakeOver {
		next.Op, next.Found, next.Result = lease.Done, lease.Head{}, lease.Queued
	}
	return next
}

func keepRefused(md *model, w *world, i int) phase {
	if md.batch(i)&w.refused != 0 {
		return waiting
	}
	return acknowledge(md, w, i)
}

func dueAgain(w *world, _ int, r *lease.Reply) {
	if !r.Failed {
		w.due = dueSoon
	}
}

// sweepDone clears the group's due time with the claim. If the sweep then dies, no other sweep
// follows.
func sweepDone(md *model) {
	md.effects[lease.Claim] = func(md *model, w *world, i int, how how) (lease.Reply, bool) {
		if md.sweeps(i) {
			w.setDue(md, dueLater, 0)
		}
		return claim(md, w, i, how)
	}
}
