package secgroup

// tiling makes up wanted traffic and addresses from rules, like a floor from
// tiles that may overlap.
type tiling struct {
	*Cover
	plane *plane // of a wanted CIDR
	from  picker
	take  func(rule int32) // told of each rule used, if not nil
}

// picker chooses among some of the rules of a peer.
type picker interface {
	farthest(o own, at int32) int32 // the rule that admits the place at and reaches farthest, or none
	next(o own, at int32) int32     // the first place after at where a rule begins
}

func (c *Cover) tiling(want *Rule, from picker, take func(int32)) *tiling {
	t := &tiling{Cover: c, from: from, take: take}
	if want.Peer.isCIDR() {
		t.plane = c.plane(want)
	}
	return t
}

// whole returns the node that is want's own CIDR, whose halves may make it up,
// if it is the nearest of the nodes.
func whole(want *Rule, nodes []*node) *node {
	if len(nodes) > 0 && want.Peer.isCIDR() && nodes[0].block == want.Peer.block {
		return nodes[0]
	}
	return nil
}

// fill makes up s from the rules of the nodes, and where these leave a gap,
// from both halves of whole. It reports whether it could.
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
	half := &t.plane.nodes[i]
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
