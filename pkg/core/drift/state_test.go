package drift

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// kindsOf returns the kinds and severities of drifts, in their order.
func kindsOf(drifts []Drift) string {
	var kinds []string
	for _, d := range drifts {
		kinds = append(kinds, fmt.Sprint(d.Kind, " ", d.Severity))
	}
	return strings.Join(kinds, ", ")
}

func limit(n int) change { return func(_ *Facts, p *Policy) { p.Limit, p.Threshold = n, 101 } }

// TestHeldByQuota: with a quota of one, ensure keeps an ended launch's wide rule, because it
// serves a live request. This holds with tags and without.
func TestHeldByQuota(t *testing.T) {
	const wide, part = "all from 0.0.0.0/0", "tcp 8000 from 0.0.0.0/0"
	for name, made := range map[string]change{"with tags": ours("a", "1", wide),
		"without tags": untagged("1", wide, wide)} {
		f, p := world(asks("b", part), asks("a", wide), settled(claim.Ended, 10*time.Minute), made, limit(1))
		_, drifts := Compare(f, p, now)
		if got := kindsOf(drifts); got != "held-by-quota low" {
			t.Errorf("%s: %s, want held-by-quota low\n%s", name, got, details(drifts))
		}
	}
}

// TestRefusedLaunch: the only request for our rule was refused. So no ended launch is named,
// and no sweep is due at once.
func TestRefusedLaunch(t *testing.T) {
	const rule = "tcp 80 from 10.0.0.0/8"
	refused := []change{asks("a", rule), settled(claim.Refused, 10*time.Minute), ours("a", "1", rule)}
	due := facts(func(f *Facts) { f.Ledger.Due = now.Add(5 * time.Minute) })
	for _, test := range []struct {
		name           string
		changes        []change
		detail, remedy string
	}{
		{"refused", refused, "every request for it was refused: launch a.", "in the group's next round"},
		{"refused, and a round is due", append(refused, due), "every request for it was refused: launch a.",
			"in the group's next round, which is due at 2026-11-24 12:05 UTC"},
		{"refused, and frozen",
			append(refused, facts(func(f *Facts) { f.Ledger.Frozen = claim.Freeze{Reason: "incident"} })),
			"every request for it was refused", "thaw"},
		{"refused, and another ended", append(refused, asks("b", rule), settled(claim.Ended, 5*time.Minute)),
			"every launch that requested it has ended or was refused: launch a, launch b.", "at the next sweep"},
	} {
		f, p := world(test.changes...)
		_, drifts := Compare(f, p, now)
		if got := kindsOf(drifts); got != "orphan medium" {
			t.Errorf("%s: %s, want orphan medium", test.name, got)
			continue
		}
		if d := drifts[0]; !strings.Contains(d.Detail, test.detail) || !strings.Contains(d.Remedy, test.remedy) {
			t.Errorf("%s: %q, to mend: %q; want %q, %q", test.name, d.Detail, d.Remedy, test.detail, test.remedy)
		}
	}
}

// TestBlame: five launches asked for ports. None of them asked for all traffic.
func TestBlame(t *testing.T) {
	changes := []change{theirs("1", "all from 0.0.0.0/0")}
	for i := range 5 {
		changes = append(changes, asks(fmt.Sprint("l", i), fmt.Sprintf("tcp %d from 0.0.0.0/0", 8000+i)))
	}
	changes = append(changes, asks("other", "all from self"), ours("other", "2", "all from self"))
	f, p := world(changes...)
	_, drifts := Compare(f, p, now)
	if got := kindsOf(drifts); got != "all-traffic-world critical" {
		t.Fatalf("%s\n%s", got, details(drifts))
	}
	d := drifts[0]
	if len(d.Requests) != 5 {
		t.Errorf("asked: %v, want the five that asked for part", d.Requests)
	}
	for i, a := range d.Requests {
		want := secgroup.MustParseRule(fmt.Sprintf("tcp %d from 0.0.0.0/0", 8000+i))
		if a.Relation != Part || len(a.Wants) != 1 || a.Wants[0] != want {
			t.Errorf("%s: %q %v, want part %v", a.Launch.Name, a.Relation, a.Wants, want)
		}
	}
	want := "No launch requested this rule. These requested part of it: launch l0 (tcp 8000 from 0.0.0.0/0), "
	if !strings.Contains(d.Detail, want) {
		t.Errorf("%q, want %q", d.Detail, want)
	}
}

// TestRelations: a launch that did not request the drift's rule never appears as if it had.
func TestRelations(t *testing.T) {
	for _, test := range []struct {
		name    string
		changes []change
		want    Relation
	}{
		{"the rule itself", []change{asks("a", "tcp 80 from 10.0.0.0/8")}, Itself},
		{"wider ports", []change{asks("a", "tcp 80 from 10.0.0.0/8"), theirs("1", "tcp 80-90 from 10.0.0.0/8")}, Part},
		{"half of it", []change{
			asks("a", "tcp 80 from 10.0.0.0/8"), theirs("1", "tcp 80-90 from 10.0.0.0/9"),
			theirs("2", "tcp 80 from 10.128.0.0/9")}, Overlap},
		{"another peer", []change{
			asks("a", "tcp 80 from 10.0.0.0/8"), theirs("1", "tcp 80 from pl-0bbbbbbbbbbbbbbbb")}, Instead},
		{"modified", []change{
			asks("a", "tcp 80 from 10.0.0.0/8"), modified("1", "tcp 80 from 10.0.0.0/8", "tcp 80 from 11.0.0.0/8")},
			Instead},
	} {
		f, p := world(test.changes...)
		_, drifts := Compare(f, p, now)
		if len(drifts) != 1 || len(drifts[0].Requests) != 1 || drifts[0].Requests[0].Relation != test.want {
			t.Errorf("%s: want one drift that names launch a as %q\n%s", test.name, test.want, details(drifts))
		}
	}
}

