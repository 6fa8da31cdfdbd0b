package secgroup

// Overlaps reports whether some traffic is admitted by both rules, as far as
// the rules tell: what addresses a group or a prefix list stands for is not
// known, so those overlap only where their peers match.
func (r Rule) Overlaps(q Rule) bool {
	a, b := spanOf(&r), spanOf(&q)
	return r.Direction == q.Direction && r.Peer.overlaps(q.Peer) && a.first <= b.last && b.first <= a.last
}

func (p Peer) overlaps(q Peer) bool {
	a, isCIDR := p.Prefix()
	b, areCIDRs := q.Prefix()
	if isCIDR && areCIDRs {
		return a.Overlaps(b)
	}
	return p.Matches(q)
}
