package guard

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

func check(rules ...string) (problems []string) {
	var entries []secgroup.Entry
	for _, text := range rules {
		entries = append(entries, secgroup.Entry{Rule: secgroup.MustParseRule(text)})
	}
	for _, fault := range Builtin().Check(entries) {
		problems = append(problems, fault.String())
	}
	return problems
}

func TestBuiltin(t *testing.T) {
	for _, test := range []struct {
		rule string
		want string // part of the problem; "" where the rule may be asked
	}{
		{"tcp 22 from 0.0.0.0/0", "port 22 (SSH)"},
		{"tcp 22 from ::/0", "port 22 (SSH)"},
		{"tcp 22 from 10.0.0.0/8", ""},
		{"tcp 22 from 198.51.100.7/32", ""},
		{"tcp 22 from self", ""},
		{"tcp 22 from sg-0aaaaaaaaaaaaaaaa", ""},
		{"tcp 22 from pl-0bbbbbbbbbbbbbbbb", ""}, // whose entries EC2 keeps
		{"tcp 22 to 0.0.0.0/0", ""},              // from the group, not to it
		{"tcp 3389 from 0.0.0.0/0", "port 3389 (RDP)"},
		{"udp 3389 from 0.0.0.0/0", "port 3389 (RDP)"},
		{"tcp 5432 from 0.0.0.0/0", "port 5432 (PostgreSQL)"},
		{"tcp 20-25 from 0.0.0.0/0", "port 22 (SSH)"},   // in the middle of a range
		{"tcp 22-30 from 0.0.0.0/0", "port 22 (SSH)"},   // its first
		{"tcp 10-22 from 0.0.0.0/0", "port 22 (SSH)"},   // its last
		{"tcp 0-65535 from 0.0.0.0/0", "port 22 (SSH)"}, // everything
		{"tcp 23-1432 from 0.0.0.0/0", ""},              // between two
		{"tcp 8000-8004 from 0.0.0.0/0", ""},
		{"tcp 443 from ::/0", ""},
		{"all from 0.0.0.0/0", "all traffic from the world"},
		{"all from ::/0", "all traffic from the world"},
		{"all from 10.0.0.0/8", ""},
		{"all to 0.0.0.0/0", ""},
		{"all from self", ""},
		{"icmp from 0.0.0.0/0", ""},
		{"icmpv6 from ::/0", ""},
		{"47 from 0.0.0.0/0", ""},
		{"tcp 22 from 0.0.0.0/1", "port 22 (SSH)"},   // half the world, twice
		{"tcp 22 from 128.0.0.0/2", "port 22 (SSH)"}, //
		{"tcp 22 from 52.0.0.0/7", "port 22 (SSH)"},  // the narrowest that is too wide
		{"tcp 22 from 52.0.0.0/8", ""},
		{"tcp 22 from 2000::/3", "port 22 (SSH)"}, // all of public IPv6
		{"tcp 22 from 2600::/15", "port 22 (SSH)"},
		{"tcp 22 from 2600::/16", ""},
		{"tcp 22 from fc00::/7", ""}, // private addresses
		{"tcp 22 from fd00::/8", ""},
		{"tcp 22 from f800::/5", "port 22 (SSH)"}, // more than the private ones
	} {
		got := strings.Join(check(test.rule), "; ")
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("Check(%s) = %q, want %q", test.rule, got, test.want)
		}
		if got != "" && !strings.HasPrefix(got, "/rules: "+test.rule+": ") {
			t.Errorf("Check(%s) = %q, want the rule named at /rules", test.rule, got)
		}
	}
}

func TestCheckNamesEachRule(t *testing.T) {
	got := check("tcp 22 from 0.0.0.0/0", "tcp 443 from 0.0.0.0/0", "all from ::/0")
	if len(got) != 2 {
		t.Errorf("Check = %q, want two problems", got)
	}
	if got := check(); got != nil {
		t.Errorf("Check of nothing = %q, want nil", got)
	}
}

// What may be asked never admits the world to a sensitive port, and asking for
// less than what may be asked is never refused.
func TestNarrowerIsNeverRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(0, 32).Draw(t, "bits")
		first := rapid.IntRange(0, 65535).Draw(t, "first")
		last := rapid.IntRange(first, 65535).Draw(t, "last")
		wide := rule(bits, first, last)
		from := rapid.IntRange(first, last).Draw(t, "narrower first")
		narrow := rule(rapid.IntRange(bits, 32).Draw(t, "narrower bits"), from, rapid.IntRange(from, last).Draw(t, "narrower last"))
		if check(wide) == nil && check(narrow) != nil {
			t.Errorf("%s may be asked, and %s may not: %q", wide, narrow, check(narrow))
		}
		if bits == 0 && first <= 22 && 22 <= last && check(wide) == nil {
			t.Errorf("%s may be asked", wide)
		}
	})
}

func rule(bits, first, last int) string {
	prefix := netip.PrefixFrom(netip.MustParseAddr("52.95.4.7"), bits).Masked()
	return fmt.Sprintf("tcp %d-%d from %s", first, last, prefix)
}
