package secgroup

import (
	"slices"
	"sort"
)

// unmatched holds the desired rules that no actual rule matches, arranged to find actual rules
// that may help to cover them.
type unmatched struct {
	all     regions
	traffic [2][]patch // by direction, in order
}

// patch is a span of traffic and the unmatched rules that want part of it. Patches do not overlap.
type patch struct {
	span
	by regions
}

// newUnmatched returns the unmatched of rules that are in order.
func newUnmatched(rules []*Rule) *unmatched {
	u := &unmatched{all: regions{rules: slices.Clone(rules)}}
	for i, r := range rules {
		if !r.isWellFormed() {
			continue
		}
		s, traffic := spanOf(r), &u.traffic[r.Direction]
		if n := len(*traffic); n > 0 && s.first <= (*traffic)[n-1].last {
			p := &(*traffic)[n-1]
			p.last = max(p.last, s.last)
			p.by.rules = append(p.by.rules, r)
		} else {
			*traffic = append(*traffic, patch{s, regions{rules: rules[i : i+1 : i+1]}})
		}
	}
	return u
}

// near returns the actual rules that share traffic and addresses with an unmatched rule. If
// several unmatched rules want a patch, it may also return a rule that shares traffic with one and
// addresses with another.
func (u *unmatched) near(actual []Rule) []*Rule {
	var rules []*Rule
	ahead := u.traffic
	for i := range actual {
		r := &actual[i]
		s := spanOf(r)
		if s == nothing || !r.hasRegion() {
			continue
		}
		rest := &ahead[r.Direction]
		for len(*rest) > 0 && (*rest)[0].last < s.first {
			*rest = (*rest)[1:]
		}
		if u.meets(*rest, r, s) {
			rules = append(rules, r)
		}
	}
	return rules
}

// few is the number of patches that are tested one by one.
const few = 4

// meets reports whether an unmatched rule of rest shares traffic and addresses with r. If s
// extends beyond the first few patches, it tests addresses alone.
func (u *unmatched) meets(rest []patch, r *Rule, s span) bool {
	for i := range rest {
		switch {
		case rest[i].first > s.last:
			return false
		case i == few:
			return u.all.meet(r)
		case rest[i].by.meet(r):
			return true
		}
	}
	return false
}

// regions holds rules by their direction and peer.
type regions struct {
	rules []*Rule // once sorted, without rules within another's peer
	ready bool    // whether rules are sorted
}

// meet reports whether some rule shares addresses with r.
func (p *regions) meet(r *Rule) bool {
	if !p.ready {
		p.sort()
	}
	i := sort.Search(len(p.rules), func(i int) bool { return compareRegions(p.rules[i], r) > 0 })
	return i > 0 && p.rules[i-1].surrounds(r) || i < len(p.rules) && r.surrounds(p.rules[i])
}

func (p *regions) sort() {
	if len(p.rules) > 1 {
		slices.SortFunc(p.rules, compareRegions)
	}
	outer := p.rules[:0]
	for _, r := range p.rules {
		if n := len(outer); n == 0 || !outer[n-1].surrounds(r) {
			outer = append(outer, r)
		}
	}
	p.rules, p.ready = outer, true
}

// surrounds reports whether r's peer contains q's peer, in the same direction.
func (r *Rule) surrounds(q *Rule) bool {
	if r.Peer.isCIDR() {
		return r.Direction == q.Direction && r.Peer.contains(&q.Peer.block)
	}
	return compareRegions(r, q) == 0
}
