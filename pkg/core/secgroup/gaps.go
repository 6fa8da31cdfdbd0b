package secgroup

import "sort"

// Gaps returns the part of want that the set does not admit, as rules. Together with the set
// they cover want. Gaps returns nil if want is covered, and want itself if no part is. For
// example, the gap of tcp 80-90 beside a rule for tcp 80-84 is tcp 85-90. If a port range
// cannot express the rest, such as all ICMP types but one, the gap has all of want's traffic.
func (c *Cover) Gaps(want Rule) []Rule {
	switch {
	case c.have.Contains(want):
		return nil
	case !want.isWellFormed():
		return []Rule{want}
	}
	var rules []Rule
	for _, s := range lacks(c.above(&want, nil), &want, spanOf(&want)) {
		rules = c.appendGaps(rules, want.withTraffic(s))
	}
	return rules
}

// appendGaps appends the parts of want that no node within its CIDR admits. The caller has
// tested the node of that CIDR and those around it.
func (c *Cover) appendGaps(rules []Rule, want Rule) []Rule {
	if !want.Peer.isCIDR() || !c.forest(&want).within(&want.Peer.block) {
		return append(rules, want)
	}
	start := len(rules)
	halves := want.Peer.halves()
	for _, half := range halves {
		part := want
		part.Peer.block = half
		for _, s := range lacks(c.ownNode(&part), &part, spanOf(&part)) {
			rules = c.appendGaps(rules, part.withTraffic(s))
		}
	}
	if found := rules[start:]; len(found) == 2 && found[0].isHalf(&want, halves[0]) &&
		found[1].isHalf(&want, halves[1]) {
		return append(rules[:start], want) // the nodes within admit other traffic
	}
	return rules
}

// lacks returns the part of s, the traffic of want, that the nodes do not admit.
func lacks(nodes []*node, want *Rule, s span) spans {
	var lacking spans
	for at := s.first; at <= s.last; {
		next, gap := at, s.last
		for _, n := range nodes {
			next = max(next, n.admits.reach(at)+1)
			gap = min(gap, n.admits.next(at)-1)
		}
		if next == at {
			lacking = append(lacking, span{at, gap})
			next = gap + 1
		}
		at = next
	}
	if len(lacking) > 0 && !want.Protocol.HasPorts() {
		return spans{s}
	}
	return lacking
}

// ownNode returns the node of r's own CIDR, if any.
func (c *Cover) ownNode(r *Rule) []*node {
	if nodes := c.above(r, nil); len(nodes) > 0 && nodes[0].block == r.Peer.block {
		return nodes[:1]
	}
	return nil
}

// within reports whether some node is within b and is not b.
func (p *forest) within(b *block) bool {
	i := sort.Search(len(p.nodes), func(i int) bool { return !p.nodes[i].endsBefore(b) })
	return i > 0 && b.contains(&p.nodes[i-1].block)
}

// isHalf reports whether r is the half of want in that block, with want's ports.
func (r *Rule) isHalf(want *Rule, half block) bool {
	return r.Peer.block == half && r.Ports == want.Ports
}

// withTraffic returns r with the ports of s, if r's protocol has ports. s must be within r's
// span.
func (r Rule) withTraffic(s span) Rule {
	if r.Protocol.HasPorts() {
		start := int32(r.Protocol) * stretch
		r.Ports = Ports{s.first - start, s.last - start}
	}
	return r
}
