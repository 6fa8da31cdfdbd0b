package secgroup

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
)

// shared returns n desired rules of a shared group. Each block of ten has ports for a few
// offices in both families, groups without owner, port ranges, and ICMP.
func shared(n int) []Rule {
	rules := make([]Rule, 0, n)
	for i := range n {
		port := Port(int32(8000 + 2*(i/10)))
		office := netip.PrefixFrom(netip.AddrFrom4([4]byte{203, 0, byte(i / 256), byte(i)}), 32)
		rules = append(rules, []Rule{
			New(Ingress, TCP, port, CIDR(netip.MustParsePrefix("0.0.0.0/0"))),
			New(Ingress, TCP, port, CIDR(netip.MustParsePrefix("::/0"))),
			New(Ingress, TCP, Port(22), CIDR(office)),
			New(Ingress, TCP, Port(443), CIDR(office)),
			New(Ingress, TCP, port, Group(fmt.Sprintf("sg-%017x", i%70))),
			New(Ingress, UDP, Ports{port.First, port.First + 1}, CIDR(netip.MustParsePrefix("10.0.0.0/8"))),
			New(Ingress, TCP, Ports{int32(20000 + 10*i), int32(20005 + 10*i)},
				CIDR(netip.MustParsePrefix("10.0.0.0/8"))),
			New(Ingress, ICMP, ICMPType(int32(i%200)), CIDR(office)),
			New(Egress, TCP, port, PrefixList(fmt.Sprintf("pl-%017x", i%30))),
			New(Ingress, TCP, Port(int32(30000+i)), CIDR(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i), 0, 0}),
				16))),
		}[i%10])
	}
	return rules
}

// drifted returns the actual rules of a group with those desired rules. Nine of ten are
// present, as EC2 describes them. Another rule replaces the tenth.
func drifted(desired []Rule) []Rule {
	actual := make([]Rule, 0, len(desired))
	for i, r := range desired {
		if _, id, ok := r.Peer.Group(); ok {
			r.Peer = GroupOf("111122223333", id)
		}
		if (i*7)%10 == i/10%10 {
			r = New(Ingress, TCP, Port(int32(40000+i)), CIDR(netip.MustParsePrefix("192.0.2.0/24")))
		}
		actual = append(actual, r)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(actual), func(i, j int) { actual[i], actual[j] = actual[j], actual[i] })
	return actual
}

func BenchmarkDiff(b *testing.B) {
	for _, n := range []int{10, 60, 200, 1000, 10_000, 100_000} {
		desired := shared(n)
		actual := drifted(desired)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			want, have := SetOf(desired...), SetOf(actual...)
			b.ReportAllocs()
			for b.Loop() {
				Compare(want, have)
			}
		})
		b.Run(fmt.Sprint(n, "/with sets"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Compare(SetOf(desired...), SetOf(actual...))
			}
		})
	}
}

// BenchmarkDiffAdversarial compares sets in which each rule overlaps many others and none is
// identical.
func BenchmarkDiffAdversarial(b *testing.B) {
	for _, n := range []int{60, 1000, 10000} {
		for name, sets := range adversarial(n) {
			b.Run(fmt.Sprint(n, "/", name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					Compare(sets[0], sets[1])
				}
			})
		}
	}
}

// adversarial returns pairs of desired and actual sets of n rules each.
func adversarial(n int) map[string][2]Set {
	host := func(i int) Peer {
		return CIDR(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 32))
	}
	rules := func(rule func(i int) Rule) Set {
		all := make([]Rule, n)
		for i := range all {
			all[i] = rule(i)
		}
		return SetOf(all...)
	}
	everywhere := CIDR(netip.MustParsePrefix("0.0.0.0/0"))
	return map[string][2]Set{
		// The actual rules open one port to every second address. The desired rules want the
		// others.
		"one port": {
			rules(func(i int) Rule { return New(Ingress, TCP, Port(443), host(2*i+1)) }),
			rules(func(i int) Rule { return New(Ingress, TCP, Port(443), host(2*i)) }),
		},
		// The actual rules are long overlapping port ranges. The desired rules want single
		// ports.
		"ranges": {
			rules(func(i int) Rule { return New(Ingress, TCP, Port(int32(i)), host(7)) }),
			rules(func(i int) Rule { return New(Ingress, TCP, Ports{int32(i), int32(i + 20000)}, everywhere) }),
		},
		// The actual rules tile the world, but the last tile is missing. The desired rules
		// want each port.
		"tiles": {
			rules(func(i int) Rule { return New(Ingress, TCP, Port(int32(i)), everywhere) }),
			rules(func(i int) Rule {
				bits := 0
				for 1<<bits < n {
					bits++
				}
				tile := uint32(i) << (32 - bits)
				addr := netip.AddrFrom4([4]byte{byte(tile >> 24), byte(tile >> 16), byte(tile >> 8), byte(tile)})
				return New(Ingress, TCP, Ports{0, 20000}, CIDR(netip.PrefixFrom(addr, bits)))
			}),
		},
	}
}
