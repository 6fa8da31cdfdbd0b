package trace

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// guess is a sequence of effects without lines, after which a line is possible.
type guess struct {
	head  lease.Head
	steps []unlogged
	cost  int
	free  bool // it may have cleared the pending revokes
}

// unlogged is one effect without a line.
type unlogged struct {
	text string
	gap  bool // nothing in the files tells of it
	head lease.Head
}

// The costs of guesses. A cheaper one is tried first.
const (
	costOfUnlogged = 1    // a pass in the files was about to do it, or its reply was lost
	costOfRing     = 100  // a ticket of a command, or of a function that is not in the files
	costOfResume   = 300  // the command resume
	costOfGap      = 1000 // steps of passes that are not in the files
)

// mostHeads bounds the heads that one search for guesses visits. mostGuessed bounds the guesses
// that it returns.
const (
	mostHeads   = 2000
	mostGuessed = 6
)

// guess returns sequences of effects without lines after which some line is possible, the most
// likely first.
func (m *merge) guess(s *progress) (found []way) {
	left := m.stuck(s)
	if !s.model.known {
		return nil
	}
	targets := m.targets(s, left)
	seen := map[lease.Head]bool{}
	frontier := []guess{{head: s.model.Head}}
	for len(frontier) > 0 && len(seen) < mostHeads && len(found) < mostGuessed {
		least := cheapest(frontier)
		at := slices.IndexFunc(frontier, func(g guess) bool { return g.cost == least })
		g := frontier[at]
		frontier = slices.Delete(frontier, at, at+1)
		if seen[g.head] {
			continue
		}
		seen[g.head] = true
		if len(g.steps) > 0 && m.enables(s, g, left) {
			found = append(found, g)
			continue
		}
		frontier = append(frontier, m.moves(s, g, targets)...)
	}
	return found
}

func cheapest(all []guess) int {
	return slices.MinFunc(all, func(g, h guess) int { return cmp.Compare(g.cost, h.cost) }).cost
}

// enables reports whether a line is possible after a guess.
func (m *merge) enables(s *progress, g guess, left []int) bool {
	after := model{Head: g.head, known: true, pending: s.model.pending}
	if g.free {
		after.pending = nil
	}
	return slices.ContainsFunc(left, func(i int) bool {
		p, c := m.passes[i], s.at[i]
		_, local := p.step(c)
		_, clash := after.perform(p.lines[c.next], p.attempt(c))
		return local == "" && clash == none
	})
}

// targets are the heads before the next lines of the passes.
func (m *merge) targets(s *progress, left []int) (all []lease.Head) {
	for _, i := range left {
		p, c := m.passes[i], s.at[i]
		l := p.lines[c.next]
		h, ok := l.shown()
		if !ok {
			continue
		}
		if _, local := p.step(c); local != "" {
			continue
		}
		if l.Writes() {
			h = p.attempt(c).undo(h)
		}
		all = append(all, h)
	}
	return all
}

// undo returns a head before an effect that led to h. It knows less than the real one: a ring
// may have found the lease free.
func (a attempt) undo(h lease.Head) lease.Head {
	switch a.op {
	case lease.Ring:
		if h.Want--; h.Owner == a.owner {
			h.Owner, h.Expires = lease.Nobody, 0
		}
	case lease.TakeOver:
		h.Owner, h.Expires = a.found.Owner, a.found.Expires
	}
	return h
}

// moves returns the heads that one effect without a line leads to.
func (m *merge) moves(s *progress, from guess, targets []lease.Head) (next []guess) {
	h := from.head
	most := h.Want
	for _, t := range targets {
		most = max(most, t.Want)
	}
	mayRing := h.Want < most && !m.rings[h.Want+1]
	add := func(after lease.Head, cost int, gap bool, free bool, format string, args ...any) {
		step := unlogged{fmt.Sprintf(format, args...), gap, after}
		next = append(next, guess{after, append(slices.Clip(from.steps), step), from.cost + cost, from.free || free})
	}
	rang := false // one ring that takes no lease stands for all
	for i, p := range m.passes {
		for _, a := range p.unlogged(s.at[i]) {
			switch {
			case a.op == lease.Ring && mayRing && h.Owner == lease.Nobody && wanted(a.owner, targets, s, m),
				a.op == lease.Ring && mayRing && h.Owner != lease.Nobody && !rang:
				rang = true
				add(a.apply(h), costOfUnlogged, false, false, "%s rang, without a logged reply", a.owner)
			case a.op != lease.Ring && a.allowed(h) && (a.op != lease.TakeOver || h.Owner != lease.Nobody):
				add(a.apply(h), costOfUnlogged, false, a.op == lease.Release,
					"the %s of %s took effect, without a logged reply", a.op, a.owner)
			}
		}
	}
	if mayRing {
		rung := h
		rung.Want++
		add(rung, costOfRing, true, false,
			"ticket %d was counted by a command, or by a function that is not in these files", rung.Want)
	}
	for _, t := range targets {
		switch {
		case m.complete || t == h || t.Want < h.Want || t.Applied < h.Applied || m.ringsBetween(h.Want, t.Want):
		case m.absent(t.Owner) || m.absent(t.Last) || m.absent(h.Owner):
			add(t, costOfGap, true, true, "steps are missing: %s is not in these files", absentName(m, t, h))
		case h.Owner == lease.Nobody && h.Want == h.Applied && t.Want == t.Applied+1 && t.Applied > h.Applied &&
			t.Owner == lease.Nobody && t.Last == h.Last:
			add(t, costOfResume, true, true, "the command resume raised the tickets to %d", t.Want)
		}
	}
	return next
}

// wanted reports whether a line saw an owner, or acts as it.
func wanted(o lease.Owner, targets []lease.Head, s *progress, m *merge) bool {
	if slices.ContainsFunc(targets, func(t lease.Head) bool { return t.Owner == o || t.Last == o }) {
		return true
	}
	p := m.names[o.Nonce]
	i := slices.Index(m.passes, p)
	return i >= 0 && s.at[i].next < len(p.lines)
}

// ringsBetween reports whether a line counts one of the tickets after a, up to b.
func (m *merge) ringsBetween(a, b lease.Ticket) bool {
	if b-a > lease.Ticket(len(m.rings)) {
		for t := range m.rings {
			if a < t && t <= b {
				return true
			}
		}
		return false
	}
	for t := a + 1; t <= b; t++ {
		if m.rings[t] {
			return true
		}
	}
	return false
}

// absent reports whether an owner's pass has steps that are not in the files.
func (m *merge) absent(o lease.Owner) bool {
	if o == lease.Nobody {
		return false
	}
	p := m.names[o.Nonce]
	return p == nil || p.gap
}

func absentName(m *merge, heads ...lease.Head) lease.Owner {
	for _, h := range heads {
		for _, o := range []lease.Owner{h.Owner, h.Last} {
			if m.absent(o) {
				return o
			}
		}
	}
	return lease.Nobody
}

// take continues after a guess.
func (g guess) take(_ *merge, s *progress) {
	for _, step := range g.steps {
		s.model.Head = step.head
		s.add(Event{Unlogged: step.text, Head: step.head, Known: true}, -1, true)
		s.count-- // only lines count as progress
		if step.gap {
			s.gaps = append(slices.Clip(s.gaps), step.text)
		}
	}
	if g.free {
		s.model.pending = nil
	}
}
