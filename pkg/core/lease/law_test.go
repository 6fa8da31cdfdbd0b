package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/core/lease"

// promised returns the requests that must stay open: accepted, and neither ended nor expired.
// The promise ends with END, or with the sweeper's write.
func (md *model) promised(w *world) set { return w.open(w.table) &^ md.of(w.ended) }

// law names the promise that the step from was to w breaks, or returns "".
func (md *model) law(was, w *world) string {
	switch {
	case w.want < was.want || w.applied < was.applied:
		return "tickets fell"
	case w.applied > w.want:
		return "a ticket was served before it was counted"
	case (w.own == 0) != (w.exp == 0):
		return "an owner without expiry, or an expiry without owner"
	case w.announced&w.refused != 0:
		return "a request once served was refused"
	case !w.early && w.holders() > 1:
		return "two holders, although no lease was taken over too early"
	case w.group&md.foreign != md.foreign:
		return "a foreign rule was revoked"
	case md.letDown(was, w) != 0:
		return "a rule that was served goes out of effect"
	}
	return md.lawOfRefusal(was, w)
}

// letDown returns the announced requests with a rule that was in effect until now.
func (md *model) letDown(was, w *world) (requests set) {
	before, now := md.cover(was.group&^was.young), md.cover(w.group&^w.young)
	if now.holds(before) {
		return 0
	}
	for r, rule := range md.asks {
		if (was.announced & md.promised(w)).has(r) && before.has(rule) && !now.has(rule) {
			requests |= only(r)
		}
	}
	return requests
}

// lawOfRefusal: only a request that cannot be served is refused.
func (md *model) lawOfRefusal(was, w *world) string {
	refused := w.refused &^ was.refused
	if refused == 0 {
		return ""
	}
	if !md.tight && !md.asking(md.bad).holds(refused) {
		return "a request was refused without a fault of its own"
	}
	stay := was.group.of(md.rules(was.served&md.promised(was))) &^ was.cond
	if md.cover(stay)&md.rules(refused) != 0 {
		return "a request was refused although its rule is open"
	}
	return ""
}

// holders counts the functions that act as the holder.
func (w *world) holders() (n int) {
	for i := range w.msgs {
		if w.msgs[i].holds() {
			n++
		}
	}
	return n
}

// lawOfRest checks a world in which no function runs and no event is to come.
func (md *model) lawOfRest(w *world) string {
	live := md.promised(w)
	if w.want == 0 {
		live &^= md.abandoned() // no function ever rang
	}
	switch {
	case !w.idle():
		return "stuck: nothing can happen, with work undone"
	case !(w.table | md.of(w.ended)).holds(md.requests() &^ md.abandoned()):
		return "at rest a request is forgotten"
	case live&md.of(md.ending()) != 0:
		return "at rest a launch that has ended is open"
	case !md.cover(w.group).holds(md.rules(live)):
		return "at rest a live request's rule is not in the group"
	case !w.announced.holds(live):
		return "at rest a live request was not announced"
	case w.want != w.applied:
		return "at rest a ticket is not served"
	case w.own != 0:
		return "at rest the lease is held"
	case w.past&live != 0 && md.sweeper:
		return "at rest a live request is past its expiry"
	case md.needless(w) != 0:
		return "at rest the group has a rule of ours that no request needs"
	}
	return ""
}

// abandoned returns the requests of messages that may never be answered.
func (md *model) abandoned() (requests set) {
	for i, batch := range md.batches {
		if md.direct.has(i) {
			requests |= batch
		}
	}
	return requests
}

// ending returns the launches that a message ends.
func (md *model) ending() (launches set) {
	for i, e := range md.ends {
		if md.direct.has(len(md.batches) + i) {
			continue // it may never come
		}
		launches |= only(e.launch)
	}
	return launches
}

// needless returns the rules of ours that no request desires. In a full group, one that admits
// a desired rule may stay.
func (md *model) needless(w *world) (found ids) {
	wanted := md.rules(md.promised(w))
	found = w.group &^ md.foreign &^ allLives[wanted]
	if w.group.size() < int(w.quota) {
		return found
	}
	for rule := range maxRules {
		lacking := wanted &^ md.cover(w.group&^allLives[only(rule)])
		if md.admits(rule)&lacking != 0 {
			found &^= allLives[only(rule)]
		}
	}
	return found
}

// lawOfPass checks message i's pass after a step. It also records which requests are
// announced.
func (w *world) lawOfPass(md *model, i int, was *message, r lease.Reply) string {
	m := &w.msgs[i]
	mine := md.promised(w) & md.batch(i)
	switch {
	case was.op == lease.Authorize && r.Plan.Again && m.op != lease.Describe && m.late != noRound:
		return "a pass ended with Duplicate"
	case m.op != lease.Done:
		return ""
	case m.result == lease.Unfinished:
		return "a pass ended without result"
	case m.result == lease.Queued && w.own == 0 && w.applied < m.ticket:
		return "queued, and nobody is bound to serve the ticket"
	case m.result == lease.Nothing && mine != 0:
		return "the answer is nothing, and a request is live"
	case m.result != lease.Served:
		return ""
	case m.over != 0 && m.over == md.batch(i):
		return "an ended launch is announced as served"
	case !md.cover(w.group).holds(md.rules(mine)):
		return "served, and the rule is not in the group"
	}
	w.announced |= mine
	return ""
}
