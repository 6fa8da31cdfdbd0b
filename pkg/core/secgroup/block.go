package secgroup

import (
	"cmp"
	"encoding/binary"
	"net/netip"
)

// kind is the kind of a peer. Peers sort by kind first, in this order.
type kind uint8

const (
	noPeer kind = iota
	ipv4
	ipv6
	prefixList
	self
	group
)

// block holds the addresses of a CIDR as numbers, so that order, containment and halves are
// plain arithmetic. For any other peer only kind is set.
type block struct {
	hi, lo uint64 // the first address, left-aligned: IPv4 fills the top 32 bits of hi
	bits   uint8  // prefix length; every bit of hi and lo beyond it is zero
	kind   kind
}

// blockOf returns the block of a valid prefix, masked.
func blockOf(p netip.Prefix) block {
	addr := p.Masked().Addr()
	if addr.Is4() {
		b := addr.As4()
		return block{hi: uint64(binary.BigEndian.Uint32(b[:])) << 32, bits: uint8(p.Bits()), kind: ipv4}
	}
	b := addr.As16()
	return block{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:]), uint8(p.Bits()), ipv6}
}

// isCIDR reports whether b has addresses.
func (b block) isCIDR() bool { return b.kind == ipv4 || b.kind == ipv6 }

// prefix is the inverse of blockOf.
func (b block) prefix() netip.Prefix {
	if b.kind == ipv4 {
		var a [4]byte
		binary.BigEndian.PutUint32(a[:], uint32(b.hi>>32))
		return netip.PrefixFrom(netip.AddrFrom4(a), int(b.bits))
	}
	var a [16]byte
	binary.BigEndian.PutUint64(a[:8], b.hi)
	binary.BigEndian.PutUint64(a[8:], b.lo)
	return netip.PrefixFrom(netip.AddrFrom16(a), int(b.bits))
}

// mask returns the two words with the given number of leading ones.
func mask(bits uint8) (hi, lo uint64) {
	if bits <= 64 {
		return ^uint64(0) << (64 - bits), 0
	}
	return ^uint64(0), ^uint64(0) << (128 - bits)
}

// contains reports whether every address of c is one of b.
func (b *block) contains(c *block) bool {
	hi, lo := mask(b.bits)
	return b.bits <= c.bits && b.kind == c.kind && (b.hi^c.hi)&hi == 0 && (b.lo^c.lo)&lo == 0
}

// end returns the last address, left-aligned and with ones below it.
func (b *block) end() (hi, lo uint64) {
	hi, lo = mask(b.bits)
	return b.hi | ^hi, b.lo | ^lo
}

// endsBefore reports whether b's last address is before c's. If both are the same, b ends
// before c if b is within c.
func (b *block) endsBefore(c *block) bool {
	bhi, blo := b.end()
	chi, clo := c.end()
	switch {
	case bhi != chi:
		return bhi < chi
	case blo != clo:
		return blo < clo
	}
	return b.bits > c.bits
}

// whole returns the block that b is one half of. It must not be a /0.
func (b *block) whole() block {
	hi, lo := mask(b.bits - 1)
	return block{b.hi & hi, b.lo & lo, b.bits - 1, b.kind}
}

// isUpper reports whether b is the upper half of its whole.
func (b *block) isUpper() bool {
	whole := b.whole()
	return b.hi != whole.hi || b.lo != whole.lo
}

// compare orders blocks by kind and first address, the wider before the narrower.
func (b *block) compare(c *block) int {
	switch {
	case b.kind != c.kind:
		return cmp.Compare(b.kind, c.kind)
	case b.hi != c.hi:
		return cmp.Compare(b.hi, c.hi)
	case b.lo != c.lo:
		return cmp.Compare(b.lo, c.lo)
	}
	return cmp.Compare(b.bits, c.bits)
}

// halves returns the lower and the upper half of b. b must hold more than one address.
func (b *block) halves() [2]block {
	lower := *b
	lower.bits++
	hi, lo := mask(lower.bits)
	upper := lower
	whi, wlo := mask(b.bits)
	upper.hi |= hi &^ whi
	upper.lo |= lo &^ wlo
	return [2]block{lower, upper}
}
