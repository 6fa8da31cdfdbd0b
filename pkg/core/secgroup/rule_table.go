package secgroup

import (
	"cmp"
	"iter"
	"slices"
	"sort"
)

// ruleTable holds the rules of a [Cover], sorted by direction and peer, then by traffic.
type ruleTable struct {
	slots []slot
	arena spans // the memory of the nodes' spans
}

// slot is a rule of a ruleTable.
type slot struct {
	rule *Rule
	span
	wider int32 // the nearest earlier slot of the same peer that ends later, or none
	least int32 // the least width of this and earlier slots of the same peer
}

// none is the index that stands for no element.
const none int32 = -1

// own is a half-open range of a table's slots: the rules of one peer.
type own struct{ lo, hi int32 }

// newRuleTable returns the table of well-formed rules.
func newRuleTable(rules []*Rule) ruleTable {
	s := ruleTable{make([]slot, len(rules)), make(spans, 0, len(rules))}
	for i, r := range rules {
		s.slots[i] = slot{rule: r, span: spanOf(r), wider: none}
	}
	slices.SortFunc(s.slots, func(a, b slot) int { return comparePeers(a.rule, b.rule) })
	return s
}

// compareRegions orders rules by direction and then by peer, without the owners of groups.
func compareRegions(r, q *Rule) int {
	if r.Direction != q.Direction {
		return cmp.Compare(r.Direction, q.Direction)
	}
	return r.Peer.compareKin(&q.Peer)
}

// comparePeers orders rules by direction, then by peer with owner, then by protocol and ports.
func comparePeers(r, q *Rule) int {
	if c := compareRegions(r, q); c != 0 {
		return c
	}
	if c := r.Peer.compareOwners(&q.Peer); c != 0 {
		return c
	}
	return compareKin(r, q)
}

// byPeer fills in wider and least, and yields the slots of each peer.
func (s *ruleTable) byPeer() iter.Seq[own] {
	return func(yield func(own) bool) {
		for lo := 0; lo < len(s.slots); {
			first := s.slots[lo].rule
			hi := lo + 1
			s.slots[lo].least = s.slots[lo].width()
			for ; hi < len(s.slots) && s.slots[hi].rule.Direction == first.Direction &&
				s.slots[hi].rule.Peer == first.Peer; hi++ {
				s.survey(int32(hi))
			}
			if !yield(own{int32(lo), int32(hi)}) {
				return
			}
			lo = hi
		}
	}
}

// survey fills in slot i, which is not the first of its peer.
func (s *ruleTable) survey(i int32) {
	x := &s.slots[i]
	x.least = min(x.width(), s.slots[i-1].least)
	for x.wider = i - 1; x.wider != none && s.slots[x.wider].last <= x.last; {
		x.wider = s.slots[x.wider].wider
	}
}

// traffic returns the union of the spans of o.
func (s *ruleTable) traffic(o own) spans {
	start := len(s.arena)
	for _, x := range s.slots[o.lo:o.hi] {
		if n := len(s.arena); n > start && x.first <= s.arena[n-1].last+1 {
			s.arena[n-1].last = max(s.arena[n-1].last, x.last)
		} else {
			s.arena = append(s.arena, x.span)
		}
	}
	return s.arena[start:len(s.arena):len(s.arena)]
}

// upTo returns the last rule of o that begins at or before at, or none.
func (s *ruleTable) upTo(o own, at int32) int32 {
	n := sort.Search(int(o.hi-o.lo), func(i int) bool { return s.slots[o.lo+int32(i)].first > at })
	if n == 0 {
		return none
	}
	return o.lo + int32(n) - 1
}

// farthest returns the rule of o that admits at and ends last, or none.
func (s *ruleTable) farthest(o own, at int32) int32 {
	i := s.upTo(o, at)
	if i == none {
		return none
	}
	for s.slots[i].wider != none {
		i = s.slots[i].wider
	}
	if s.slots[i].last < at {
		return none
	}
	return i
}

// next returns the first number after at that begins a rule of o.
func (s *ruleTable) next(o own, at int32) int32 {
	i := max(s.upTo(o, at)+1, o.lo)
	if i >= o.hi {
		return lineLast + 1
	}
	return s.slots[i].first
}

// narrowest returns the rule of o that admits want and the least traffic beside it, or none.
func (s *ruleTable) narrowest(o own, want span) int32 {
	best, width := none, int32(lineLast+1)
	for i := s.upTo(o, want.first); i >= o.lo; {
		x := &s.slots[i]
		switch {
		case width <= x.least || width <= want.last-x.first:
			return best // no earlier rule is narrower
		case x.last < want.last:
			i = x.wider
			continue
		case x.width() < width:
			best, width = i, x.width()
		}
		i--
	}
	return best
}
