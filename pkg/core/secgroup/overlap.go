package secgroup

// Overlaps reports whether both rules admit some common traffic. For example, tcp 80-90 and
// tcp 85 from 10.0.0.0/8 overlap. The addresses of a group or a prefix list are unknown, so
// these overlap only if their peers match.
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
