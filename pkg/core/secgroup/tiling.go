package secgroup

// tiling composes wanted traffic and addresses from rules, which may overlap.
type tiling struct {
	*Cover
	forest *forest // of the wanted CIDR
	from   picker
	take   func(rule int32) // if not nil, called with each rule used
}

// picker selects among the rules of a peer, or among some of them.
type picker interface {
	farthest(o own, at int32) int32 // the rule that admits at and ends last, or none
	next(o own, at int32) int32     // the first number after at that begins a rule
}

func (c *Cover) tiling(want *Rule, from picker, take func(int32)) *tiling {
	t := &tiling{Cover: c, from: from, take: take}
	if want.Peer.isCIDR() {
		t.forest = c.forest(want)
	}
	return t
}

// whole returns the node that is want's own CIDR, if it is the nearest of the nodes, else nil.
func whole(want *Rule, nodes []*node) *node {
	if len(nodes) > 0 && want.Peer.isCIDR() && nodes[0].block == want.Peer.block {
		return nodes[0]
	}
	return nil
}

// fill composes s from the rules of the nodes, and each gap from both halves of whole. It
// reports whether it could.
func (t *tiling) fill(nodes []*node, whole *node, s span) bool {
	for at := s.first; at <= s.last; {
		if i := t.farthest(nodes, at); i != none {
			if t.take != nil {
				t.take(i)
			}
			at = t.slots[i].last + 1
			continue
		}
		gap := span{at, min(s.last, t.next(nodes, at)-1)}
		if whole == nil || whole.lower == none || !t.fillHalf(whole.lower, gap) || !t.fillHalf(whole.upper, gap) {
			return false
		}
		at = gap.last + 1
	}
	return true
}

func (t *tiling) fillHalf(i int32, s span) bool {
	half := &t.forest.nodes[i]
	return t.fill([]*node{half}, half, s)
}

func (t *tiling) farthest(nodes []*node, at int32) int32 {
	best := none
	for _, n := range nodes {
		if i := t.from.farthest(n.own, at); i != none && (best == none || t.slots[i].last > t.slots[best].last) {
			best = i
		}
	}
	return best
}

func (t *tiling) next(nodes []*node, at int32) int32 {
	next := int32(lineLast + 1)
	for _, n := range nodes {
		next = min(next, t.from.next(n.own, at))
	}
	return next
}
