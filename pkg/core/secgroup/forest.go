package secgroup

import (
	"sort"
)

// forest holds the addresses of one family in one direction as a forest, because two CIDRs are
// nested or disjoint. It has a node for each CIDR of a rule. If both halves of a block are
// nodes, the block is a node too, and admits the traffic that both halves admit. For example,
// 0.0.0.0/1 and 128.0.0.0/1 make the node 0.0.0.0/0.
type forest struct {
	nodes []node  // children before their parents, the lower addresses first
	opens []node  // nodes with descendants still to come, each within the one before
	loose []int32 // nodes with parents still to come
}

// node is a peer with its rules.
type node struct {
	block
	own                // its rules; none if the block exists only for its halves
	parent       int32 // the nearest node around it, or none
	lower, upper int32 // its halves if both are nodes, or none
	admits       spans // the traffic that its own rules and those below admit from all of it
}

// open adds a node. The caller adds nodes in the order of their blocks.
func (p *forest) open(s *ruleTable, n node) {
	for len(p.opens) > 0 && !p.top().contains(&n.block) {
		p.closeTop(s)
	}
	p.opens = append(p.opens, n)
}

// closeAll completes the forest after the last node.
func (p *forest) closeAll(s *ruleTable) {
	for len(p.opens) > 0 {
		p.closeTop(s)
	}
	p.opens, p.loose = nil, nil
}

func (p *forest) top() *node { return &p.opens[len(p.opens)-1] }

func (p *forest) closeTop(s *ruleTable) {
	n := *p.top()
	p.opens = p.opens[:len(p.opens)-1]
	p.close(s, n)
}

// close adds n after all its descendants. If n completes a block of two halves, it adds that
// block too.
func (p *forest) close(s *ruleTable, n node) {
	i := int32(len(p.nodes))
	p.adopt(&n, i)
	n.admits = s.traffic(n.own)
	if n.lower != none {
		both := p.nodes[n.lower].admits.meet(p.nodes[n.upper].admits, nil)
		n.admits = n.admits.union(both, nil)
	}
	p.nodes = append(p.nodes, n)
	p.loose = append(p.loose, i)
	if whole, ok := p.completes(&n); ok {
		p.close(s, node{block: whole, parent: none, lower: none, upper: none})
	}
}

// adopt makes n, with index i, the parent of the loose nodes within it.
func (p *forest) adopt(n *node, i int32) {
	for k := len(p.loose) - 1; k >= 0; k-- {
		child := &p.nodes[p.loose[k]]
		if !n.contains(&child.block) {
			return
		}
		child.parent = i
		if child.bits == n.bits+1 && child.isUpper() {
			n.upper = p.loose[k]
		} else if child.bits == n.bits+1 && n.upper != none {
			n.lower = p.loose[k]
		}
		p.loose = p.loose[:k]
	}
}

// completes returns the block of which n is the upper half. ok is true if the lower half is a
// node and the block is not.
func (p *forest) completes(n *node) (whole block, ok bool) {
	if n.bits == 0 || !n.isUpper() || len(p.loose) < 2 {
		return block{}, false
	}
	whole = n.whole()
	if len(p.opens) > 0 && p.top().block == whole {
		return block{}, false // the caller adds it with its own rules
	}
	lower := &p.nodes[p.loose[len(p.loose)-2]]
	return whole, lower.bits == n.bits && whole.contains(&lower.block)
}

// nearest returns the narrowest node that contains b, or none.
func (p *forest) nearest(b *block) int32 {
	i := sort.Search(len(p.nodes), func(i int) bool { return !p.nodes[i].endsBefore(b) })
	if i == len(p.nodes) {
		return none
	}
	at := int32(i)
	for at != none && !p.nodes[at].contains(b) {
		at = p.nodes[at].parent
	}
	return at
}
