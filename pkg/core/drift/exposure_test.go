package drift

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// TestOpenTogether: rules that are open to the world together are as severe as one such rule.
func TestOpenTogether(t *testing.T) {
	for _, row := range []struct {
		name    string
		changes []change
		kind    Kind // of the rule sgr-1; "" if it has no drift
		level   Severity
		says    string
	}{
		{"two /8 that adjoin", []change{theirs("1", "tcp 3389 from 52.0.0.0/8"),
			theirs("2", "tcp 3389 from 53.0.0.0/8")},
			WorldOpenSensitive, Critical, "the world, together with tcp 3389 from 53.0.0.0/8."},
		{"two that do not adjoin", []change{theirs("1", "tcp 22 from 52.0.0.0/8"),
			theirs("2", "tcp 22 from 60.0.0.0/8")},
			WorldOpenSensitive, Critical, "together with tcp 22 from 60.0.0.0/8"},
		{"IPv6", []change{theirs("1", "tcp 22 from 2400::/16"), theirs("2", "tcp 22 from 2401::/16")},
			WorldOpenSensitive, Critical, "together"},
		{"of two families", []change{theirs("1", "tcp 22 from 52.0.0.0/8"), theirs("2", "tcp 22 from 2401::/16")},
			Unexpected, Medium, ""},
		{"private blocks", []change{theirs("1", "tcp 22 from 10.0.0.0/8"), theirs("2", "tcp 22 from 172.16.0.0/12"),
			theirs("3", "tcp 22 from 192.168.0.0/16")}, Unexpected, Medium, ""},
		{"another port", []change{theirs("1", "tcp 22 from 52.0.0.0/8"), theirs("2", "tcp 3389 from 53.0.0.0/8")},
			Unexpected, Medium, ""},
		{"ranges that meet at a sensitive port", []change{theirs("1", "tcp 20-22 from 52.0.0.0/8"),
			theirs("2", "tcp 22-30 from 53.0.0.0/8")}, WorldOpenSensitive, Critical, "tcp 22-30"},
		{"ranges that meet beside it", []change{theirs("1", "tcp 22-30 from 52.0.0.0/8"),
			theirs("2", "tcp 26-40 from 53.0.0.0/8")}, Unexpected, High, ""},
		{"a port that is not sensitive", []change{theirs("1", "tcp 8443 from 52.0.0.0/8"),
			theirs("2", "tcp 8443 from 53.0.0.0/8")}, Unexpected, High, ""},
		{"all traffic and a port", []change{theirs("1", "all from 52.0.0.0/8"), theirs("2", "tcp 22 from 53.0.0.0/8")},
			WorldOpenSensitive, Critical, "tcp 22 from 53.0.0.0/8"},
		{"all traffic twice", []change{theirs("1", "all from 52.0.0.0/8"), theirs("2", "all from 53.0.0.0/8")},
			AllTrafficWorld, Critical, "all from 53.0.0.0/8"},
		{"egress", []change{theirs("1", "tcp 22 to 52.0.0.0/8"), theirs("2", "tcp 22 to 53.0.0.0/8")},
			Unexpected, Medium, ""},
		{"a launch's rule", []change{asks("a", "tcp 22 from 53.0.0.0/8"), ours("a", "2", "tcp 22 from 53.0.0.0/8"),
			theirs("1", "tcp 22 from 52.0.0.0/8")}, WorldOpenSensitive, Critical, "tcp 22 from 53.0.0.0/8"},
		{"beside requests that are the world without it", []change{
			asks("a", "tcp 443 from 60.0.0.0/8", "tcp 443 from 61.0.0.0/8"),
			ours("a", "2", "tcp 443 from 60.0.0.0/8"), ours("a", "3", "tcp 443 from 61.0.0.0/8"),
			theirs("1", "tcp 443 from 52.0.0.0/8")}, Unexpected, Medium, ""},
		{"a prefix list", []change{theirs("1", "tcp 22 from "+listID), theirs("2", "tcp 22 from 53.0.0.0/8"),
			listing("52.0.0.0/8")}, WorldOpenSensitive, Critical, "53.0.0.0/8"},
	} {
		f, p := world(row.changes...)
		_, drifts := Compare(f, p, now)
		var got Drift
		for _, d := range drifts {
			if d.Rule.ID == "sgr-1" {
				got = d
			}
		}
		if got.Kind != row.kind || got.Severity != row.level || !strings.Contains(got.Detail, row.says) {
			t.Errorf("%s: %s %s, %q; want %s %s, %q", row.name, got.Severity, got.Kind, got.Detail,
				row.level, row.kind, row.says)
		}
	}
}

// TestOpenTogetherManyRules: a drift names 20 of the other rules, and counts the rest.
func TestOpenTogetherManyRules(t *testing.T) {
	var changes []change
	for i := range 32 {
		changes = append(changes, theirs(fmt.Sprint(i), fmt.Sprintf("tcp 22 from %d.0.0.0/12", 40+i)))
	}
	f, p := world(changes...)
	_, drifts := Compare(f, p, now)
	if len(drifts) != 32 || !strings.HasSuffix(drifts[0].Detail, "/12 and 11 more.") {
		t.Errorf("%d drifts, the first says %q; want 32, with 20 names and 11 more", len(drifts), drifts[0].Detail)
	}
}

