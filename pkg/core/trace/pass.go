package trace

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// pass is the lines of one pass, in order.
type pass struct {
	name  string
	lines []*Line
	gap   bool // a line is missing
}

// cursor is a position in a pass, and the pass there.
type cursor struct {
	next  int // index of the next line
	state lease.State
	known bool          // state follows from the lines so far
	lost  []attempt     // effects without a reply: they may have happened, also later
	want  lease.Ticket  // the last ticket that the pass has seen
	at    lease.Instant // of the last line

	// pending are the rules that the round may revoke: those that its load found or its pend
	// recorded. all is false if there may be more.
	pending []string
	all     bool
}

// start returns the beginning of a pass.
func (p *pass) start() cursor {
	first := p.lines[0]
	c := cursor{all: true}
	if first.Number == 0 {
		c.state, c.known = lease.Start(p.name, first.Deadline), true
	}
	return c
}

// missing returns how many lines are missing before the next one.
func (p *pass) missing(c cursor) int {
	l := p.lines[c.next]
	if c.next == 0 {
		return l.Number
	}
	return l.Number - p.lines[c.next-1].Number - 1
}

// attempt returns the effect of the next line, with the values of its conditions.
func (p *pass) attempt(c cursor) attempt {
	l := p.lines[c.next]
	op, _ := opOf(l.Step)
	s := c.state
	if !c.known || p.missing(c) > 0 {
		s = l.state()
		if s.Op != lease.TakeOver {
			s.Found = lease.Head{}
		}
	}
	return attemptOf(op, s)
}

// unlogged returns the effects on the head that may have happened without a line: those whose
// reply was lost, and the pass's next effect. The next effect may have been tried before the
// attempt that was answered, or the function was killed before it logged the step.
func (p *pass) unlogged(c cursor) []attempt {
	all := c.lost
	switch {
	case c.next < len(p.lines):
		if a := p.attempt(c); changes(a.op) {
			all = append(slices.Clip(all), a)
		}
	case changes(c.state.Op):
		all = append(slices.Clip(all), attemptOf(c.state.Op, c.state))
	}
	return all
}

// step returns the cursor after the next line, or the reason why the protocol does not take this
// step.
func (p *pass) step(c cursor) (cursor, string) {
	l := p.lines[c.next]
	a := p.attempt(c)
	if gap := p.missing(c); gap > 0 {
		c.known, c.all = false, false
	}
	after := l.state()
	if c.known {
		if c.state.Op.String() != l.Step {
			return c, fmt.Sprintf("the pass takes the step %s; the protocol takes the step %s here", l.Step, c.state.Op)
		}
		if l.Deadline != c.state.Deadline {
			return c, "the invocation has another deadline than before"
		}
		if want := lease.Step(c.state, l.reply()); want != after {
			return c, l.differs(want, after)
		}
	}
	if l.Lost && changes(a.op) {
		c.lost = append(slices.Clip(c.lost), a)
	}
	c.note(l, a.op)
	if why := cmp.Or(l.contradicts(a.op), c.unrecorded(l)); why != "" {
		return c, why
	}
	c.state, c.known, c.at = after, true, l.At
	c.next++
	return c, ""
}

// note keeps the line's tickets and pending revokes.
func (c *cursor) note(l *Line, op lease.Op) {
	if h, ok := l.shown(); ok {
		c.want = h.Want
	}
	listed, complete := l.Pending.all()
	switch {
	case l.Lost || l.Failed:
	case op == lease.Load:
		c.pending, c.all = listed, complete
	case op == lease.Pend:
		c.pending, c.all = append(slices.Clip(c.pending), listed...), c.all && complete
	}
}

// contradicts returns the reason why the parts of a line do not fit together.
func (l *Line) contradicts(op lease.Op) string {
	ids, _ := l.Pending.all()
	switch {
	case l.Lost || l.Failed:
	case op == lease.Claim && l.Ends > 0 && l.Claimed != claimedNames[lease.SomeNew]:
		return "the claim has an end, and does not lead to a ring: an end rings each time it comes"
	case op == lease.Pend && len(ids) == 0:
		return "the pend recorded no pending revoke"
	case op == lease.Peek && l.At < l.Lags && l.Head != nil && !l.Head.NeedsRound:
		return fmt.Sprintf("the peek does not ask for a round, although EC2's describe may lag until %s", clock(l.Lags))
	}
	return ""
}

// unrecorded returns the reason why the pass may not have revoked a rule.
func (c *cursor) unrecorded(l *Line) string {
	revoked, _ := l.Revoked.all()
	for _, id := range revoked {
		if c.all && !slices.Contains(c.pending, id) {
			return fmt.Sprintf("EC2 revoked %s, and no step of this round recorded that its revoke is pending", id)
		}
	}
	return ""
}

// differs explains in words how the pass went on in another way than the protocol.
func (l *Line) differs(want, got lease.State) string {
	var parts []string
	part := func(name string, want, got any) {
		if want != got {
			parts = append(parts, fmt.Sprintf("the %s is %v, and the protocol has %v", name, got, want))
		}
	}
	part("next step", want.Op, got.Op)
	part("entry", want.Owner.Entry, got.Owner.Entry)
	part("pass's ticket", want.Ticket, got.Ticket)
	part("ticket that the round serves", want.Seen, got.Seen)
	part("result", want.Result, got.Result)
	part("number of lost replies", want.Tries, got.Tries)
	part("claim", claimedNames[want.Claimed], claimedNames[got.Claimed])
	part("lease to take over", describe(want.Found), describe(got.Found))
	return fmt.Sprintf("after this %s, %s", l.Step, strings.Join(parts, "; "))
}
