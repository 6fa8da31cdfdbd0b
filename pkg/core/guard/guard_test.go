package guard_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/guardfile"
)

const (
	account = "111122223333"
	other   = "999988887777"
	group   = "sg-0123456789abcdef0"
	peer    = "sg-0aaaaaaaaaaaaaaaa"
	list    = "pl-0bbbbbbbbbbbbbbbb"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// ask returns a request for rules by the account's launch a, on the group.
func ask(rules ...string) guard.Candidate {
	a := guard.Candidate{Launch: claim.Launch{Account: account, Name: "a"},
		Group: guard.Group{Account: account, ID: group}, Received: now}
	for _, text := range rules {
		a.Rules = append(a.Rules, secgroup.Entry{Rule: secgroup.MustParseRule(text)})
	}
	return a
}

// check returns a guard's faults of a request that needs no facts.
func check(t testing.TB, g *guard.Guard, a guard.Candidate) string {
	t.Helper()
	faults, needs := g.Check(a)
	if needs {
		t.Errorf("the group's name or tags are needed: %v", faults)
	}
	return faults.Error()
}

func read(t testing.TB, file string) *guard.Guard {
	t.Helper()
	g, err := guardfile.Read([]byte(file))
	if err != nil {
		t.Fatalf("%v in\n%s", err, file)
	}
	return g
}

func TestBuiltin(t *testing.T) {
	for _, test := range []struct {
		rule string
		want string // part of the problem; "" if the rule is allowed
	}{
		{"tcp 22 from 0.0.0.0/0", "port 22 (SSH)"},
		{"tcp 22 from ::/0", "port 22 (SSH)"},
		{"tcp 22 from 10.0.0.0/8", ""},
		{"tcp 22 from 198.51.100.7/32", ""},
		{"tcp 22 from self", ""},
		{"tcp 22 from sg-0aaaaaaaaaaaaaaaa", ""},
		{"tcp 22 from pl-0bbbbbbbbbbbbbbbb", "the entries of pl-0bbbbbbbbbbbbbbbb are not known here"},
		{"tcp 8000 from pl-0bbbbbbbbbbbbbbbb", ""}, // they do not matter
		{"tcp 22 to pl-0bbbbbbbbbbbbbbbb", ""},
		{"tcp 22 to 0.0.0.0/0", ""}, // from the group, not to it
		{"tcp 3389 from 0.0.0.0/0", "port 3389 (RDP)"},
		{"udp 3389 from 0.0.0.0/0", "port 3389 (RDP)"},
		{"tcp 5432 from 0.0.0.0/0", "port 5432 (PostgreSQL)"},
		{"tcp 20-25 from 0.0.0.0/0", "port 22 (SSH)"},   // inside a range
		{"tcp 22-30 from 0.0.0.0/0", "port 22 (SSH)"},   // first port of a range
		{"tcp 10-22 from 0.0.0.0/0", "port 22 (SSH)"},   // last port of a range
		{"tcp 0-65535 from 0.0.0.0/0", "port 22 (SSH)"}, // everything
		{"tcp 446-1432 from 0.0.0.0/0", ""},             // between two sensitive ports
		{"tcp 23 from 0.0.0.0/0", "port 23 (Telnet)"},
		{"tcp 135 from 0.0.0.0/0", "port 135 (RPC)"},
		{"tcp 445 from 0.0.0.0/0", "port 445 (SMB)"},
		{"udp 445 from ::/0", "port 445 (SMB)"},
		{"tcp 5984 from 0.0.0.0/0", "port 5984 (CouchDB)"},
		{"tcp 9042 from 0.0.0.0/0", "port 9042 (Cassandra)"},
		{"tcp 9300 from 0.0.0.0/0", "port 9300 (Elasticsearch nodes)"},
		{"tcp 27018 from 0.0.0.0/0", "port 27018 (MongoDB shard server)"},
		{"tcp 27018-27020 from 0.0.0.0/0", "port 27018 (MongoDB shard server)"},
		{"tcp 27018 from 10.0.0.0/8", ""},
		{"tcp 8080 from 0.0.0.0/0", ""}, // sensitive for the audit only: launches serve there
		{"tcp 8888 from 0.0.0.0/0", ""},
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
		{"0 from 0.0.0.0/0", ""},
		{"tcp 22 from 0.0.0.0/1", "port 22 (SSH)"},   // half the world
		{"tcp 22 from 128.0.0.0/2", "port 22 (SSH)"}, // a quarter
		{"tcp 22 from 52.0.0.0/7", "port 22 (SSH)"},  // the narrowest block that is refused
		{"tcp 22 from 52.0.0.0/8", ""},
		{"tcp 22 from 10.0.0.0/7", "port 22 (SSH)"}, // private addresses and as many public ones
		{"tcp 22 from 2000::/3", "port 22 (SSH)"},   // all of public IPv6
		{"tcp 22 from 2600::/15", "port 22 (SSH)"},
		{"tcp 22 from 2600::/16", ""},
		{"tcp 22 from fc00::/7", ""}, // private addresses
		{"tcp 22 from fd00::/8", ""},
		{"tcp 22 from f800::/5", "port 22 (SSH)"}, // more than the private ones
	} {
		got := check(t, guard.Builtin(), ask(test.rule))
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("Check(%s) = %q, want %q", test.rule, got, test.want)
		}
		if got != "" && !strings.HasPrefix(got, "/rules: "+test.rule+": ") {
			t.Errorf("Check(%s) = %q, want the rule named at /rules", test.rule, got)
		}
	}
}

