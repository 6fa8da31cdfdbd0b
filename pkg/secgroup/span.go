package secgroup

// span is a rule's traffic as an interval on one line of numbers, laid out so
// that one rule's traffic admits another's exactly when its span contains the
// other's, and several rules' exactly when the union of their spans does:
//
//   - each protocol has its own stretch of the line, of which tcp and udp use
//     the place of each port, and a protocol without ports the first place;
//   - an ICMP type has a place for each of 256 codes and one more, which only
//     code -1 takes; ICMP has one more after all its types, which only type -1
//     takes. So no union of codes is every code, nor one of types every type;
//   - protocol -1 is the whole line and one more place, so that no union of
//     protocols is -1.
type span struct{ first, last int32 }

const (
	stretch  = 1 << 17 // more than 65,536 ports or 256 x 257 + 1 types and codes
	codes    = 256 + 1
	icmpLast = 256 * codes
	lineLast = 256 * stretch
)

// nothing is the span of a rule that is malformed: it admits no traffic, and
// only its like matches it.
var nothing = span{0, -1}

// isWellFormed reports whether r is a rule that EC2 could hold. Any other is
// never covered but by its like, and covers nothing else.
func (r *Rule) isWellFormed() bool {
	return r.hasRegion() && spanOf(r) != nothing
}

func (r *Rule) hasRegion() bool { return r.Direction <= Egress && r.Peer.kind != noPeer }

// spanOf returns the traffic of r.
func spanOf(r *Rule) span {
	switch {
	case r.Protocol == All:
		return span{0, lineLast}
	case r.Protocol < 0 || r.Protocol > 255:
		return nothing
	}
	s := span{0, 0}
	switch {
	case r.Protocol.HasPorts():
		s = portSpan(r.Ports)
	case r.Protocol.HasTypes():
		s = icmpSpan(r.Ports)
	}
	if s == nothing {
		return s
	}
	start := int32(r.Protocol) * stretch
	return span{start + s.first, start + s.last}
}

func portSpan(p Ports) span {
	if p.First < 0 || p.First > p.Last || p.Last > MaxPort {
		return nothing
	}
	return span{p.First, p.Last}
}

func icmpSpan(p Ports) span {
	t, code := p.First, p.Last
	switch {
	case p == NoPorts:
		return span{0, icmpLast}
	case t < 0 || t > 255 || code < -1 || code > 255:
		return nothing
	case code == -1:
		return span{t * codes, t*codes + codes - 1}
	}
	return span{t*codes + code, t*codes + code}
}

// meet returns what is in both s and t, which must overlap.
func (s span) meet(t span) span { return span{max(s.first, t.first), min(s.last, t.last)} }

// width is one less than the number of places in s.
func (s span) width() int32 { return s.last - s.first }
