package trace

import (
	"fmt"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// model is the head of a group, as the lines so far prove it.
type model struct {
	lease.Head
	known bool // a line has shown the head

	// pending are rules with a pending revoke. There may be more: a step that was not logged may
	// have recorded them.
	pending []pendingRevoke
}

// pendingRevoke is a rule with a pending revoke, and the line that showed it.
type pendingRevoke struct {
	id string
	by *Line
}

// attempt is one effect on the head by one pass, with the values of its conditions.
type attempt struct {
	op      lease.Op
	owner   lease.Owner
	expires lease.Instant
	seen    lease.Ticket
	found   lease.Head // of a take over; the zero Head is unknown
}

func attemptOf(op lease.Op, s lease.State) attempt {
	return attempt{op, s.Owner, s.Expires(), s.Seen, s.Found}
}

// holds reports whether the condition that a has the lease is true: the head's owner is a's, and
// the tickets that its round serves are not served yet.
func (a attempt) holds(h lease.Head) bool { return h.Owner == a.owner && h.Applied < a.seen }

// allowed reports whether the effect's condition is true.
func (a attempt) allowed(h lease.Head) bool {
	switch a.op {
	case lease.TakeOver:
		return a.found == (lease.Head{}) || h.Owner == a.found.Owner && h.Expires == a.found.Expires
	case lease.Load, lease.Refuse, lease.Pend:
		return a.holds(h)
	case lease.Release:
		return a.holds(h) && h.Want == a.seen
	case lease.Yield:
		return h.Owner == a.owner
	}
	return true
}

// apply returns the head after the effect, if its condition is true.
func (a attempt) apply(h lease.Head) lease.Head {
	switch a.op {
	case lease.Ring:
		h.Want++
		if h.Owner == lease.Nobody {
			h.Owner, h.Expires = a.owner, a.expires
		}
	case lease.TakeOver:
		h.Owner, h.Expires = a.owner, a.expires
	case lease.Release:
		h.Owner, h.Expires, h.Applied, h.Last = lease.Nobody, 0, a.seen, a.owner
	case lease.Yield:
		h.Owner, h.Expires = lease.Nobody, 0
	}
	return h
}

// onHead reports whether the effect reads or changes the head.
func onHead(op lease.Op) bool {
	switch op {
	case lease.Peek, lease.Ring, lease.TakeOver, lease.Load, lease.Refuse, lease.Pend, lease.Release, lease.Yield:
		return true
	}
	return false
}

// looksAgain reports whether EC2 throttled the line's write, and the pass read the head instead.
func (l *Line) looksAgain() bool {
	return l.Failed && (l.Step == lease.Revoke.String() || l.Step == lease.Authorize.String())
}

// changes reports whether the effect changes the part of the head that the protocol reads.
func changes(op lease.Op) bool {
	return op == lease.Ring || op == lease.TakeOver || op == lease.Release || op == lease.Yield
}

// Writes reports whether the line's effect changed the head.
func (l *Line) Writes() bool {
	op, _ := opOf(l.Step)
	return changes(op) && !l.Lost && !l.Failed
}

// shown returns the head that the line shows, without NeedsRound: each pass judges that for its
// own requests.
func (l *Line) shown() (h lease.Head, ok bool) {
	if l.Head == nil {
		return lease.Head{}, false
	}
	h = l.Head.lease()
	h.NeedsRound = false
	return h, true
}

// before returns the last ticket counted before the line's effect, if the line shows it.
func (l *Line) before() (lease.Ticket, bool) {
	h, ok := l.shown()
	if ok && l.Step == lease.Ring.String() {
		h.Want--
	}
	return h.Want, ok
}

// clash says in which way a line contradicts the head.
type clash int

const (
	none      clash = iota
	refused         // the effect was refused, although its condition is true
	succeeded       // the effect succeeded, although its condition is false
	sawOther        // the reply shows another head
	forgot          // a load did not find a pending revoke
)

// appliedBefore returns the last ticket served before the line's effect, or the one after it
// less one. A release shows only the head after it.
func (l *Line) appliedBefore() lease.Ticket {
	if l.Writes() && l.Step == lease.Release.String() {
		return l.Head.Applied - 1
	}
	return l.Head.Applied
}

// perform checks a line's effect against the head, and returns the model after it.
func (m model) perform(l *Line, a attempt) (model, clash) {
	shown, shows := l.shown()
	failed := l.Failed
	if l.looksAgain() {
		a.op, failed = lease.Peek, false
	}
	switch {
	case l.Lost || !onHead(a.op):
		return m, none
	case !m.known && !shows:
		return m, none // nothing proves or contradicts the line
	case !m.known:
		m.Head, m.known = shown, true
		return m, none
	case failed && a.allowed(m.Head):
		return m, refused
	case !failed && !a.allowed(m.Head):
		return m, succeeded
	}
	if !failed {
		m.Head = a.apply(m.Head)
	}
	switch {
	case shows && shown != m.Head:
		return m, sawOther
	case failed:
		return m, none
	case m.forgotten(l, a.op) != nil:
		return m, forgot
	}
	m.pending = pendingAfter(m.pending, l, a.op)
	return m, none
}

// culprit returns the impossible line of two that contradict each other, and the reason. A load
// and a pend are ordered by time, because a pend does not show the head.
func (m model) culprit(l *Line, a attempt) (*Line, string) {
	why := m.explain(l, a)
	if _, clash := m.perform(l, a); clash != forgot {
		return l, why
	}
	if p := m.forgotten(l, a.op); p.by.At > l.At && p.by.Step == lease.Pend.String() {
		return p.by, fmt.Sprintf("the pend of %s succeeded, although %s had taken over the lease: "+
			"its load did not find it", p.id, l.Pass)
	}
	return l, why
}

// explain says why no head like this one can have given the reply.
func (m model) explain(l *Line, a attempt) string {
	after, why := m.perform(l, a)
	switch why {
	case refused:
		return fmt.Sprintf("the %s was refused, although %s", a.op, describe(m.Head))
	case succeeded:
		return fmt.Sprintf("the %s succeeded%s, although %s", a.op, a.needs(), describe(m.Head))
	case sawOther:
		shown, _ := l.shown()
		return fmt.Sprintf("the %s saw that %s, although %s", a.op, describe(shown), describe(after.Head))
	case forgot:
		return fmt.Sprintf("the load did not find the pending revoke of %s, which a holder has recorded",
			m.forgotten(l, a.op).id)
	}
	return "the lines before it are not in these files"
}

// needs names the effect's condition.
func (a attempt) needs() string {
	switch a.op {
	case lease.TakeOver:
		return fmt.Sprintf(" under the condition that %s holds the lease until %s", a.found.Owner,
			clock(a.found.Expires))
	case lease.Load, lease.Refuse, lease.Pend:
		return fmt.Sprintf(" under the condition that %s holds the lease and ticket %d is not served", a.owner, a.seen)
	case lease.Release:
		return fmt.Sprintf(" under the condition that %s holds the lease, ticket %d is the last, and it is not served",
			a.owner, a.seen)
	case lease.Yield:
		return fmt.Sprintf(" under the condition that %s holds the lease", a.owner)
	}
	return ""
}

// forgotten returns a recorded pending revoke that a load did not find, or nil.
func (m model) forgotten(l *Line, op lease.Op) *pendingRevoke {
	listed, complete := l.Pending.all()
	if op != lease.Load || !complete {
		return nil
	}
	for i, p := range m.pending {
		if !slices.Contains(listed, p.id) {
			return &m.pending[i]
		}
	}
	return nil
}

// pendingAfter returns the rules that surely have a pending revoke after the effect.
func pendingAfter(pending []pendingRevoke, l *Line, op lease.Op) []pendingRevoke {
	switch op {
	case lease.Load, lease.Release:
		pending = nil
	case lease.Pend:
		pending = slices.Clip(pending)
	default:
		return pending
	}
	listed, _ := l.Pending.all()
	for _, id := range listed {
		pending = append(pending, pendingRevoke{id, l})
	}
	return pending
}

// describe returns a head in words.
func describe(h lease.Head) string {
	held := "the lease is free"
	if h.Owner != lease.Nobody {
		held = fmt.Sprintf("%s holds the lease until %s", h.Owner, clock(h.Expires))
	}
	text := fmt.Sprintf("%d tickets are counted, %d are served, %s", h.Want, h.Applied, held)
	if h.Last != lease.Nobody {
		text += fmt.Sprintf(", and %s released it last", h.Last)
	}
	return text
}

func clock(i lease.Instant) string {
	if i == 0 {
		return "no time"
	}
	return i.Time().Format(time.TimeOnly + ".000")
}