// TestWorldInPieces: many small blocks that make up the world are refused.
func TestWorldInPieces(t *testing.T) {
	pieces := func(format string, n, step int) (rules []string) {
		for i := range n {
			rules = append(rules, fmt.Sprintf(format, i*step))
		}
		return rules
	}
	for _, test := range []struct {
		name  string
		rules []string
		want  string
	}{
		{"all /8", pieces("tcp 22 from %d.0.0.0/8", 256, 1), "port 22 (SSH)"},
		{"two /8", []string{"tcp 22 from 51.0.0.0/8", "tcp 22 from 53.0.0.0/8"}, "port 22 (SSH)"},
		{"two halves of a /7", []string{"tcp 22 from 52.0.0.0/8", "tcp 22 from 53.0.0.0/8"}, "port 22 (SSH)"},
		{"one /8 in 256 pieces", pieces("tcp 22 from 52.%d.0.0/16", 256, 1), ""},
		{"and one address more", append(pieces("tcp 22 from 52.%d.0.0/16", 256, 1), "tcp 22 from 198.51.100.7/32"),
			"port 22 (SSH)"},
		{"and one address within", append(pieces("tcp 22 from 52.%d.0.0/16", 256, 1), "tcp 22 from 52.51.100.7/32"),
			""},
		{"on ranges that meet in the port alone", []string{"tcp 20-22 from 51.0.0.0/8", "tcp 22-30 from 53.0.0.0/8"},
			"port 22 (SSH)"},
		{"on ranges that do not meet", []string{"tcp 20-22 from 51.0.0.0/8", "tcp 23-30 from 53.0.0.0/8"}, ""},
		{"one of them all traffic", []string{"all from 51.0.0.0/8", "tcp 22 from 53.0.0.0/8"}, "port 22 (SSH)"},
		{"both all traffic", []string{"all from 51.0.0.0/8", "all from 53.0.0.0/8"}, "all traffic from the world"},
		{"tcp and udp are apart", []string{"tcp 22 from 51.0.0.0/8", "udp 22 from 53.0.0.0/8"}, ""},
		{"the families are apart", []string{"tcp 22 from 51.0.0.0/8", "tcp 22 from 2600::/16"}, ""},
		{"two /16 of IPv6", []string{"tcp 22 from 2600::/16", "tcp 22 from 2a00::/16"}, "port 22 (SSH)"},
		{"all private addresses", []string{"tcp 22 from 10.0.0.0/8", "tcp 22 from 172.16.0.0/12",
			"tcp 22 from 192.168.0.0/16", "tcp 22 from 100.64.0.0/10", "tcp 22 from fc00::/7"}, ""},
		{"a private and a public /8", []string{"tcp 22 from 10.0.0.0/8", "tcp 22 from 52.0.0.0/8"}, ""},
		{"a private /8 and the public one that adjoins it", []string{"tcp 22 from 10.0.0.0/8",
			"tcp 22 from 11.0.0.0/8"}, "port 22 (SSH)"},
		{"egress", pieces("tcp 22 to %d.0.0.0/8", 256, 1), ""},
	} {
		got := check(t, guard.Builtin(), ask(test.rules...))
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestCheckNamesEachRule(t *testing.T) {
	if faults, _ := guard.Builtin().Check(ask("tcp 22 from 0.0.0.0/0", "tcp 443 from 0.0.0.0/0",
		"all from ::/0")); len(faults) != 2 {
		t.Errorf("Check = %q, want two problems", faults)
	}
	if got := check(t, guard.Builtin(), ask()); got != "" {
		t.Errorf("Check of nothing = %q, want nothing", got)
	}
}

// TestNarrowerIsNeverRefused: an allowed request never opens a sensitive port to the world,
// and a part of an allowed request is allowed.
func TestNarrowerIsNeverRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(0, 32).Draw(t, "bits")
		first := rapid.IntRange(0, 65535).Draw(t, "first")
		last := rapid.IntRange(first, 65535).Draw(t, "last")
		from := rapid.IntRange(first, last).Draw(t, "narrower first")
		wide := rule(bits, first, last)
		narrow := rule(rapid.IntRange(bits, 32).Draw(t, "narrower bits"), from,
			rapid.IntRange(from, last).Draw(t, "narrower last"))
		allowed, _ := guard.Builtin().Check(ask(wide))
		if less, _ := guard.Builtin().Check(ask(narrow)); allowed == nil && less != nil {
			t.Errorf("%s is allowed, and its part %s is refused: %q", wide, narrow, less)
		}
		if bits == 0 && first <= 22 && 22 <= last && allowed == nil {
			t.Errorf("%s is allowed", wide)
		}
	})
}

func rule(bits, first, last int) string {
	prefix := netip.PrefixFrom(netip.MustParseAddr("52.95.4.7"), bits).Masked()
	return fmt.Sprintf("tcp %d-%d from %s", first, last, prefix)
}
