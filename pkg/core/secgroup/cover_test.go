package secgroup

import (
	"slices"
	"strings"
	"testing"
)

func TestCovers(t *testing.T) {
	for _, test := range []struct {
		want, have string
		covered    bool
	}{
		// ports
		// wider range
		{"tcp 8080 from 0.0.0.0/0", "tcp 8000-9000 from 0.0.0.0/0", true},
		// adjoining ranges
		{"tcp 8000-8010 from 0.0.0.0/0", "tcp 8000-8004 from 0.0.0.0/0, tcp 8005-8010 from 0.0.0.0/0", true},
		// overlapping ranges
		{"tcp 8000-8010 from 0.0.0.0/0", "tcp 8000-8006 from 0.0.0.0/0, tcp 8003-8010 from 0.0.0.0/0", true},
		// 8005 is missing
		{"tcp 8000-8010 from 0.0.0.0/0", "tcp 8000-8004 from 0.0.0.0/0, tcp 8006-8010 from 0.0.0.0/0", false},
		// a part is not the whole
		{"tcp 8000-8004 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0", false},
		// discontiguous ports (skypilot#5331)
		{"tcp 8004 from 0.0.0.0/0", "tcp 8000 from 0.0.0.0/0, tcp 8002 from 0.0.0.0/0", false},
		{"tcp 0-65535 from 0.0.0.0/0", "tcp 1-65535 from 0.0.0.0/0", false}, // port 0 counts
		{"udp 53 from 10.0.0.0/8", "tcp 53 from 10.0.0.0/8", false},         // protocols are apart

		// protocol -1
		{"tcp 8000 from 0.0.0.0/0", "all from 0.0.0.0/0", true},
		{"icmp 3/4 from 0.0.0.0/0", "all from 0.0.0.0/0", true},
		{"50 from 0.0.0.0/0", "all from 0.0.0.0/0", true},
		{"all from 10.0.0.0/8", "all from 0.0.0.0/0", true},
		// all ports of tcp are not -1
		{"all from 0.0.0.0/0", "tcp 0-65535 from 0.0.0.0/0", false},
		// nor with others
		{"all from 0.0.0.0/0", "tcp 0-65535 from 0.0.0.0/0, udp 0-65535 from 0.0.0.0/0, icmp from 0.0.0.0/0", false},
		// neighbours do not count
		{"tcp 0-65535 from 0.0.0.0/0", "udp 0-65535 from 0.0.0.0/0, 5 from 0.0.0.0/0, 7 from 0.0.0.0/0", false},
		// the default -1 rule does not stop the check (skypilot#5331)
		{"tcp 8000 from 0.0.0.0/0", "all from 111122223333/sg-0123456789abcdef0, tcp 8000 from 0.0.0.0/0", true},
		// -1 from a group opens nothing to the world
		{"tcp 8000 from 0.0.0.0/0", "all from sg-0bbbbbbbb", false},
		// one half by -1
		{"tcp 80 from 10.0.0.0/8", "all from 10.0.0.0/9, tcp 80 from 10.128.0.0/9", true},
		// and the other by ports
		{"tcp 80-90 from 10.0.0.0/8", "all from 10.0.0.0/9, tcp 80-84 from 10.128.0.0/9, tcp 85-90 from 10.128.0.0/9",
			true},
		// 85 from the upper half is missing
		{"tcp 80-90 from 10.0.0.0/8", "all from 10.0.0.0/9, tcp 80-84 from 10.128.0.0/9, tcp 86-90 from 10.128.0.0/9",
			false},

		// addresses
		// wider range and wider CIDR
		{"tcp 8080-8090 from 10.0.0.0/8", "tcp 8000-9000 from 0.0.0.0/0", true},
		// open from 10/8 is not open to the world (skypilot)
		{"tcp 8000 from 0.0.0.0/0", "tcp 8000 from 10.0.0.0/8", false},
		// two halves make the world
		{"tcp 443 from 0.0.0.0/0", "tcp 443 from 0.0.0.0/1, tcp 443 from 128.0.0.0/1", true},
		// the last quarter is missing
		{"tcp 443 from 0.0.0.0/0", "tcp 443 from 0.0.0.0/1, tcp 443 from 128.0.0.0/2", false},
		// uneven pieces
		{"tcp 443 from 10.0.0.0/30", "tcp 443 from 10.0.0.0, tcp 443 from 10.0.0.1, tcp 443 from 10.0.0.2/31", true},
		{"tcp 443 from 10.0.0.0/30", "tcp 443 from 10.0.0.0, tcp 443 from 10.0.0.1, tcp 443 from 10.0.0.3", false},
		// neighbours across a boundary
		{"tcp 443 from 10.0.0.2/31", "tcp 443 from 10.0.0.1, tcp 443 from 10.0.0.2, tcp 443 from 10.0.0.4/30", false},
		// ports from a wider and from narrower CIDRs
		{"tcp 1-9 from 10.0.0.0/31", "tcp 1-5 from 10.0.0.0/8, tcp 6-9 from 10.0.0.0, tcp 6-9 from 10.0.0.1", true},
		// a hole of one port at one address
		{"tcp 1-9 from 10.0.0.0/31", "tcp 1-5 from 10.0.0.0/8, tcp 6-9 from 10.0.0.0, tcp 7-9 from 10.0.0.1", false},
		// split at different ports
		{"tcp 1-9 from 10.0.0.0/31",
			"tcp 1-3 from 10.0.0.0, tcp 4-9 from 10.0.0.0, tcp 1-6 from 10.0.0.1, tcp 7-9 from 10.0.0.1", true},
		{"tcp 443 from 255.255.255.255", "tcp 443 from 255.255.255.254/31", true}, // the last address
		{"tcp 443 from ::/0", "tcp 443 from ::/1, tcp 443 from 8000::/1", true},
		// across 64 bits
		{"tcp 443 from 2001:db8::/63", "tcp 443 from 2001:db8::/64, tcp 443 from 2001:db8:0:1::/64", true},
		{"tcp 443 from 2001:db8::/127", "tcp 443 from 2001:db8::, tcp 443 from 2001:db8::1", true},
		{"tcp 443 from ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "tcp 443 from ffff::/16", true},

		// families
		{"tcp 443 from ::/0", "tcp 443 from 0.0.0.0/0", false},
		{"tcp 443 from 0.0.0.0/0", "tcp 443 from ::/0", false},
		{"tcp 443 from ::/0", "all from 0.0.0.0/0", false},
		{"tcp 443 from ::a00:0/104", "tcp 443 from 10.0.0.0/8", false},

		// directions
		{"all from 0.0.0.0/0", "all to 0.0.0.0/0", false}, // egress is not ingress (kops)
		{"tcp 443 to 10.0.0.0/8", "all to 0.0.0.0/0", true},

		// groups, prefix lists, self
		// a group without account matches any owner
		{"tcp 443 from sg-0aaaaaaaa", "tcp 443 from 111122223333/sg-0aaaaaaaa", true},
		{"tcp 443 from 111122223333/sg-0aaaaaaaa", "tcp 443 from sg-0aaaaaaaa", true},
		{"tcp 443 from 111122223333/sg-0aaaaaaaa", "tcp 443 from 999988887777/sg-0aaaaaaaa", false},
		{"tcp 443 from sg-0aaaaaaaa", "tcp 443 from 0.0.0.0/0, tcp 443 from ::/0", false}, // the world covers no group
		{"tcp 443 from 0.0.0.0/0", "tcp 443 from sg-0aaaaaaaa", false},
		{"tcp 443 from sg-0aaaaaaaa", "all from 111122223333/sg-0aaaaaaaa", true},
		// ports are unioned
		{"tcp 80-90 from sg-0aaaaaaaa", "tcp 80-84 from sg-0aaaaaaaa, tcp 85-90 from 111122223333/sg-0aaaaaaaa", true},
		{"tcp 80-90 from sg-0aaaaaaaa", "tcp 80-84 from sg-0aaaaaaaa, tcp 85-90 from sg-0bbbbbbbb", false},
		{"tcp 443 from pl-0aaaaaaaa", "tcp 400-500 from pl-0aaaaaaaa", true},
		{"tcp 443 from pl-0aaaaaaaa", "tcp 443 from pl-0bbbbbbbb, tcp 443 from sg-0aaaaaaaa", false},
		{"tcp 443 from self", "all from self", true},
		{"tcp 443 from self", "all from sg-0aaaaaaaa", false},

		// ICMP
		{"icmp 3/4 from 0.0.0.0/0", "icmp from 0.0.0.0/0", true},   // type -1 covers every type
		{"icmp 3/4 from 0.0.0.0/0", "icmp 3 from 0.0.0.0/0", true}, // code -1 every code of its type
		{"icmp 3 from 0.0.0.0/0", "icmp from 0.0.0.0/0", true},
		{"icmp 3/4 from 0.0.0.0/0", "icmp 8 from 0.0.0.0/0", false}, // types differ
		// a code does not cover every code
		{"icmp 3 from 0.0.0.0/0", "icmp 3/4 from 0.0.0.0/0", false},
		{"icmp 5/0 from 0.0.0.0/0", "icmp 3/9 from 0.0.0.0/0", false},                          // never as ranges
		{"icmp 4/1 from 0.0.0.0/0", "icmp 3/0 from 0.0.0.0/0, icmp 5/2 from 0.0.0.0/0", false}, // nor from both sides
		{"icmpv6 3/4 from ::/0", "icmp 3/4 from ::/0", false},
		{"icmp 3/4 from 10.0.0.0/31", "icmp from 10.0.0.0, icmp 3 from 10.0.0.1", true}, // addresses are unioned
		{"icmp 3/4 from 10.0.0.0/31", "all from 10.0.0.0, icmp 3/4 from 10.0.0.1", true},
		{"icmp 3 from 10.0.0.0/31", "icmp from 10.0.0.0, icmp 3/4 from 10.0.0.1", false},

		// protocols without ports
		{"50 from 10.0.0.0/8", "50 from 0.0.0.0/0", true},
		{"50 from 10.0.0.0/8", "51 from 10.0.0.0/8", false},
		{"0 from 10.0.0.0/8", "all from 10.0.0.0/8", true}, // protocol 0 does not stand for all
		{"all from 10.0.0.0/8", "0 from 10.0.0.0/8", false},

		{"tcp 443 from 10.0.0.0/8", "", false},
	} {
		have := rules(test.have)
		if got := NewCover(have).Covers(rule(test.want)); got != test.covered {
			t.Errorf("%v covers %v = %v, want %v", test.have, test.want, got, test.covered)
		}
		if got := covers(have.rules, rule(test.want)); got != test.covered {
			t.Errorf("by definition, %v covers %v = %v, want %v", test.have, test.want, got, test.covered)
		}
	}
}

func TestEveryProtocolIsNotAll(t *testing.T) {
	var have []Rule
	for p := Protocol(0); p <= 255; p++ {
		have = append(have, New(Ingress, p, NoPorts, Self))
	}
	if NewCover(SetOf(have...)).Covers(rule("all from self")) {
		t.Error("256 protocols cover -1")
	}
}

func TestEveryTypeIsNotAnyType(t *testing.T) {
	var have []Rule
	for i := range int32(256) {
		have = append(have, New(Ingress, ICMP, ICMPType(i), Self), New(Ingress, ICMPv6, Ports{8, i}, Self))
	}
	c := NewCover(SetOf(have...))
	if c.Covers(rule("icmp from self")) {
		t.Error("256 types cover type -1")
	}
	if c.Covers(rule("icmpv6 8 from self")) {
		t.Error("256 codes cover code -1")
	}
}

func TestMalformedRules(t *testing.T) {
	for _, r := range []Rule{
		{}, // no peer
		{Protocol: TCP, Ports: Ports{90, 80}, Peer: Self},
		{Protocol: TCP, Ports: Ports{0, 1 << 30}, Peer: Self},
		{Protocol: TCP, Ports: Ports{-5, 80}, Peer: Self},
		{Protocol: ICMP, Ports: Ports{300, 0}, Peer: Self},
		{Protocol: 300, Ports: NoPorts, Peer: Self},
		{Protocol: -2, Ports: NoPorts, Peer: Self},
		{Direction: 7, Protocol: All, Ports: NoPorts, Peer: Self},
	} {
		c := NewCover(SetOf(r))
		if !c.Covers(r) || len(c.By(r)) != 1 {
			t.Errorf("%v does not cover itself", r)
		}
		if c.Covers(rule("tcp 80 from self")) || c.Covers(rule("udp 80 from self")) {
			t.Errorf("%v covers a rule that it does not admit", r)
		}
		if NewCover(rules("all from self")).Covers(r) {
			t.Errorf("%v is covered by all traffic", r)
		}
		if d := Compare(SetOf(r), rules("all from self")); len(d.Missing) != 1 {
			t.Errorf("%v is not missing", r)
		}
	}
}

func TestBy(t *testing.T) {
	for _, test := range []struct{ want, have, by string }{
		// itself
		{"tcp 80 from 10.0.0.0/8", "all from 0.0.0.0/0, tcp 80 from 10.0.0.0/8, tcp 1-99 from 10.0.0.0/8",
			"tcp 80 from 10.0.0.0/8"},
		{"tcp 80 from sg-0aaaaaaaa", "all from sg-0aaaaaaaa, tcp 80 from 111122223333/sg-0aaaaaaaa",
			"tcp 80 from 111122223333/sg-0aaaaaaaa"},
		// itself before one that matches
		{"tcp 80 from sg-0aaaaaaaa", "tcp 80 from sg-0aaaaaaaa, tcp 80 from 111122223333/sg-0aaaaaaaa",
			"tcp 80 from sg-0aaaaaaaa"},
		// the narrowest ports
		{"tcp 80 from 10.0.0.0/8", "all from 0.0.0.0/0, tcp 1-99 from 0.0.0.0/0, tcp 70-90 from 0.0.0.0/0",
			"tcp 70-90 from 0.0.0.0/0"},
		// nearer peers do not help
		{"tcp 80 from 10.0.0.0/8", "udp 80 from 10.0.0.0/8, tcp 1-99 from 0.0.0.0/0, tcp 70-90 from 0.0.0.0/0",
			"tcp 70-90 from 0.0.0.0/0"},
		{"tcp 80 from 111122223333/sg-0aaaaaaaa", "tcp 80 from sg-0aaaaaaaa, tcp 80 from 111122223333/sg-0aaaaaaaa",
			"tcp 80 from 111122223333/sg-0aaaaaaaa"},
		{"tcp 55 from self", "tcp 50-1000 from self, tcp 49-60 from self, tcp 1-99 from self", "tcp 49-60 from self"},
		// fewer addresses first
		{"tcp 80 from 10.0.0.0/8", "tcp 1-99 from 0.0.0.0/4, tcp 80 from 0.0.0.0/0", "tcp 1-99 from 0.0.0.0/4"},
		// one rule before two
		{"tcp 80 from 10.0.0.0/8", "tcp 80 from 10.0.0.0/9, tcp 80 from 10.128.0.0/9, all from 0.0.0.0/0",
			"all from 0.0.0.0/0"},
		{"tcp 1-9 from self", "tcp 1-5 from self, tcp 2-6 from self, tcp 4-9 from self",
			"tcp 1-5 from self, tcp 4-9 from self"},
		{"tcp 1-9 from 10.0.0.0/31", // the /8 opens 4 and 5, which both addresses have anyway
			"tcp 1-3 from 10.0.0.0/31, tcp 4-5 from 10.0.0.0/8, tcp 4-9 from 10.0.0.0, tcp 4-9 from 10.0.0.1",
			"tcp 1-3 from 10.0.0.0/31, tcp 4-9 from 10.0.0.0, tcp 4-9 from 10.0.0.1"},
		{"tcp 1-9 from 10.0.0.0/31", // port 0 is not wanted
			"tcp 0-2 from 10.0.0.0/8, tcp 1-9 from 10.0.0.0, tcp 1-9 from 10.0.0.1",
			"tcp 1-9 from 10.0.0.0, tcp 1-9 from 10.0.0.1"},
		{"tcp 1-9 from 10.0.0.0/31", // both halves, and a rule around them
			"tcp 4-9 from 10.0.0.0/8, tcp 1-3 from 10.0.0.0, tcp 1-3 from 10.0.0.1",
			"tcp 1-3 from 10.0.0.0, tcp 1-3 from 10.0.0.1, tcp 4-9 from 10.0.0.0/8"},
		{"tcp 80 from 10.0.0.0/8", "tcp 80 from 10.0.0.0/9", ""},
		{"tcp 80 from 10.0.0.0/8", "", ""},
	} {
		want := list(test.by)
		slices.SortFunc(want, Rule.Compare)
		for have := range shuffles(list(test.have)) {
			if got := NewCover(SetOf(have...)).By(rule(test.want)); !slices.Equal(got, want) {
				t.Errorf("%v by %v = %v, want %v", test.want, have, got, test.by)
			}
		}
	}
}

func TestGaps(t *testing.T) {
	for _, test := range []struct{ want, have, gaps string }{
		{"tcp 80 from 10.0.0.0/8", "all from 0.0.0.0/0", ""},
		// no part of it
		{"tcp 80 from 10.0.0.0/8", "udp 80 from 10.0.0.0/9, tcp 81 from 10.0.0.0/9", "tcp 80 from 10.0.0.0/8"},
		{"tcp 80-90 from 10.0.0.0/8", "tcp 84 from 0.0.0.0/0", "tcp 80-83 from 10.0.0.0/8, tcp 85-90 from 10.0.0.0/8"},
		{"tcp 80 from 10.0.0.0/8", "tcp 80 from 10.64.0.0/10", "tcp 80 from 10.0.0.0/10, tcp 80 from 10.128.0.0/9"},
		{"tcp 80-90 from 10.0.0.0/8", "tcp 80-84 from 10.0.0.0/8, tcp 85-90 from 10.0.0.0/9",
			"tcp 85-90 from 10.128.0.0/9"},
		{"tcp 443 from ::/0", "tcp 443 from 0.0.0.0/0", "tcp 443 from ::/0"},
		{"tcp 80-90 from sg-0aaaaaaaa", "tcp 80-84 from 111122223333/sg-0aaaaaaaa", "tcp 85-90 from sg-0aaaaaaaa"},
		{"icmp from 10.0.0.0/8", "icmp 3 from 10.0.0.0/8, icmp from 10.0.0.0/9", "icmp from 10.128.0.0/9"},
		{"all from 10.0.0.0/8", "tcp 80 from 10.0.0.0/8", "all from 10.0.0.0/8"},
	} {
		got := NewCover(rules(test.have)).Gaps(rule(test.want))
		if want := list(test.gaps); !slices.Equal(got, want) {
			t.Errorf("%v less %v = %v, want %v", test.want, test.have, got, strings.ReplaceAll(test.gaps, ", ", " "))
		}
	}
}
