package trace

import (
	"cmp"
	"maps"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// merge finds an order of a group's lines in which each reply is the one that the head gives.
//
// A write of the head can happen at one head only, because no head comes twice. So the lines are
// taken greedily: first all that change nothing, then the one write that the head allows. Only an
// effect without a line is a guess. merge tries another guess if lines are left.
type merge struct {
	group    string
	complete bool // the lines are those of all functions
	passes   []*pass
	rings    map[lease.Ticket]bool // tickets that a line counts
	names    map[string]*pass
	first    int // which of the candidates is believed to be the first line to show the head
	failures int // how many more guesses may fail
	blamed   cursor
}

// mostFailures bounds the guesses that fail, for one group.
const mostFailures = 300

func newMerge(group string, passes []*pass, complete bool) *merge {
	m := &merge{
		group: group, complete: complete, passes: passes,
		rings: make(map[lease.Ticket]bool), names: make(map[string]*pass), failures: mostFailures,
	}
	for _, p := range passes {
		m.names[p.name] = p
		for _, l := range p.lines {
			if h, ok := l.shown(); ok && l.Step == lease.Ring.String() && !l.Lost {
				m.rings[h.Want] = true
			}
		}
	}
	return m
}

// progress is a state of the merge.
type progress struct {
	model model
	at    []cursor // by pass
	taken *taken   // the last event
	count int      // of events
	gaps  []string

	fresh   []int                  // passes to look at
	waiting map[lease.Ticket][]int // passes whose next line saw this ticket before it
	blind   []int                  // passes whose next line shows no head
}

// taken is an event, and the ones before it.
type taken struct {
	Event
	pass    int // -1: no line
	version int // the number of writes before the event
	writes  bool
	before  *taken
}

func (m *merge) start() *progress {
	s := &progress{}
	for _, p := range m.passes {
		s.at = append(s.at, p.start())
	}
	s.lookAtAll(m)
	return s
}

// clone copies the progress, so that it can go on in another way.
func (s *progress) clone(m *merge) *progress {
	c := *s
	c.at, c.gaps = slices.Clone(s.at), slices.Clip(s.gaps)
	c.lookAtAll(m)
	return &c
}

// lookAtAll makes all unfinished passes fresh.
func (s *progress) lookAtAll(m *merge) {
	s.fresh, s.blind, s.waiting = nil, nil, make(map[lease.Ticket][]int)
	for i := len(m.passes) - 1; i >= 0; i-- {
		if s.at[i].next < len(m.passes[i].lines) {
			s.fresh = append(s.fresh, i)
		}
	}
}

// solve takes all lines, or as many as possible.
func (m *merge) solve(s *progress) *progress {
	m.run(s)
	if m.stuck(s) == nil {
		return s
	}
	best, ways := s, append(m.blindWrites(s), m.guess(s)...)
	if len(ways) > 1 && m.hopeless(s) {
		ways = ways[:1]
	}
	for _, way := range ways {
		next := s.clone(m)
		way.take(m, next)
		next = m.solve(next)
		if m.stuck(next) == nil {
			return next
		}
		if next.count > best.count {
			best = next
		}
		if m.failures--; m.failures < 0 {
			break
		}
	}
	return best
}

// way is a way to go on from a progress without a line that the head allows exactly.
type way interface{ take(*merge, *progress) }

// blindWrite takes the next line of a pass, a write that does not show the head: a yield whose
// reply has none.
type blindWrite int

func (i blindWrite) take(m *merge, s *progress) { m.take(s, int(i)) }

// blindWrites returns the writes that may happen at the present head, or later.
func (m *merge) blindWrites(s *progress) (ways []way) {
	for _, i := range s.blind {
		p, c := m.passes[i], s.at[i]
		_, local := p.step(c)
		if l := p.lines[c.next]; l.Writes() && local == "" && p.attempt(c).allowed(s.model.Head) {
			ways = append(ways, blindWrite(i))
		}
	}
	return ways
}

// hopeless reports whether the next line of a pass is one that the protocol never takes.
func (m *merge) hopeless(s *progress) bool {
	return slices.ContainsFunc(m.stuck(s), func(i int) bool {
		_, why := m.passes[i].step(s.at[i])
		return why != ""
	})
}

// stuck returns the passes with lines left.
func (m *merge) stuck(s *progress) (left []int) {
	for i, p := range m.passes {
		if s.at[i].next < len(p.lines) {
			left = append(left, i)
		}
	}
	return left
}

// run takes lines until none is possible.
func (m *merge) run(s *progress) {
	for {
		for len(s.fresh) > 0 {
			i := s.fresh[len(s.fresh)-1]
			s.fresh = s.fresh[:len(s.fresh)-1]
			m.read(s, i)
		}
		if !s.model.known {
			if !m.begin(s) {
				return
			}
			continue
		}
		if !m.resume(s) && !m.write(s) {
			return
		}
	}
}

// read takes the lines of a pass that change nothing, up to the first that is not possible yet.
func (m *merge) read(s *progress, i int) {
	p := m.passes[i]
	for s.at[i].next < len(p.lines) {
		l := p.lines[s.at[i].next]
		_, shows := l.shown()
		blind := shows && !s.model.known && !l.Lost
		if l.Writes() || blind || !m.take(s, i) {
			s.park(p, i)
			return
		}
	}
}

// park keeps a pass until the head allows its next line.
func (s *progress) park(p *pass, i int) {
	if t, ok := p.lines[s.at[i].next].before(); ok {
		s.waiting[t] = append(s.waiting[t], i)
		return
	}
	s.blind = append(s.blind, i)
}

// take takes the next line of a pass, if it is possible now.
func (m *merge) take(s *progress, i int) bool {
	p, c := m.passes[i], s.at[i]
	l := p.lines[c.next]
	after, why := p.step(c)
	if why != "" {
		return false
	}
	next, clash := s.model.perform(l, p.attempt(c))
	if clash != none {
		return false
	}
	s.add(Event{Line: l, Head: next.Head, Known: next.known}, i, l.Writes())
	s.model, s.at[i] = next, after
	return true
}

// add appends an event.
func (s *progress) add(e Event, pass int, writes bool) {
	t := &taken{Event: e, pass: pass, writes: writes, before: s.taken}
	if s.taken != nil {
		t.version = s.taken.version
		if s.taken.writes {
			t.version++
		}
	}
	s.taken = t
	s.count++
}

// candidates returns the passes whose next line may be possible at the present head.
func (s *progress) candidates() []int {
	return slices.Concat(s.waiting[s.model.Want], s.blind)
}

// unpark makes a pass fresh that waits for a head with the last ticket t, or is blind.
func (s *progress) unpark(i int, t lease.Ticket) {
	is := func(j int) bool { return i == j }
	s.blind = slices.DeleteFunc(s.blind, is)
	if left := slices.DeleteFunc(s.waiting[t], is); len(left) > 0 {
		s.waiting[t] = left
	} else {
		delete(s.waiting, t)
	}
	s.fresh = append(s.fresh, i)
}

// resume looks again at the passes that wait for a head, and reports whether one can go on
// without a write.
func (m *merge) resume(s *progress) bool {
	for _, i := range s.candidates() {
		p, c := m.passes[i], s.at[i]
		l := p.lines[c.next]
		if l.Writes() {
			continue
		}
		_, local := p.step(c)
		if _, clash := s.model.perform(l, p.attempt(c)); local == "" && clash == none {
			s.unpark(i, s.model.Want)
			return true
		}
	}
	return false
}

// write takes a write that shows the head, if the head allows it. It can happen at this head
// only.
func (m *merge) write(s *progress) bool {
	want := s.model.Want
	slices.SortFunc(s.waiting[want], func(i, j int) int {
		return cmp.Compare(m.passes[i].lines[s.at[i].next].At, m.passes[j].lines[s.at[j].next].At)
	})
	for _, i := range s.waiting[want] {
		if m.passes[i].lines[s.at[i].next].Writes() {
			if m.take(s, i) {
				s.unpark(i, want)
				return true
			}
		}
	}
	return false
}

// begin takes the first line that shows the head. The lines before it are not in the files, so
// it is believed.
func (m *merge) begin(s *progress) bool {
	first := m.firsts(s)
	if m.first >= len(first) {
		return false
	}
	i := first[m.first]
	t, _ := m.passes[i].lines[s.at[i].next].before()
	if !m.take(s, i) {
		return false
	}
	s.unpark(i, t)
	return true
}

// mostFirst bounds the lines that are tried as the first one to show the head.
const mostFirst = 8

// firsts returns the passes whose next line may be the first to show the head, at most mostFirst:
// the one that saw the earliest head, the earliest by time, and then all by the tickets that they
// saw.
func (m *merge) firsts(s *progress) []int {
	all := slices.Concat(slices.Collect(maps.Values(s.waiting))...)
	if len(all) == 0 {
		return nil
	}
	saw := func(i int) (at lease.Instant, before lease.Ticket) {
		l := m.passes[i].lines[s.at[i].next]
		before, _ = l.before()
		return l.At, before
	}
	slices.SortFunc(all, func(i, j int) int {
		a, t := saw(i)
		b, u := saw(j)
		return cmp.Or(cmp.Compare(a, b), cmp.Compare(t, u), cmp.Compare(i, j))
	})
	head, time := all[0], all[0]
	for _, i := range all {
		if m.begins(s, i, head) {
			head = i
		}
	}
	slices.SortStableFunc(all, func(i, j int) int {
		_, t := saw(i)
		_, u := saw(j)
		return cmp.Compare(t, u)
	})
	return slices.Insert(all, 0, head, time)[:min(len(all)+2, mostFirst)]
}

// begins reports whether the line of pass i saw an earlier head than that of pass j.
func (m *merge) begins(s *progress, i, j int) bool {
	a, b := m.passes[i].lines[s.at[i].next], m.passes[j].lines[s.at[j].next]
	ta, _ := a.before()
	tb, _ := b.before()
	switch {
	case ta != tb:
		return ta < tb
	case a.appliedBefore() != b.appliedBefore():
		return a.appliedBefore() < b.appliedBefore()
	case a.Writes() && !b.Writes():
		return a.Head.Owner == b.Head.Owner && a.Step != lease.Ring.String()
	case b.Writes() && !a.Writes():
		return a.Head.Owner != b.Head.Owner || b.Step == lease.Ring.String()
	}
	return a.At < b.At
}
