package trace

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// Result is the check of one group's lines.
type Result struct {
	Group  string
	Events []Event // each line saw the head that the lines before it left

	// Broken is the first impossible line, or nil: the run conforms to the protocol.
	Broken *Broken

	Passes    int
	Functions []string // in the order of their first lines
	// Unfinished are the passes whose last line is not their end. For example, the function was
	// killed, or the log was cut off. That is no violation.
	Unfinished []string
	// Gaps say in words which steps are missing. Lines that depend on them are not checked.
	Gaps []string
}

// Event is a line in the merged order, or an effect that no line has.
type Event struct {
	Line *Line // nil: the effect has no line
	// Unlogged describes an effect without a line.
	Unlogged string
	Head     lease.Head // after the event
	Known    bool       // whether a line has shown the head
}

// Broken is a line that no run of the protocol can have.
type Broken struct {
	Line   *Line
	Why    string  // in words, without a final period
	Before []Event // at most ten events before the line
}

// context is the number of events that Broken shows.
const context = 10

// Check checks the lines of each group, and returns the results in the order of the groups'
// names. Lines may come in any order, and twice.
//
// If complete is set, the lines are those of all functions that served the groups. Then no pass
// can be missing, and an owner that no line names has done nothing. Otherwise, Check assumes
// steps of such owners and reports them as gaps.
func Check(lines []Line, complete bool) []Result {
	groups := make(map[string]map[string]*pass)
	for i := range lines {
		l := &lines[i]
		if groups[l.Group] == nil {
			groups[l.Group] = make(map[string]*pass)
		}
		p := groups[l.Group][l.Pass]
		if p == nil {
			p = &pass{name: l.Pass}
			groups[l.Group][l.Pass] = p
		}
		p.lines = append(p.lines, l)
	}
	results := make([]Result, 0, len(groups))
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		passes := slices.Collect(maps.Values(groups[group]))
		for _, p := range passes {
			p.sort()
		}
		slices.SortFunc(passes, func(p, q *pass) int {
			return cmp.Or(cmp.Compare(p.lines[0].At, q.lines[0].At), cmp.Compare(p.name, q.name))
		})
		results = append(results, newMerge(group, passes, complete).result())
	}
	return results
}

// sort orders a pass's lines, and drops repeated ones.
func (p *pass) sort() {
	slices.SortStableFunc(p.lines, func(l, o *Line) int { return cmp.Compare(l.Number, o.Number) })
	p.lines = slices.CompactFunc(p.lines, func(l, o *Line) bool { return l.Number == o.Number })
	p.gap = p.lines[len(p.lines)-1].Number != len(p.lines)-1
}

// result merges the lines and reports on them.
func (m *merge) result() Result {
	end := m.solve(m.start())
	for m.first = 1; m.first < mostFirst && m.stuck(end) != nil; m.first++ {
		m.failures = mostFailures
		if other := m.solve(m.start()); m.first == 1 || m.stuck(other) == nil {
			end = other // if all fail, the order by time is reported
		}
	}
	r := Result{Group: m.group, Passes: len(m.passes), Events: m.ordered(end)}
	for i, p := range m.passes {
		if f := p.lines[0].Function; !slices.Contains(r.Functions, f) {
			r.Functions = append(r.Functions, f)
		}
		last := p.lines[len(p.lines)-1]
		if last.After.Step != lease.Done.String() {
			r.Unfinished = append(r.Unfinished, fmt.Sprintf("%s ends before its %s", p.name, last.After.Step))
		}
		if end.at[i].next < len(p.lines) {
			r.blame(m, end, i)
		}
		r.Gaps = append(r.Gaps, p.gaps()...)
	}
	r.Gaps = append(r.Gaps, end.gaps...)
	if r.Broken != nil {
		r.Broken.Before = r.before(r.Broken.Line)
	}
	return r
}

// blame makes the next line of a pass the first impossible one, unless another comes before it.
func (r *Result) blame(m *merge, end *progress, i int) {
	p, c := m.passes[i], end.at[i]
	l := p.lines[c.next]
	if r.Broken != nil && !m.earlier(end, l, c, r.Broken.Line) {
		return
	}
	_, why := p.step(c)
	if why == "" {
		l, why = end.model.culprit(l, p.attempt(c))
	}
	r.Broken = &Broken{Line: l, Why: why}
	m.blamed = c
}

// earlier reports whether a stuck line comes before the one blamed so far: it saw an earlier
// ticket, or the same and has an earlier time.
func (m *merge) earlier(end *progress, l *Line, c cursor, blamed *Line) bool {
	return cmp.Or(cmp.Compare(ticketOf(l, c), ticketOf(blamed, m.blamed)), cmp.Compare(l.At, blamed.At)) < 0
}

// ticketOf returns the last ticket before the line, as its pass knows it.
func ticketOf(l *Line, c cursor) lease.Ticket {
	if t, ok := l.before(); ok {
		return t
	}
	return c.want
}

// before returns the last events before a line, by their times.
func (r *Result) before(l *Line) []Event {
	end := len(r.Events)
	for end > 0 && r.Events[end-1].Line != nil && r.Events[end-1].Line.At > l.At {
		end--
	}
	if end == 0 {
		end = len(r.Events)
	}
	return r.Events[max(0, end-context):end]
}

// gaps names the missing lines of a pass.
func (p *pass) gaps() (gaps []string) {
	if n := p.lines[0].Number; n > 0 {
		gaps = append(gaps, fmt.Sprintf("the first %d steps of %s are missing", n, p.name))
	}
	for i, l := range p.lines[1:] {
		if n := l.Number - p.lines[i].Number - 1; n > 0 {
			gaps = append(gaps, fmt.Sprintf("%d steps of %s are missing after its step %d, %s", n, p.name,
				p.lines[i].Number, p.lines[i].Step))
		}
	}
	return gaps
}
