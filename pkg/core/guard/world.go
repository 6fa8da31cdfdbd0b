package guard

import (
	"math/big"
	"net/netip"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// everywhere is all addresses.
var everywhere = []secgroup.Peer{
	secgroup.CIDR(netip.MustParsePrefix("0.0.0.0/0")),
	secgroup.CIDR(netip.MustParsePrefix("::/0")),
}

// private are address blocks that the internet does not route.
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("fc00::/7"),
}

// A wider block amounts to the world, because a few such requests would make up the world.
const (
	mostIPv4 = 8  // a /8
	mostIPv6 = 16 // a /16
)

// world records the faults by deny entries of rules that open traffic to the world. For the
// built-in entries, it reports only the first that a rule meets.
func (t *trial) world() {
	byBuiltin := make(map[*wanted]bool)
	for _, e := range t.denies {
		filed := byBuiltin
		if e.says == "" {
			filed = make(map[*wanted]bool)
		}
		for i := range e.Terms {
			if e.Terms[i].Peers == World {
				t.opened(e, &e.Terms[i], filed)
			}
		}
	}
}

// opened records each rule that alone opens a term's traffic to the world. If only several
// rules together do, it records the first of them.
func (t *trial) opened(e *Entry, w *Term, filed map[*wanted]bool) {
	together := t.open(w)
	var alone []*wanted
	for _, r := range together {
		if Worldly(r.addresses...) {
			alone = append(alone, r)
		}
	}
	for _, r := range alone {
		if !filed[r] {
			filed[r] = true
			t.worldly(e, w, r, "")
		}
	}
	if len(alone) == 0 && len(together) > 0 && !filed[together[0]] {
		filed[together[0]] = true
		t.worldly(e, w, together[0], "together with other rules of the request, ")
	}
}

func (t *trial) worldly(e *Entry, w *Term, r *wanted, together string) {
	field := t.field(r, func(part secgroup.Rule) bool { part.Peer = w.Peer; return part.Overlaps(w.Rule) })
	if e.says != "" {
		if together != "" {
			together += "this is open to as much as the world: "
		}
		t.fault(field, "%s: %s%s", r, together, e.says)
		return
	}
	t.fault(field, "%s is denied by entry %q%s: %sit opens %s, and more than a /8 of IPv4 or a /16 of IPv6 counts as the world; name the addresses or the group that need it",
		r, e.ID, e.because(), together, w)
}

// open returns the wanted rules that together open some traffic of a world term to the world,
// nil if there are none. It tests the traffic at which a rule of the request, or the term,
// begins. Between these places, fewer rules admit the traffic.
func (t *trial) open(w *Term) []*wanted {
	rules := t.overlapping(w)
	if len(rules) == 0 || !Worldly(prefixes(rules)...) {
		return nil
	}
	for _, place := range places(rules, w) {
		var there []*wanted
		for _, r := range rules {
			if at := place; at.Overlaps(withPeer(r.rule, at)) {
				there = append(there, r)
			}
		}
		if Worldly(prefixes(there)...) {
			return there
		}
	}
	return nil
}

// concerns reports whether the term overlaps a rule's traffic.
func (t *Term) concerns(r secgroup.Rule) bool {
	return withPeer(r, t.Rule).Overlaps(t.Rule) && (!t.whole || r.Protocol == secgroup.All)
}

// overlapping returns the wanted rules of addresses that admit traffic of a term.
func (t *trial) overlapping(w *Term) (rules []*wanted) {
	for _, r := range t.opens {
		if w.concerns(r.rule) {
			rules = append(rules, r)
		}
	}
	return rules
}

// places returns the traffic at which the rules or the term begin, within the term.
func places(rules []*wanted, w *Term) []secgroup.Rule {
	all := []secgroup.Rule{first(w.Rule)}
	for _, r := range rules {
		if at := first(withPeer(r.rule, w.Rule)); at.Overlaps(w.Rule) && !slices.Contains(all, at) {
			all = append(all, at)
		}
	}
	return all
}

func withPeer(r, q secgroup.Rule) secgroup.Rule {
	r.Peer = q.Peer
	return r
}

// first is the traffic at which a rule begins, in the order of protocols.
func first(r secgroup.Rule) secgroup.Rule {
	switch {
	case r.Protocol == secgroup.All:
		r.Protocol = 0 // the first protocol
	case r.Protocol.HasPorts():
		r.Ports.Last = r.Ports.First
	case r.Protocol.HasTypes():
		r.Ports = secgroup.Ports{First: max(0, r.Ports.First), Last: max(0, r.Ports.Last)}
	}
	return r
}

func prefixes(rules []*wanted) (all []netip.Prefix) {
	for _, r := range rules {
		all = append(all, r.addresses...)
	}
	return all
}

// Worldly reports whether addresses are the world, or so large a part that a few such requests
// would make it up. That is a public block wider than a /8 of IPv4 or a /16 of IPv6, or more
// public addresses than such a block has.
func Worldly(prefixes ...netip.Prefix) bool {
	public := map[bool]*big.Int{true: new(big.Int), false: new(big.Int)}
	for _, p := range union(prefixes) {
		v4 := p.Addr().Is4()
		if p.Bits() < most(v4) && !isPrivate(p) {
			return true
		}
		public[v4].Add(public[v4], publicIn(p))
	}
	return public[true].Cmp(size(mostIPv4, 32)) > 0 || public[false].Cmp(size(mostIPv6, 128)) > 0
}

func most(v4 bool) int {
	if v4 {
		return mostIPv4
	}
	return mostIPv6
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
	return slices.ContainsFunc(private, func(block netip.Prefix) bool { return block.Overlaps(p) && block.Bits() <= p.Bits() })
}

func size(bits, of int) *big.Int { return new(big.Int).Lsh(big.NewInt(1), uint(of-bits)) }

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
