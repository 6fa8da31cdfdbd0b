package secgroup

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// rule has a short name so that table rows read like firewall rules.
func rule(s string) Rule { return MustParseRule(s) }

// rules returns the set of the rules in s, separated by commas.
func rules(s string) Set { return SetOf(list(s)...) }

// list returns the rules in s, separated by commas, in that order.
func list(s string) []Rule {
	var all []Rule
	for text := range strings.SplitSeq(s, ", ") {
		if text != "" {
			all = append(all, rule(text))
		}
	}
	return all
}

func TestParseRule(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"tcp 443 from 10.0.0.0/8", "tcp 443 from 10.0.0.0/8"},
		{"6 443 from 10.0.0.0/8", "tcp 443 from 10.0.0.0/8"},             // protocol by number
		{"TCP 443 from 10.9.8.7/8", "tcp 443 from 10.0.0.0/8"},           // host bits
		{"tcp 443 from 10.9.8.7", "tcp 443 from 10.9.8.7/32"},            // bare address
		{"tcp 443 from 0.0.0.0/32", "tcp 443 from 0.0.0.0/32"},           // the prefix length shows the intent
		{"tcp 443 from 2001:db8::1/33", "tcp 443 from 2001:db8::/33"},    // host bits under a longer prefix
		{"58 from 2002:0:0:1234::/64", "icmpv6 from 2002:0:0:1234::/64"}, // every type
		{"udp 0-65535 to ::0/0", "udp 0-65535 to ::/0"},                  // IPv6 spelling
		{"icmp 3/4 from self", "icmp 3/4 from self"},                     // type and code
		{"icmp 3 from pl-0bbbbbbbb", "icmp 3 from pl-0bbbbbbbb"},         // every code of a type
		{"-1 from 111122223333/sg-0aaaaaaaa", "all from 111122223333/sg-0aaaaaaaa"},
		{"50 from sg-0aaaaaaaa", "50 from sg-0aaaaaaaa"}, // no ports
	} {
		if got, err := ParseRule(test.in); err != nil || got.String() != test.want {
			t.Errorf("ParseRule(%q) = %v, %v, want %v", test.in, got, err, test.want)
		}
	}
}

func TestParseRuleRefuses(t *testing.T) {
	for _, in := range []string{
		"", "tcp", "tcp 443", "tcp from 10.0.0.0/8", "tcp 443 10.0.0.0/8", "tcp 443 by 10.0.0.0/8",
		"tcp 443 from", "tcp 443 from 10.0.0.0/40", "tcp 443 from 10.0.0.0/0", "tcp 443 from ::ffff:10.0.0.0/104",
		"tcp 443 from 2001:db8::1/32", "tcp 443 from 2001:db9::/31", "tcp 443 from 0.0.0.0", "tcp 443 from ::",
		"tcp 443 from 0::0",
		"tcp 443 from fe80::1%eth0", "tcp 443 from sg-XYZ", "tcp 443 from 1111/sg-0aaaaaaaa", "tcp 443 from pl-",
		"tcp 443 from Self",
		"tcp 9000-8000 from self", "tcp 70000 from self", "tcp 080 from self", "tcp -1 from self", "all 80 from self",
		"50 80 from self",
		"tpc 443 from self", "256 from self", "icmp 256 from self", "icmp 3/256 from self", "icmp 3/ from self",
		"icmp -1 from self",
	} {
		if got, err := ParseRule(in); err == nil {
			t.Errorf("ParseRule(%q) = %v, want an error", in, got)
		}
	}
}

func TestRuleTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRule.Draw(t, "rule")
		if got, err := ParseRule(r.String()); err != nil || got != r {
			t.Fatalf("ParseRule(%q) = %v, %v", r, got, err)
		}
	})
}

func TestNewIsCanonical(t *testing.T) {
	self := Self
	for _, test := range []struct {
		got  Rule
		want string
	}{
		{New(Ingress, All, Ports{0, 65535}, self), "all from self"},     // -1 has all ports, for any range given
		{New(Ingress, 50, Ports{80, 80}, self), "50 from self"},         // so has a protocol without ports
		{New(Egress, TCP, NoPorts, self), "tcp 0-65535 to self"},        // every port
		{New(Ingress, ICMP, Ports{-1, 4}, self), "icmp from self"},      // every type is every code
		{New(Ingress, ICMPv6, ICMPType(1), self), "icmpv6 1 from self"}, // every code of a type
	} {
		if test.got != rule(test.want) {
			t.Errorf("New = %v, want %v", test.got, test.want)
		}
	}
}

func TestRuleIn(t *testing.T) {
	const own = "sg-0123456789abcdef0"
	for _, test := range []struct{ in, owner, want string }{
		{"all from self", "111122223333", "all from 111122223333/" + own},
		{"all from self", "", "all from " + own}, // the owner is unknown
		{"all from " + own, "111122223333", "all from 111122223333/" + own},
		{"all from 999988887777/" + own, "111122223333", "all from 999988887777/" + own},
		{"all from sg-0aaaaaaaa", "111122223333", "all from sg-0aaaaaaaa"}, // another group's owner is unknown
		{"all from 10.0.0.0/8", "111122223333", "all from 10.0.0.0/8"},
	} {
		if got := rule(test.in).In(test.owner, own); got != rule(test.want) {
			t.Errorf("(%v).In(%q) = %v, want %v", test.in, test.owner, got, test.want)
		}
	}
}

func TestRuleSeen(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"tcp 80 from sg-0aaaaaaaa", "tcp 80 from self"},
		{"tcp 80 to 111122223333/sg-0aaaaaaaa", "tcp 80 to self"},
		{"tcp 80 from sg-0bbbbbbbb", "tcp 80 from sg-0bbbbbbbb"},
		{"tcp 80 from self", "tcp 80 from self"},
		{"tcp 80 from 10.0.0.0/8", "tcp 80 from 10.0.0.0/8"},
	} {
		if got := rule(test.in).Seen("sg-0aaaaaaaa"); got != rule(test.want) {
			t.Errorf("(%v).Seen = %v, want %v", test.in, got, test.want)
		}
	}
}

func TestRuleMatches(t *testing.T) {
	for _, test := range []struct {
		r, q string
		want bool
	}{
		{"tcp 80 from sg-0aaaaaaaa", "tcp 80 from 111122223333/sg-0aaaaaaaa", true}, // EC2 adds the owner
		{"tcp 80 from 111122223333/sg-0aaaaaaaa", "tcp 80 from sg-0aaaaaaaa", true},
		{"tcp 80 from 111122223333/sg-0aaaaaaaa", "tcp 80 from 999988887777/sg-0aaaaaaaa", false},
		{"tcp 80 from sg-0aaaaaaaa", "tcp 80 from sg-0bbbbbbbb", false},
		{"tcp 80 from sg-0aaaaaaaa", "tcp 81 from sg-0aaaaaaaa", false},
		{"tcp 80 from sg-0aaaaaaaa", "tcp 80 to sg-0aaaaaaaa", false},
		{"tcp 80 from self", "tcp 80 from sg-0aaaaaaaa", false}, // In replaces self
		{"tcp 80 from pl-0aaaaaaaa", "tcp 80 from sg-0aaaaaaaa", false},
	} {
		if got := rule(test.r).Matches(rule(test.q)); got != test.want {
			t.Errorf("(%v).Matches(%v) = %v, want %v", test.r, test.q, got, test.want)
		}
		if alike := rule(test.r).WithoutOwner() == rule(test.q).WithoutOwner(); test.want && !alike {
			t.Errorf("%v and %v match, and are not the same without owner", test.r, test.q)
		}
	}
}
