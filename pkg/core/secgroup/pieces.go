package secgroup

import (
	"cmp"
	"slices"
	"sort"
)

// pieces are rules of a ruleTable that together admit a wanted rule. Among the rules of one peer,
// a rule that begins later ends no earlier.
type pieces struct {
	*ruleTable
	rules   []int32 // in order
	dropped []bool  // by index in rules
}

// several returns rules that together admit want, none of which is redundant. The set must
// cover want.
func (c *Cover) several(want *Rule, nodes []*node, s span) []Rule {
	p := pieces{ruleTable: &c.ruleTable}
	take := func(i int32) { p.rules = append(p.rules, i) }
	c.tiling(want, &c.ruleTable, take).fill(nodes, whole(want, nodes), s)
	slices.Sort(p.rules)
	p.rules = slices.Compact(p.rules)
	c.prune(&p, want, s)
	return p.left()
}

// prune drops each redundant piece, the narrowest first.
func (c *Cover) prune(p *pieces, want *Rule, s span) {
	p.dropped = make([]bool, len(p.rules))
	t := c.tiling(want, p, nil)
	for _, k := range p.byWidth() {
		share := *want // the part of want that the piece may admit
		if r := c.slots[p.rules[k]].rule; r.Peer.bits > want.Peer.bits {
			share.Peer = r.Peer
		}
		part := c.slots[p.rules[k]].span.meet(s)
		nodes := c.above(&share, nil)
		p.dropped[k] = true
		p.dropped[k] = t.fill(nodes, whole(&share, nodes), part)
	}
}

// byWidth returns the indexes of the pieces, from narrow to wide.
func (p *pieces) byWidth() []int {
	order := make([]int, len(p.rules))
	for k := range order {
		order[k] = k
	}
	slices.SortFunc(order, func(k, l int) int {
		i, j := p.rules[k], p.rules[l]
		return cmp.Or(
			cmp.Compare(p.slots[j].rule.Peer.bits, p.slots[i].rule.Peer.bits),
			cmp.Compare(p.slots[i].width(), p.slots[j].width()),
			cmp.Compare(i, j),
		)
	})
	return order
}

// left returns the remaining pieces, in order.
func (p *pieces) left() []Rule {
	rules := make([]Rule, 0, len(p.rules))
	for k, i := range p.rules {
		if !p.dropped[k] {
			rules = append(rules, *p.slots[i].rule)
		}
	}
	slices.SortFunc(rules, Rule.Compare)
	return rules
}

// upTo returns the last piece of o that begins at or before at, or -1.
func (p *pieces) upTo(o own, at int32) int {
	return sort.Search(len(p.rules), func(k int) bool {
		i := p.rules[k]
		return i >= o.hi || i >= o.lo && p.slots[i].first > at
	}) - 1
}

func (p *pieces) farthest(o own, at int32) int32 {
	k := p.upTo(o, at)
	for k >= 0 && p.dropped[k] {
		k--
	}
	if k < 0 || p.rules[k] < o.lo || p.slots[p.rules[k]].last < at {
		return none
	}
	return p.rules[k]
}

func (p *pieces) next(o own, at int32) int32 {
	k := p.upTo(o, at) + 1
	for k < len(p.rules) && (p.dropped[k] || p.rules[k] < o.lo) {
		k++
	}
	if k == len(p.rules) || p.rules[k] >= o.hi {
		return lineLast + 1
	}
	return p.slots[p.rules[k]].first
}
