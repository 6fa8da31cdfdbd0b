package secgroup

import "sort"

// Cover answers which rules a set of rules covers, exactly over ports x addresses. It is
// immutable, so goroutines may share it.
//
// A rule is covered if the union of the set's rules of its direction admits all of it:
//
//   - Wider ports cover narrower ones, and adjoining ports add up. Protocol -1 covers every
//     protocol. All ports of tcp, or all 256 protocols, do not add up to -1.
//   - A wider CIDR covers a narrower one, and several CIDRs add up. For example, two /25
//     rules cover one /24. The families are separate: 0.0.0.0/0 covers no IPv6.
//   - Only a peer that [Peer.Matches] it covers a group, a prefix list or [Self].
//   - ICMP type -1 covers every type, and code -1 every code of its type. No list of types
//     or codes adds up to -1.
//
// For m rules in the set and w bits in an address, [NewCover] takes O(m (log m + w)).
// [Cover.Covers] takes O(w log m) for each range of ports that it combines. [Cover.By] takes
// as much again for each rule that it returns, and for each range of the same peer that
// overlaps the wanted one.
type Cover struct {
	have    Set
	forests [2][2]forest // of CIDR peers, by direction and family
	named   [2][]node    // of all other peers, by direction, in order of peer
	ruleTable
}

// NewCover returns the Cover of have.
func NewCover(have Set) *Cover {
	rules := make([]*Rule, 0, have.Len())
	for i := range have.rules {
		if have.rules[i].isWellFormed() {
			rules = append(rules, &have.rules[i])
		}
	}
	c := newCover(rules)
	c.have = have
	return c
}

// newCover returns the Cover of well-formed rules, without its field have.
func newCover(rules []*Rule) *Cover {
	c := &Cover{ruleTable: newRuleTable(rules)}
	for own := range c.byPeer() {
		r := c.slots[own.lo].rule
		n := node{own: own, block: r.Peer.block, parent: none, lower: none, upper: none}
		if n.isCIDR() {
			c.forest(r).open(&c.ruleTable, n)
		} else {
			n.admits = c.traffic(own)
			c.named[r.Direction] = append(c.named[r.Direction], n)
		}
	}
	for d := range c.forests {
		c.forests[d][0].closeAll(&c.ruleTable)
		c.forests[d][1].closeAll(&c.ruleTable)
	}
	return c
}

// forest returns the forest of the direction and family of r, which must be a CIDR rule.
func (c *Cover) forest(r *Rule) *forest { return &c.forests[r.Direction][r.Peer.kind-ipv4] }

// Covers reports whether the rules of the set admit all of want.
func (c *Cover) Covers(want Rule) bool {
	if !want.isWellFormed() {
		return c.have.Contains(want)
	}
	return admits(c.above(&want, make([]*node, 0, 8)), spanOf(&want))
}

// admits reports whether the nodes together admit s.
func admits(nodes []*node, s span) bool {
	for at := s.first; at <= s.last; {
		next := at
		for _, n := range nodes {
			next = max(next, n.admits.reach(at)+1)
		}
		if next == at {
			return false
		}
		at = next
	}
	return true
}

// above appends to nodes those with a peer that contains want's peer, the nearest first.
func (c *Cover) above(want *Rule, nodes []*node) []*node {
	if want.Peer.isCIDR() {
		p := c.forest(want)
		for i := p.nearest(&want.Peer.block); i != none; i = p.nodes[i].parent {
			nodes = append(nodes, &p.nodes[i])
		}
		return nodes
	}
	named := c.named[want.Direction]
	peer := func(i int) *Peer { return &c.slots[named[i].own.lo].rule.Peer }
	i := sort.Search(len(named), func(i int) bool { return peer(i).compareKin(&want.Peer) >= 0 })
	for ; i < len(named) && peer(i).compareKin(&want.Peer) == 0; i++ {
		if peer(i).Matches(want.Peer) {
			nodes = append(nodes, &named[i])
		}
	}
	return nodes
}