// TestManyParts: a drift lists a bounded number of one launch's rules.
func TestManyParts(t *testing.T) {
	var rules []string
	for i := range 100 {
		rules = append(rules, fmt.Sprintf("tcp %d from 10.0.0.0/8", 8000+2*i))
	}
	f, p := world(asks("a", rules...), theirs("1", "all from 0.0.0.0/0"))
	_, drifts := Compare(f, p, now)
	if a := drifts[0].Requests[0]; len(a.Wants) != maxWants || a.More != 100-maxWants {
		t.Errorf("%d rules and %d more", len(a.Wants), a.More)
	}
}

// TestOverdue: ensure serves a request until a sweep marks it as expired. A late sweep is a
// drift. The request's rules are neither missing nor explained.
func TestOverdue(t *testing.T) {
	const rule = "tcp 80 from 10.0.0.0/8"
	overdue := last(func(r *claim.Request) { r.ExpiresAt = now.Add(-time.Hour / 2) })
	for _, test := range []struct {
		name    string
		changes []change
		want    string
	}{
		{"its rule exists", []change{asks("a", rule), overdue, ours("a", "1", rule)}, "expired-present high"},
		{"its rule exists without tags", []change{
			asks("a", rule), overdue, untagged("1", rule, rule)}, "expired-present high"},
		{"its rule is not there", []change{asks("a", rule), overdue}, ""},
		{"a live launch asks too", []change{asks("a", rule), overdue, asks("b", rule), ours("a", "1", rule)}, ""},
		{"a foreign rule", []change{asks("a", rule), overdue, theirs("1", rule)}, "unexpected medium"},
	} {
		f, p := world(test.changes...)
		if _, drifts := Compare(f, p, now); kindsOf(drifts) != test.want {
			t.Errorf("%s: %q, want %q\n%s", test.name, kindsOf(drifts), test.want, details(drifts))
		}
	}
}

// TestAssumed: a rule that EC2 has not described yet serves the launches that were served
// before. It does not open the port for a new one.
func TestAssumed(t *testing.T) {
	const rule = "tcp 80 from 10.0.0.0/8"
	served := facts(func(f *Facts) {
		f.Ledger.Made = []claim.Made{{Rule: entry("", rule).Rule, ID: "sgr-9", At: now.Add(-5 * time.Minute),
			Listed: true}}
		f.Ledger.Served = claim.Served{Through: now.Add(-5 * time.Minute)}
	})
	fresh := last(func(r *claim.Request) { r.Received = now.Add(-3 * time.Minute) })
	for _, test := range []struct {
		name    string
		changes []change
		want    string
		state   State
	}{
		{"served", []change{asks("a", rule), served}, "", AsRequested},
		{"a new launch", []change{asks("a", rule), asks("b", rule), fresh, served}, "missing high", Requested},
		{"a new launch for part of it", []change{
			asks("a", rule), asks("b", "tcp 80 from 10.1.0.0/16"), fresh, served}, "missing high", Requested},
		{"a launch of just now", []change{
			asks("a", rule), asks("b", rule), last(func(r *claim.Request) { r.Received = now }), served}, "",
			Requested},
		{"after the lag", []change{
			asks("a", rule), served, facts(func(f *Facts) { f.Ledger.Made[0].At = now.Add(-claim.Lag) })},
			"missing high",
			Requested},
		{"known from a Duplicate alone, and nobody asks", []change{
			served, facts(func(f *Facts) { f.Ledger.Made[0].ID = "" })}, "", Unrequested},
	} {
		f, p := world(test.changes...)
		g, drifts := Compare(f, p, now)
		if got := kindsOf(drifts); got != test.want || len(g.Strip) != 1 || g.Strip[0].State != test.state {
			t.Errorf("%s: %q and %v, want %q and %s\n%s", test.name, got, g.Strip, test.want, test.state,
				details(drifts))
		}
	}
}

// TestPendingRevoke: a rule with a pending revoke does not count as existing. It is a drift if
// no round is under way.
func TestPendingRevoke(t *testing.T) {
	const rule = "tcp 80 from 10.0.0.0/8"
	pending := facts(func(f *Facts) {
		f.Ledger.PendingRevokes = []claim.PendingRevoke{{ID: "sgr-1", Since: now.Add(-time.Minute)}}
	})
	ended := settled(claim.Ended, 10*time.Minute)
	for _, test := range []struct {
		name    string
		changes []change
		want    string
		detail  string
	}{
		{"left by a round", []change{
			asks("a", rule), ended, ours("a", "1", rule), pending}, "orphan medium",
			"Its revoke is recorded, and EC2 still describes the rule."},
		{"a round is under way", []change{
			asks("a", rule), ended, ours("a", "1", rule), pending, leased(-time.Minute)}, "", ""},
		{"asked for again", []change{
			asks("a", rule), ours("a", "1", rule), pending}, "missing high",
			"EC2 describes rule sgr-1 (tcp 80 from 10.0.0.0/8), but its revoke is pending."},
	} {
		f, p := world(test.changes...)
		g, drifts := Compare(f, p, now)
		if got := kindsOf(drifts); got != test.want || g.Rules != 0 || !strings.Contains(details(drifts), test.detail) {
			t.Errorf("%s: %q, %d rules, want %q\n%s", test.name, got, g.Rules, test.want, details(drifts))
		}
	}
}
