package guard

import (
	"math/big"
	"net/netip"
	"slices"
)

// space is a set of addresses that counts the public ones.
type space struct {
	blocks []netip.Prefix // disjoint, in order
	public [2]big.Int     // by family
}

// worldlyWith reports whether the addresses of a family, with some disjoint blocks, amount to
// the world. A family without a block among them does not count.
func (s *space) worldlyWith(blocks []netip.Prefix) bool {
	var total [2]*big.Int
	for _, p := range blocks {
		f := family(p)
		if total[f] == nil {
			total[f] = new(big.Int).Set(&s.public[f])
		}
		total[f].Add(total[f], s.gain(p))
	}
	return total[ipv4] != nil && tooMany(total[ipv4], ipv4) || total[ipv6] != nil && tooMany(total[ipv6], ipv6)
}

// gain returns the number of a block's public addresses that the space lacks.
func (s *space) gain(p netip.Prefix) *big.Int {
	i, j, covered := s.find(p)
	if covered {
		return new(big.Int)
	}
	n := publicIn(p)
	for _, q := range s.blocks[i:j] {
		n.Sub(n, publicIn(q))
	}
	return n
}

func (s *space) add(p netip.Prefix) {
	i, j, covered := s.find(p)
	if covered {
		return
	}
	f := family(p)
	s.public[f].Add(&s.public[f], s.gain(p))
	s.blocks = slices.Replace(s.blocks, i, j, p)
}

// find returns the range of the blocks within p, or whether one block covers p.
func (s *space) find(p netip.Prefix) (i, j int, covered bool) {
	i, exact := slices.BinarySearchFunc(s.blocks, p.Addr(), func(q netip.Prefix, at netip.Addr) int {
		return q.Addr().Compare(at)
	})
	if exact && s.blocks[i].Bits() <= p.Bits() || i > 0 && s.blocks[i-1].Contains(p.Addr()) {
		return i, i, true
	}
	j = i
	for j < len(s.blocks) && p.Contains(s.blocks[j].Addr()) {
		j++
	}
	return i, j, false
}