// TestSplitChangesNoVerdict splits a rule at random into rules for parts of its addresses and
// ports. The worst severity stays the same.
func TestSplitChangesNoVerdict(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	worst := func(rules []secgroup.Rule) (w Severity) {
		f, p := world()
		for i, rule := range rules {
			f.Entries = append(f.Entries, secgroup.Entry{ID: fmt.Sprint("sgr-", i), Rule: rule})
		}
		_, drifts := Compare(f, p, now)
		for _, d := range drifts {
			w = max(w, d.Severity)
		}
		return w
	}
	seen := make(map[Severity]int)
	for range 2000 {
		whole := secgroup.MustParseRule(fmt.Sprintf("tcp %d-%d from 0.0.0.0/0", 20+r.IntN(5), 24+r.IntN(6)))
		bits := r.IntN(12)
		whole.Peer = secgroup.CIDR(netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(r.IntN(223) + 1), byte(r.IntN(256))}),
			bits).Masked())
		want, parts := worst([]secgroup.Rule{whole}), []secgroup.Rule{whole}
		for range 1 + r.IntN(6) {
			i := r.IntN(len(parts))
			a, b := split(r, parts[i])
			parts[i] = a
			parts = append(parts, b)
		}
		seen[want]++
		if got := worst(parts); got != want {
			t.Fatalf("%v is %s, and %v are %s", whole, want, parts, got)
		}
	}
	if seen[Critical] == 0 || seen[High] == 0 || seen[Medium] == 0 {
		t.Errorf("severities %v, want each", seen)
	}
}

// split returns the halves of a rule, by its addresses or by its ports.
func split(r *rand.Rand, rule secgroup.Rule) (a, b secgroup.Rule) {
	a, b = rule, rule
	prefix, _ := rule.Peer.Prefix()
	if rule.Ports.First < rule.Ports.Last && r.IntN(2) == 0 {
		at := rule.Ports.First + r.Int32N(rule.Ports.Last-rule.Ports.First)
		a.Ports.Last, b.Ports.First = at, at+1
		return a, b
	}
	low := netip.PrefixFrom(prefix.Addr(), prefix.Bits()+1)
	high := prefix.Addr().As4()
	high[prefix.Bits()/8] |= 0x80 >> (prefix.Bits() % 8)
	a.Peer, b.Peer = secgroup.CIDR(low), secgroup.CIDR(netip.PrefixFrom(netip.AddrFrom4(high), low.Bits()))
	return a, b
}

// TestWidenedNamesTheRequest: the drift says which rule was requested, and the remedy for a rule
// that guardrails refuse is not to request it.
func TestWidenedNamesTheRequest(t *testing.T) {
	f, p := world(asks("a", "tcp 80 from 10.1.0.0/16"), theirs("1", "tcp 80 from 10.0.0.0/8"))
	_, drifts := Compare(f, p, now)
	if len(drifts) != 1 || !strings.Contains(drifts[0].Detail, "serves tcp 80 from 10.1.0.0/16 of launch a,") {
		t.Errorf("%s; want the requested rule", details(drifts))
	}
	f, p = world(theirs("1", "tcp 22 from 0.0.0.0/0"), theirs("2", "all from ::/0"))
	_, drifts = Compare(f, p, now)
	for _, d := range drifts {
		if strings.Contains(d.Remedy, "let a launch request it") {
			t.Errorf("%s: %s; the guardrails refuse that", d.Kind, d.Remedy)
		}
	}
}

// TestDeclared: a declared rule is no drift, also if requests allow its traffic. A part of a rule that is
// declared does not explain the rule.
func TestDeclared(t *testing.T) {
	declares := func(rule string) change {
		return func(_ *Facts, p *Policy) {
			p.Declared = append(p.Declared, Declaration{Group: web.ID,
				Rules: []secgroup.Rule{secgroup.MustParseRule(rule)}})
		}
	}
	for _, test := range []struct {
		changes []change
		want    string
	}{
		{[]change{theirs("1", "tcp 22 from 0.0.0.0/0"), declares("tcp 22 from 0.0.0.0/0")}, ""},
		{[]change{theirs("1", "tcp 80 from 10.0.0.0/15"), declares("tcp 80 from 10.0.0.0/16")}, "unexpected medium"},
		{[]change{asks("a", "tcp 80 from 10.0.0.0/8"), ours("a", "1", "tcp 80 from 10.0.0.0/8"),
			theirs("2", "tcp 80 from 10.1.0.0/16")}, "redundant low"},
		{[]change{asks("a", "tcp 80 from 10.0.0.0/8"), ours("a", "1", "tcp 80 from 10.0.0.0/8"),
			theirs("2", "tcp 80 from 10.1.0.0/16"), declares("tcp 80 from 10.1.0.0/16")}, ""},
		{[]change{ours("a", "1", "tcp 80 from 10.0.0.0/8"), declares("tcp 80 from 10.0.0.0/8")}, "ledger-gone medium"},
	} {
		f, p := world(test.changes...)
		if _, drifts := Compare(f, p, now); kindsOf(drifts) != test.want {
			t.Errorf("%q, want %q\n%s", kindsOf(drifts), test.want, details(drifts))
		}
	}
}
