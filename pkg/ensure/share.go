package ensure

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// gathering is how long a pass waits at most for other passes of its invocation, so that they
// share a describe. The claim, the ring and the load of a pass take about this long together.
const gathering = 25 * time.Millisecond

// sharing lets the passes of one invocation share describes, if their groups are in one account
// and Region. EC2 allows 20 describes/s there (EC2 API throttling guide), and one describe reads
// up to 200 groups.
//
// A pass without others describes at once. With others, it waits until each of them needs a
// describe too or has left, for at most [gathering]. A describe answers only passes that asked
// before it was sent.
type sharing struct {
	groups Groups

	mu     sync.Mutex
	places map[place]*meeting
	turns  map[place]*turns
}

// turnsOf returns the turns of an account and Region.
func (s *sharing) turnsOf(at place) *turns {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.turns[at] == nil {
		s.turns[at] = newTurns()
	}
	return s.turns[at]
}

// meeting holds the passes of one place.
type meeting struct {
	coming int       // passes that may soon need a describe
	next   *describe // the describe that the next pass joins; nil: it begins one
}

// describe is one call for several passes.
type describe struct {
	groups []claim.Group
	full   chan struct{} // closed once no other pass is coming
	done   chan struct{} // closed once EC2 has answered
	found  map[claim.Group][]secgroup.Entry
	err    error
}

// shared returns the ensurer of one invocation. Its passes share describes.
func (e *Ensurer) shared() *Ensurer {
	if e.sharing != nil {
		return e
	}
	one := *e
	one.sharing = &sharing{groups: e.Groups, places: make(map[place]*meeting), turns: make(map[place]*turns)}
	return &one
}

// comes notes that a pass may soon need a describe, until rules or leaves is called for it.
func (s *sharing) comes(at place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.places[at] == nil {
		s.places[at] = new(meeting)
	}
	s.places[at].coming++
}

// leaves notes that a pass needs no describe for now.
func (s *sharing) leaves(at place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.places[at].leave()
}

func (m *meeting) leave() {
	m.coming--
	if m.coming == 0 && m.next != nil {
		close(m.next.full)
		m.next = nil
	}
}

// rules returns the rules of a group like [Groups].Rules, for a pass that came.
func (s *sharing) rules(ctx context.Context, g claim.Group) ([]secgroup.Entry, error) {
	d, first := s.join(g)
	if first {
		s.call(ctx, d, placeOf(g))
	}
	select {
	case <-d.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	found := d.found[g]
	switch {
	case d.err != nil && len(d.groups) > 1: // it may concern another group, or the pass that called
		return s.groups.Rules(ctx, g)
	case d.err != nil:
		return nil, d.err
	case len(found) == 0:
		return nil, s.groups.Exists(ctx, g)
	}
	return found, nil
}

// join adds a group to the next describe. The first one must call.
func (s *sharing) join(g claim.Group) (d *describe, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.places[placeOf(g)]
	if first = m.next == nil; first {
		m.next = &describe{full: make(chan struct{}), done: make(chan struct{})}
	}
	d = m.next
	d.groups = append(d.groups, g)
	m.leave()
	return d, first
}

// call waits for other passes and describes the groups of all.
func (s *sharing) call(ctx context.Context, d *describe, at place) {
	defer close(d.done)
	timer := time.NewTimer(gathering)
	defer timer.Stop()
	select {
	case <-d.full:
	case <-timer.C:
	case <-ctx.Done():
	}
	s.closes(d, at)
	slices.SortFunc(d.groups, func(g, h claim.Group) int { return cmp.Compare(g.ID, h.ID) })
	d.found, d.err = s.groups.RulesOf(ctx, d.groups)
}

// closes lets no further pass join a describe.
func (s *sharing) closes(d *describe, at place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.places[at]; m.next == d {
		m.next = nil
	}
}

// alone is the number of desired rules from which a group is described alone, so that its pages
// delay no other group. A page of EC2 has up to 1,000 rules.
const alone = 300

// rules reads the group's rules, together with other passes if that delays nobody.
func (p *pass) rules(ctx context.Context) ([]secgroup.Entry, error) {
	desired := 0
	for _, r := range p.state.Requests {
		desired += len(r.Rules)
	}
	if desired >= alone || !p.coming {
		p.leaves()
		return p.Groups.Rules(ctx, p.group)
	}
	p.coming = false
	return p.sharing.rules(ctx, p.group)
}

// comes tells other passes of the invocation that this one may soon need a describe.
func (p *pass) comes() {
	if p.sharing != nil && !p.coming {
		p.coming = true
		p.sharing.comes(p.place())
	}
}

// leaves takes that back.
func (p *pass) leaves() {
	if p.coming {
		p.coming = false
		p.sharing.leaves(p.place())
	}
}
