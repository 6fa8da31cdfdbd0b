package secgroup

// By returns the rules of the set whose union admits all of want, nil if no
// rules do. That is the rule that [Rule.Matches] want, if it is there; else
// the narrowest rule that admits want by itself, where the narrower is the one
// of fewer addresses or, of as many, of less traffic; else several rules, none
// of which the others could do without, in order.
func (c *Cover) By(want Rule) []Rule {
	if r, ok := c.have.match(&want); ok {
		return []Rule{r}
	}
	return c.union(&want)
}

// union is By for a rule that none of the set matches.
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
