package guard

import (
	"fmt"
	"math/big"
	"net/netip"
	"slices"
)

// The families of addresses.
const (
	ipv4 = iota
	ipv6
)

// widest is the length of the widest public block that is not the world, by family. A wider
// one amounts to the world, because a few such requests would make up the world.
var widest = [...]int{ipv4: 8, ipv6: 16}

// most is the number of addresses in such a block, by family.
var most = [...]*big.Int{ipv4: size(widest[ipv4], 32), ipv6: size(widest[ipv6], 128)}

// worldMeans explains the world in a fault.
var worldMeans = fmt.Sprintf("more than a /%d of IPv4 or a /%d of IPv6 counts as the world", widest[ipv4], widest[ipv6])

// private are address blocks that the internet does not route.
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("fc00::/7"),
}

// Worldly reports whether addresses are the world, or so large a part that a few such requests
// would make it up. That is a public block wider than a /8 of IPv4 or a /16 of IPv6, or more
// public addresses than such a block has.
func Worldly(prefixes ...netip.Prefix) bool {
	var public [2]big.Int
	for _, p := range union(prefixes) {
		f := family(p)
		if p.Bits() < widest[f] && !isPrivate(p) {
			return true
		}
		public[f].Add(&public[f], publicIn(p))
	}
	return tooMany(&public[ipv4], ipv4) || tooMany(&public[ipv6], ipv6)
}

// tooMany reports whether a number of public addresses of a family amounts to the world.
func tooMany(public *big.Int, family int) bool { return public.Cmp(most[family]) > 0 }

func family(p netip.Prefix) int {
	if p.Addr().Is4() {
		return ipv4
	}
	return ipv6
}

// publicIn returns the number of a block's addresses that are not private.
func publicIn(p netip.Prefix) *big.Int {
	n := size(p.Bits(), p.Addr().BitLen())
	for _, block := range private {
		switch {
		case !block.Overlaps(p):
		case block.Bits() <= p.Bits():
			return new(big.Int)
		default:
			n.Sub(n, size(block.Bits(), block.Addr().BitLen()))
		}
	}
	return n
}

func isPrivate(p netip.Prefix) bool {
	return slices.ContainsFunc(private, func(block netip.Prefix) bool {
		return block.Overlaps(p) && block.Bits() <= p.Bits()
	})
}

// size returns the number of addresses in a block with the given length, of a family with the
// given number of bits.
func size(length, bits int) *big.Int { return new(big.Int).Lsh(big.NewInt(1), uint(bits-length)) }

// union returns the fewest blocks that the prefixes make up.
func union(prefixes []netip.Prefix) []netip.Prefix {
	sorted := slices.SortedFunc(slices.Values(prefixes), func(a, b netip.Prefix) int {
		if c := a.Addr().Compare(b.Addr()); c != 0 {
			return c
		}
		return a.Bits() - b.Bits()
	})
	var blocks []netip.Prefix
	for _, p := range sorted {
		if n := len(blocks); n > 0 && blocks[n-1].Contains(p.Addr()) {
			continue // sorted, wider blocks first
		}
		blocks = append(blocks, p)
		for n := len(blocks); n > 1 && halves(blocks[n-2], blocks[n-1]); n-- {
			whole, _ := blocks[n-2].Addr().Prefix(blocks[n-2].Bits() - 1)
			blocks = append(blocks[:n-2], whole)
		}
	}
	return blocks
}

// halves reports whether two blocks are the halves of a wider one.
func halves(a, b netip.Prefix) bool {
	if a.Bits() != b.Bits() || a.Bits() == 0 || a.Addr().BitLen() != b.Addr().BitLen() {
		return false
	}
	whole, _ := a.Addr().Prefix(a.Bits() - 1)
	return whole.Contains(b.Addr())
}
