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

func newSharing(g Groups) *sharing { return &sharing{groups: g, places: make(map[place]*meeting)} }

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
	case len(d.groups) == 1:
		return found, d.err
	case d.err != nil: // it may concern another group, or the pass that called
		return s.groups.Rules(ctx, g)
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
	if len(d.groups) == 1 {
		d.found = make(map[claim.Group][]secgroup.Entry, 1)
		d.found[d.groups[0]], d.err = s.groups.Rules(ctx, d.groups[0])
		return
	}
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
