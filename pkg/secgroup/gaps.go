package secgroup

import "sort"

// Gaps returns what of want the set does not admit, as rules that with those of
// the set would cover it: nil if it is covered, want itself if none of it is.
// Traffic that a range of ports cannot express, such as all ICMP types but one,
// is not cut: there a gap has all of want's traffic.
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

// appendGaps appends what is not admitted of want by nodes within its CIDR. No
// node around it admits any of want.
func (c *Cover) appendGaps(rules []Rule, want Rule) []Rule {
	if !want.Peer.isCIDR() || !c.plane(&want).within(&want.Peer.block) {
		return append(rules, want)
	}
	start := len(rules)
	halves := want.Peer.halves()
	for _, half := range halves {
		part := want
		part.Peer.block = half
		for _, s := range lacks(c.self(&part), &part, spanOf(&part)) {
			rules = c.appendGaps(rules, part.withTraffic(s))
		}
	}
	if found := rules[start:]; len(found) == 2 && found[0].isHalf(&want, halves[0]) && found[1].isHalf(&want, halves[1]) {
		return append(rules[:start], want) // what is within has other traffic
	}
	return rules
}

// lacks returns what of s, the traffic of want, the nodes do not admit.
func lacks(nodes []*node, want *Rule, s span) chain {
	var lacking chain
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
		return chain{s}
	}
	return lacking
}

// self returns the node of r's own CIDR, if there is one.
func (c *Cover) self(r *Rule) []*node {
	if nodes := c.above(r, nil); len(nodes) > 0 && nodes[0].block == r.Peer.block {
		return nodes[:1]
	}
	return nil
}

// within reports whether some node is within b, but is not b.
func (p *plane) within(b *block) bool {
	i := sort.Search(len(p.nodes), func(i int) bool { return !p.nodes[i].endsBefore(b) })
	return i > 0 && b.contains(&p.nodes[i-1].block)
}

// isHalf reports whether r is the half of want in that block.
func (r *Rule) isHalf(want *Rule, half block) bool {
	return r.Peer.block == half && r.Ports == want.Ports
}

// withTraffic returns r with the ports of s where it has ports, which must be
// within its own.
func (r Rule) withTraffic(s span) Rule {
	if r.Protocol.HasPorts() {
		start := int32(r.Protocol) * stretch
		r.Ports = Ports{s.first - start, s.last - start}
	}
	return r
}
