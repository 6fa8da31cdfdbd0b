package ec2

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"
)

// group is a security group. Its timeline holds its tags, and ends when the group is deleted.
type group struct {
	id, name, vpc, owner, description string

	created time.Time
	life    timeline[map[string]string]
	rules   map[string]*timeline[rule] // by id, including recently removed rules
	held    map[tuple]string           // ids of the current rules
}

func (g *group) put(now time.Time, r rule) {
	line := g.rules[r.id]
	if line == nil {
		line = &timeline[rule]{}
		g.rules[r.id] = line
	}
	if was, ok := line.current(); ok {
		delete(g.held, was.tuple)
	}
	line.set(now, r)
	g.held[r.tuple] = r.id
}

func (g *group) remove(now time.Time, id string) {
	if r, ok := g.rule(id); ok {
		delete(g.held, r.tuple)
		g.rules[id].end(now)
	}
	maps.DeleteFunc(g.rules, func(_ string, l *timeline[rule]) bool {
		_, held := l.current()
		return !held && now.Sub(l.versions[len(l.versions)-1].until) > memory
	})
}

func (g *group) rule(id string) (rule, bool) {
	line := g.rules[id]
	if line == nil {
		return rule{}, false
	}
	return line.current()
}

// current yields the current rules, in no order.
func (g *group) current() iter.Seq[rule] {
	return func(yield func(rule) bool) {
		for _, id := range g.held {
			if r, ok := g.rule(id); ok && !yield(r) {
				return
			}
		}
	}
}

// rulesAt returns the rules at a time, sorted by id.
func (g *group) rulesAt(t time.Time) []rule {
	var held []rule
	for _, line := range g.rules {
		if r, ok := line.at(t); ok {
			held = append(held, r)
		}
	}
	slices.SortFunc(held, func(a, b rule) int { return cmp.Compare(a.id, b.id) })
	return held
}

// group returns a group that operations can use: in this account, not deleted, and past
// CreationLag.
func (s *Service) group(c call, id string) (*group, error) {
	if err := checkID("sg", id); err != nil {
		return nil, err
	}
	g := s.groups[id]
	if g == nil || g.owner != s.opts.Account || !s.visible(g, c.now, c.now) {
		return nil, groupNotFound(id)
	}
	return g, nil
}

// visible reports whether a call made now finds g in the state of view.
func (s *Service) visible(g *group, now, view time.Time) bool {
	_, alive := g.life.at(view)
	return alive && now.Sub(g.created) >= s.opts.CreationLag
}

// target returns the group that a request names, by id or, in the default VPC, by name.
func (s *Service) target(c call) (*group, error) {
	if c.has("GroupId") {
		return s.group(c, c.text("GroupId"))
	}
	if !c.has("GroupName") {
		return nil, missing("groupName or groupId")
	}
	name := c.text("GroupName")
	if g := s.named(c.now, s.opts.DefaultVPC, name); g != nil && s.visible(g, c.now, c.now) {
		return g, nil
	}
	return nil, failf("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC '%s'", name,
		s.opts.DefaultVPC)
}

func (s *Service) named(now time.Time, vpc, name string) *group {
	for _, g := range s.groups {
		if _, alive := g.life.at(now); alive && g.vpc == vpc && g.name == name && g.owner == s.opts.Account {
			return g
		}
	}
	return nil
}

// sorted returns every group of this account in the state of view, by id.
func (s *Service) sorted(c call) []*group {
	var seen []*group
	for _, id := range slices.Sorted(maps.Keys(s.groups)) {
		if g := s.groups[id]; g.owner == s.opts.Account && s.visible(g, c.now, c.view) {
			seen = append(seen, g)
		}
	}
	return seen
}
