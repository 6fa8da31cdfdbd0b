package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/lease"

// law returns how a step from was to w breaks the protocol's promises, or "".
func (md *model) law(was, w *world) string {
	switch {
	case w.want < was.want || w.applied < was.applied:
		return "tickets fell"
	case w.applied > w.want:
		return "a ticket was served before it was counted"
	case (w.own == 0) != (w.exp == 0):
		return "an owner without expiry, or an expiry without owner"
	case w.told&w.refused != 0:
		return "a request once served was refused"
	case !w.early && w.holders() > 1:
		return "two holders, though no lease was taken for expired too early"
	case w.quiet():
		return md.lawOfRest(w)
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

// lawOfRest is what must be true when nobody runs and nothing is to come.
func (md *model) lawOfRest(w *world) string {
	switch {
	case !w.table.holds(md.requests()):
		return "at rest a request is forgotten"
	case !w.group.holds(md.rules(w.open(w.table))):
		return "at rest an open request's rule is not in the group"
	case !w.told.holds(w.open(w.table)):
		return "at rest nobody was told that an open request is served"
	case w.want != w.applied:
		return "at rest a ticket is not served"
	case w.own != 0:
		return "at rest somebody holds the lease"
	}
	return ""
}

// lawOfWalk is what must be true when message i's walk has taken a step. It
// also notes who is told what.
func (w *world) lawOfWalk(md *model, i int, was *message, r lease.Reply) string {
	m := &w.msgs[i]
	mine := w.open(md.batches[i])
	switch {
	case was.op == lease.Authorize && r.Plan.Again && m.op != lease.Describe && m.late != noRound:
		return "Duplicate ended a walk"
	case m.op != lease.Done:
		return ""
	case m.result == lease.Unfinished:
		return "a walk ended without result"
	case m.result == lease.Queued && w.own == 0 && w.applied < m.ticket:
		return "queued, and nobody is bound to serve the ticket"
	case m.result == lease.Nothing && mine != 0:
		return "the answer is nothing, and a request is open"
	case m.result == lease.Served && !w.group.holds(md.rules(mine)):
		return "served, and the rule is not in the group"
	case m.result == lease.Served:
		w.told |= mine
	}
	return ""
}
