package ensure_test

import (
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// rest checks the conditions at rest, after all faults and work.
func (s *simulation) rest(t *testing.T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for left := range s.left(t) {
		s.stalls("%s", left)
	}
	s.noDuplicates()
	s.fewCalls()
	s.inBudget()
}

// left yields the remaining work. Without any, the world is at rest.
func (s *simulation) left(t *testing.T) iter.Seq[string] {
	now := time.Now()
	return func(yield func(string) bool) {
		for left := range s.unanswered(now) {
			if !yield(left) {
				return
			}
		}
		for _, group := range s.workload.groups {
			for _, left := range []string{s.lacking(group, now), s.surplus(group, now), s.held(t, group)} {
				if left != "" && !yield(left) {
					return
				}
			}
		}
	}
}

// usage is how many entries of its quotas a group uses.
type usage struct{ in4, in6, out4, out6 int }

func (u usage) plus(r simRule) usage {
	v4, v6 := r.families()
	if r.egress {
		return usage{u.in4, u.in6, u.out4 + v4, u.out6 + v6}
	}
	return usage{u.in4 + v4, u.in6 + v6, u.out4, u.out6}
}

func (u usage) fits(limit int) bool { return max(u.in4, u.in6, u.out4, u.out6) <= limit }

func (g *watched) usage() (u usage) {
	for _, r := range g.rules {
		u = u.plus(simRuleOf(r))
	}
	return u
}

// lacking: every accepted wish is open, unless its missing rules do not fit.
func (s *simulation) lacking(group string, now time.Time) string {
	g := s.watch.groups[group]
	var admitted space
	for _, r := range g.rules {
		admitted.add(simRuleOf(r))
	}
	for _, w := range s.wishesOf(group) {
		if !w.must(now) {
			continue
		}
		next := g.usage()
		var lacks []simRule
		for _, r := range w.rules {
			if !admitted.admits(r) {
				lacks = append(lacks, r)
				next = next.plus(r)
			}
		}
		if len(lacks) > 0 && next.fits(s.workload.quota) {
			return fmt.Sprintf("%s on %s was accepted, and lacks %s:%s", w.launch.name, group, brief(lacks), g)
		}
	}
	return ""
}

// surplus: a wish needs every sgkeeper rule, or the rule's replacement does not fit.
func (s *simulation) surplus(group string, now time.Time) string {
	g := s.watch.groups[group]
	needed := make(map[simRule]bool)
	for _, w := range s.wishesOf(group) {
		if w.may(now) {
			for _, r := range w.rules {
				needed[r] = true
			}
		}
	}
	var admitted space // without the surplus rules
	var surplus []simRule
	for _, id := range sortedIDs(g.rules) {
		if r := simRuleOf(g.rules[id]); g.ours[id] && !needed[r] {
			surplus = append(surplus, r)
		} else {
			admitted.add(r)
		}
	}
	next := g.usage()
	for r := range needed {
		if !admitted.admits(r) {
			next = next.plus(r)
		}
	}
	if len(surplus) > 0 && next.fits(s.workload.quota) {
		return fmt.Sprintf("no wish needs %s on %s:%s", brief(surplus), group, g)
	}
	return ""
}

// held: the group's lease is free, and every ticket is served.
func (s *simulation) held(t *testing.T, group string) string {
	if h, _ := s.head(t, group); h.Owner != lease.Nobody || h.Want != h.Applied {
		return fmt.Sprintf("the lease of %s is at %+v", group, h)
	}
	return ""
}

// noDuplicates: EC2 never answers Duplicate without a stale describe, an outsider, a lost
// reply or an unreleased round.
func (s *simulation) noDuplicates() {
	if s.duplicate > 0 && s.luck.stale == 0 && s.excuses+s.unfinished == 0 {
		s.violated("%d Duplicates without a cause", s.duplicate)
	}
}

// fewCalls: a round costs two calls of EC2, and one more for each other direction and each
// kind of write. Each fault and each rejection by EC2 costs a few more.
func (s *simulation) fewCalls() {
	calls := s.calls["describe"] + s.calls["authorize"] + s.calls["revoke"]
	rounds := s.calls["load"] + s.calls["peek"]
	if most := 2*rounds + 4*(s.faultsEC2+s.refusals); calls > most {
		s.violated("%d calls of EC2 in %d rounds with %d faults and %d refusals, want at most %d", calls, rounds,
			s.faultsEC2, s.refusals, most)
	}
}
