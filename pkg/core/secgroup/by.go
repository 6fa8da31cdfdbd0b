package secgroup

// By returns the rules that admit want, or nil if the set does not cover it. The result is the
// first of:
//
//   - the rule that [Rule.Matches] want;
//   - the narrowest rule that admits want alone: the fewest addresses, then the least
//     traffic;
//   - several rules, in order, none of which is redundant.
//
// For example, 0.0.0.0/1 and 128.0.0.0/1 are the result for 0.0.0.0/0.
func (c *Cover) By(want Rule) []Rule {
	if r, ok := c.have.match(&want); ok {
		return []Rule{r}
	}
	return c.union(&want)
}

// union is By if no rule of the set matches want.
func (c *Cover) union(want *Rule) []Rule {
	if !want.isWellFormed() {
		return nil
	}
	s, nodes := spanOf(want), c.above(want, make([]*node, 0, 8))
	if i := c.single(nodes, s); i != none {
		return []Rule{*c.slots[i].rule}
	}
	if !admits(nodes, s) {
		return nil
	}
	return c.several(want, nodes, s)
}

// single returns the narrowest rule of the nodes that admits all of s, or none.
func (c *Cover) single(nodes []*node, s span) int32 {
	best := none
	var bits uint8
	for _, n := range nodes {
		if best != none && n.bits < bits {
			break // all the others are wider still
		}
		i := c.narrowest(n.own, s)
		if i != none && (best == none || c.slots[i].width() < c.slots[best].width()) {
			best, bits = i, n.bits
		}
	}
	return best
}
