package secgroup

import (
	"fmt"
	"net/netip"

	"pgregory.net/rapid"
)

// GoString makes failures print drawn values in the syntax of the test tables.
func (r Rule) GoString() string   { return fmt.Sprintf("rule(%q)", r) }
func (s Set) GoString() string    { return fmt.Sprintf("rules(%q)", s) }
func (p puzzle) GoString() string { return fmt.Sprintf("puzzle{%#v, %#v}", p.want, p.have) }

// A small world, so that the drawn rules overlap, nest, adjoin and repeat.

func drawPrefix(base string, bits ...int) *rapid.Generator[netip.Prefix] {
	start := netip.MustParseAddr(base)
	return rapid.Custom(func(t *rapid.T) netip.Prefix {
		addr := start.AsSlice()
		addr[len(addr)-1] |= byte(rapid.IntRange(0, 7).Draw(t, "host"))
		addr[0] ^= byte(rapid.SampledFrom([]int{0, 0, 0, 0x80, 0x40}).Draw(t, "top"))
		a, _ := netip.AddrFromSlice(addr)
		return netip.PrefixFrom(a, rapid.SampledFrom(bits).Draw(t, "bits")).Masked()
	})
}

var (
	drawIPv4 = drawPrefix("10.0.0.0", 0, 1, 2, 8, 28, 29, 30, 30, 31, 31, 32, 32)
	drawIPv6 = drawPrefix("2001:db8::", 0, 1, 2, 63, 64, 65, 125, 126, 126, 127, 127, 128, 128)
	drawCIDR = rapid.Map(rapid.OneOf(drawIPv4, drawIPv4, drawIPv6), CIDR)
	// Each group has one owner, as in AWS. A rule may leave it out.
	drawNamed = rapid.SampledFrom([]Peer{
		Self,
		Group("sg-aaaaaaaa"), GroupOf("111122223333", "sg-aaaaaaaa"),
		Group("sg-bbbbbbbb"), GroupOf("999988887777", "sg-bbbbbbbb"),
		PrefixList("pl-aaaaaaaa"),
	})
	drawPeer  = rapid.OneOf(drawCIDR, drawCIDR, drawCIDR, drawNamed)
	drawPorts = rapid.Custom(func(t *rapid.T) Ports {
		marks := []int32{0, 1, 2, 3, 4, 5, 6, 7, 8, 65534, MaxPort}
		i := rapid.IntRange(0, len(marks)-1).Draw(t, "first")
		return Ports{marks[i], marks[rapid.IntRange(i, min(i+3, len(marks)-1)).Draw(t, "last")]}
	})
	drawICMP = rapid.Custom(func(t *rapid.T) Ports {
		return Ports{rapid.Int32Range(-1, 2).Draw(t, "type"), rapid.Int32Range(-1, 1).Draw(t, "code")}
	})
	drawRule = rapid.Custom(func(t *rapid.T) Rule { return drawRuleOf(drawPeer).Draw(t, "rule") })
	drawSet  = rapid.Map(rapid.SliceOfN(drawRule, 0, 14), func(rules []Rule) Set { return SetOf(rules...) })
)

// drawRuleOf draws rules, mostly of tcp and ingress.
func drawRuleOf(peers *rapid.Generator[Peer]) *rapid.Generator[Rule] {
	return rapid.Custom(func(t *rapid.T) Rule {
		direction := rapid.SampledFrom([]Direction{Ingress, Ingress, Ingress, Egress}).Draw(t, "direction")
		proto := rapid.SampledFrom([]Protocol{TCP, TCP, TCP, TCP, UDP, ICMP, ICMPv6, 0, 47, 255, All}).Draw(t,
			"protocol")
		ports := NoPorts
		switch {
		case proto.HasPorts():
			ports = drawPorts.Draw(t, "ports")
		case proto.HasTypes():
			ports = drawICMP.Draw(t, "icmp")
		}
		return New(direction, proto, ports, peers.Draw(t, "peer"))
	})
}

// drawPuzzle draws a rule and a set that covers it, or nearly does. It cuts the rule into
// pieces by address and by port, then widens, repeats or drops some.
var drawPuzzle = rapid.Custom(func(t *rapid.T) puzzle {
	want := drawRule.Draw(t, "want")
	pieces := []Rule{want}
	for range rapid.IntRange(1, 12).Draw(t, "cuts") {
		i := rapid.IntRange(0, len(pieces)-1).Draw(t, "piece")
		a, b := cut(t, pieces[i])
		pieces[i] = a
		pieces = append(pieces, b)
	}
	for i, r := range pieces {
		switch rapid.IntRange(0, 19).Draw(t, "fate") {
		case 0:
			pieces[i] = drawRule.Draw(t, "replaced")
		case 1, 2, 3:
			pieces = append(pieces, widen(t, r))
		case 4, 5:
			pieces[i] = widen(t, r)
		}
	}
	return puzzle{want, SetOf(append(pieces, drawSet.Draw(t, "beside").rules...)...)}
})

type puzzle struct {
	want Rule
	have Set
}

// cut returns two rules that together equal r, or r twice if it cannot be cut.
func cut(t *rapid.T, r Rule) (Rule, Rule) {
	a, b := r, r
	byPort := rapid.Bool().Draw(t, "by port")
	if r.Protocol.HasPorts() && r.Ports.First < r.Ports.Last && byPort {
		at := rapid.Int32Range(r.Ports.First, r.Ports.Last-1).Draw(t, "at")
		a.Ports.Last, b.Ports.First = at, at+1
		return a, b
	}
	if p, ok := r.Peer.Prefix(); ok && !p.IsSingleIP() {
		lower := netip.PrefixFrom(p.Addr(), p.Bits()+1)
		a.Peer, b.Peer = CIDR(lower), CIDR(netip.PrefixFrom(lastAddr(p), p.Bits()+1))
	}
	return a, b
}

// widen returns a rule that admits r and perhaps more.
func widen(t *rapid.T, r Rule) Rule {
	switch rapid.IntRange(0, 5).Draw(t, "widen") {
	case 0:
		return New(r.Direction, All, NoPorts, r.Peer)
	case 1, 2:
		if p, ok := r.Peer.Prefix(); ok && p.Bits() > 0 {
			r.Peer = CIDR(netip.PrefixFrom(p.Addr(), p.Bits()-1))
		}
	case 3:
		if r.Protocol.HasTypes() {
			r.Ports = rapid.SampledFrom([]Ports{NoPorts, ICMPType(max(r.Ports.First, 0))}).Draw(t, "icmp")
		}
	default:
		if r.Protocol.HasPorts() {
			r.Ports.Last = rapid.Int32Range(r.Ports.Last, MaxPort).Draw(t, "last")
		}
	}
	return r
}

// drawWant draws a rule near those of have, so that have often covers it.
func drawWant(t *rapid.T, have Set) Rule {
	if have.Len() == 0 || rapid.Bool().Draw(t, "anywhere") {
		return drawRule.Draw(t, "want")
	}
	r := rapid.SampledFrom(have.rules).Draw(t, "near")
	if rapid.Bool().Draw(t, "other peer") {
		r.Peer = drawPeer.Draw(t, "peer")
	}
	if prefix, ok := r.Peer.Prefix(); ok && prefix.Bits() > 0 && rapid.Bool().Draw(t, "wider") {
		r.Peer = CIDR(netip.PrefixFrom(prefix.Addr(), prefix.Bits()-1))
	}
	if r.Protocol.HasPorts() {
		r.Ports = drawPorts.Draw(t, "ports")
	}
	return r
}
