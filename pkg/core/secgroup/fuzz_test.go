package secgroup

import (
	"slices"
	"testing"
)

func FuzzParsePeer(f *testing.F) {
	for _, s := range []string{"10.0.0.0/8", "10.1.2.3", "::/0", "2001:db8::1/64", "10.0.0.0/0", "::ffff:1.2.3.4",
		"fe80::1%eth0",
		"sg-0aaaaaaaa", "111122223333/sg-0aaaaaaaa", "pl-0bbbbbbbb", "self", "1.2.3.4/33", "0.0.0.0", "0.0.0.0/32", "::", "2001:db8::1/32", "2001:db8::1/33", "/", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePeer(s)
		if err != nil {
			return
		}
		if again, err := ParsePeer(p.String()); err != nil || again != p || !p.IsValid() || p.Compare(again) != 0 {
			t.Errorf("ParsePeer(%q) = %v, which reads as %v, %v", s, p, again, err)
		}
	})
}

func FuzzParseRule(f *testing.F) {
	for _, s := range []string{"tcp 443 from 10.0.0.0/8", "udp 8000-8004 to ::/0", "icmp 3/4 from self",
		"icmpv6 from pl-0bbbbbbbb", "-1 from sg-0aaaaaaaa", "50 to 10.0.0.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRule(s)
		if err != nil {
			return
		}
		if again, err := ParseRule(r.String()); err != nil || again != r {
			t.Errorf("ParseRule(%q) = %v, which reads as %v, %v", s, r, again, err)
		}
		if !NewCover(SetOf(r)).Covers(r) {
			t.Errorf("%v does not cover itself", r)
		}
	})
}

// FuzzCover makes rules with few ports and addresses from bytes, and compares cover with its
// definition.
func FuzzCover(f *testing.F) {
	f.Add([]byte{0, 0x10, 2, 0, 0x01, 3, 0, 0x11, 3})
	f.Add([]byte{0x20, 0x47, 0x83, 0x40, 0x00, 0x01, 0x60, 0x12, 0x92, 0x20, 0x13, 0x92})
	f.Fuzz(func(t *testing.T, data []byte) {
		var all []Rule
		for chunk := range slices.Chunk(data[:min(len(data), 60)], 3) {
			if len(chunk) == 3 {
				all = append(all, fuzzed(chunk[0], chunk[1], chunk[2]))
			}
		}
		if len(all) == 0 {
			return
		}
		want, have := all[0], SetOf(all[1:]...)
		c := NewCover(have)
		should := covers(have.rules, want)
		if got := c.Covers(want); got != should {
			t.Errorf("%v covers %v = %v", have, want, got)
		}
		if by := c.By(want); (by != nil) != should || should && !covers(by, want) {
			t.Errorf("%v covers %v by %v", have, want, by)
		}
		if d := Compare(SetOf(want), have); (len(d.Missing) == 0) != should {
			t.Errorf("%v less %v = %v", want, have, d.Missing)
		}
	})
}

// fuzzed makes a rule from one byte each for protocol and peer, port range, and address.
func fuzzed(kind, ports, addr byte) Rule {
	proto := []Protocol{TCP, TCP, TCP, UDP, ICMP, ICMPv6, 47, All}[kind>>5]
	p := Ports{int32(ports >> 4 & 7), int32(ports>>4&7) + int32(ports&7)}
	if proto.HasTypes() {
		p = Ports{int32(ports>>4&3) - 1, int32(ports&3) - 1}
	}
	peers := []Peer{Self, Group("sg-0aaaaaaaa"), GroupOf("111122223333", "sg-0aaaaaaaa"),
		GroupOf("999988887777", "sg-0aaaaaaaa"), PrefixList("pl-0aaaaaaaa")}
	peer := Peer{block: block{hi: uint64(addr&0xF0) << 56, bits: addr & 7 % 5, kind: ipv4}}
	if addr&8 != 0 {
		peer.kind = ipv6
	}
	if n := int(kind & 7); n < len(peers) && kind&8 != 0 {
		peer = peers[n]
	} else if prefix, ok := peer.Prefix(); ok {
		peer = CIDR(prefix)
	}
	return New(Direction(kind>>4&1), proto, p, peer)
}
