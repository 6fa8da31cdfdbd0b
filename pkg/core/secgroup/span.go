package secgroup

// span is a rule's traffic as an interval on a line of numbers. A union of rules admits the
// traffic of another exactly if the union of their spans contains its span:
//
//   - Each protocol has its own stretch of the line. tcp and udp use one number for each
//     port. A protocol without ports uses the first number of its stretch.
//   - Each ICMP type has 256 numbers for its codes and one more, which only code -1
//     includes. After all types comes one more, which only type -1 includes. So no union of
//     codes or types is -1.
//   - Protocol -1 is the whole line and one number more, so no union of protocols is -1.
type span struct{ first, last int32 }

const (
	stretch  = 1 << 17 // more than 65,536 ports or 256 x 257 + 1 types and codes
	codes    = 256 + 1
	icmpLast = 256 * codes
	lineLast = 256 * stretch
)

// nothing is the span of a malformed rule, which admits no traffic.
var nothing = span{0, -1}

// isWellFormed reports whether EC2 could hold r. A malformed rule covers nothing but itself,
// and only itself covers it.
func (r *Rule) isWellFormed() bool {
	return r.hasRegion() && spanOf(r) != nothing
}

func (r *Rule) hasRegion() bool { return r.Direction <= Egress && r.Peer.kind != noPeer }

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

// meet returns the intersection of s and t, which must overlap.
func (s span) meet(t span) span { return span{max(s.first, t.first), min(s.last, t.last)} }

// width returns one less than the count of numbers in s.
func (s span) width() int32 { return s.last - s.first }
