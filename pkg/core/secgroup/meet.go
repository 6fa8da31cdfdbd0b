package secgroup

// Meet returns the traffic that both rules admit, as one rule; ok is false if there is none. For
// example, all from 10.0.0.0/9 and tcp 80 from 10.0.0.0/8 meet in tcp 80 from 10.0.0.0/9.
func (r Rule) Meet(q Rule) (both Rule, ok bool) {
	if !r.Overlaps(q) {
		return Rule{}, false
	}
	both = q
	if a, b := spanOf(&r), spanOf(&q); a.meet(b) != b { // r has less traffic, or they share a part
		both.Protocol, both.Ports = r.Protocol, r.Ports
		if a.meet(b) != a { // only ranges of ports overlap without one containing the other
			both.Ports = Ports{max(r.Ports.First, q.Ports.First), min(r.Ports.Last, q.Ports.Last)}
		}
	}
	if a, isCIDR := r.Peer.Prefix(); isCIDR {
		if b, _ := q.Peer.Prefix(); a.Bits() > b.Bits() {
			both.Peer = r.Peer
		}
	} else if account, _, _ := q.Peer.Group(); account == "" {
		both.Peer = r.Peer // it may name the owner
	}
	return both, true
}
