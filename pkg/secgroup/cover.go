package secgroup

import "sort"

// Cover answers which rules a set of rules admits between them, exactly over
// ports x addresses. It does not change once made, so it may be shared.
//
// A want is covered when the union of the set's rules of its direction admits
// all of it:
//
//   - wider ports cover narrower ones, and adjoining ones together what they
//     make up; protocol -1 covers every protocol, but all ports of tcp, or all
//     256 protocols, do not make -1;
//   - a wider CIDR covers a narrower one, and several together what they make
//     up; the families are apart, so 0.0.0.0/0 covers no IPv6;
//   - a group, a prefix list or [Self] is covered only by a peer that
//     [Peer.Matches] it;
//   - ICMP type -1 covers every type and code -1 every code of its type, but
//     no number of types or codes makes a -1.
//
// With m rules in the set and w bits in an address, a Cover is made in
// O(m (log m + w)). [Cover.Covers] takes O(w log m) for each range of ports it
// has to piece together; [Cover.By] as much again for each rule it returns, and
// a look at those ranges of one peer that overlap the wanted one.
type Cover struct {
	have   Set
	planes [2][2]plane // of CIDR peers, by direction and family
	named  [2][]node   // of all other peers, by direction, in order of peer
	stock
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

// newCover returns the Cover of rules that are well formed, without its have.
func newCover(rules []*Rule) *Cover {
	c := &Cover{stock: newStock(rules)}
	for own := range c.byPeer() {
		r := c.slots[own.lo].rule
		n := node{own: own, block: r.Peer.block, parent: none, lower: none, upper: none}
		if n.isCIDR() {
			c.plane(r).open(&c.stock, n)
		} else {
			n.admits = c.chain(own)
			c.named[r.Direction] = append(c.named[r.Direction], n)
		}
	}
	for d := range c.planes {
		c.planes[d][0].closeAll(&c.stock)
		c.planes[d][1].closeAll(&c.stock)
	}
	return c
}

// plane returns the addresses of the direction and family of r, a CIDR rule.
func (c *Cover) plane(r *Rule) *plane { return &c.planes[r.Direction][r.Peer.kind-ipv4] }

// Covers reports whether the rules of the set admit all of want.
func (c *Cover) Covers(want Rule) bool {
	if !want.isWellFormed() {
		return c.have.Contains(want)
	}
	return admits(c.above(&want, make([]*node, 0, 8)), spanOf(&want))
}

// admits reports whether the nodes, each by itself and what is below it, admit
// s between them.
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

// above appends to nodes those whose peers hold all of want's, the nearest first.
func (c *Cover) above(want *Rule, nodes []*node) []*node {
	if want.Peer.isCIDR() {
		p := c.plane(want)
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
