package drift

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// kindCases gives each kind as the only drift.
var kindCases = []struct {
	kind     Kind
	severity Severity
	id       string // of the rule; "" if there is none
	gap      string
	changes  []change
}{
	{Missing, High, "", "tcp 80 from 0.0.0.0/0", []change{asks("a", "tcp 80 from 0.0.0.0/0")}},
	{NarrowedSource, High, "", "tcp 80 from 10.128.0.0/9", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), theirs("1", "tcp 80 from 10.0.0.0/9")}},
	{NarrowedPorts, High, "", "tcp 82-84 from 10.0.0.0/8", []change{
		asks("a", "tcp 80-84 from 10.0.0.0/8"), theirs("1", "tcp 80-81 from 10.0.0.0/8")}},
	{FamilyGap, Medium, "", "tcp 80 from ::/0", []change{
		asks("a", "tcp 80 from 0.0.0.0/0", "tcp 80 from ::/0"), ours("a", "1", "tcp 80 from 0.0.0.0/0")}},
	{PeerKindSwap, Medium, "sgr-1", "tcp 80 from 10.0.0.0/8, tcp 80 from pl-0bbbbbbbbbbbbbbbb", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), theirs("1", "tcp 80 from pl-0bbbbbbbbbbbbbbbb")}},
	{Modified, High, "sgr-1", "tcp 80 from 10.0.0.0/8, tcp 80 from 11.0.0.0/8", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), modified("1", "tcp 80 from 10.0.0.0/8", "tcp 80 from 11.0.0.0/8")}},
	{Metadata, Low, "sgr-1", "", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), ours("a", "1", "tcp 80 from 10.0.0.0/8"),
		facts(func(f *Facts) { f.Entries[0].Description = "mine" })}},
	{ExpiredPresent, High, "sgr-1", "tcp 80 from 10.0.0.0/8", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), last(func(r *claim.Request) { r.ExpiresAt = now.Add(-time.Hour / 2) }),
		ours("a", "1", "tcp 80 from 10.0.0.0/8")}},
	{Orphan, Medium, "sgr-1", "tcp 80 from 10.0.0.0/8", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), settled(claim.Ended, 10*time.Minute),
		ours("a", "1", "tcp 80 from 10.0.0.0/8")}},
	{LedgerGone, Medium, "sgr-1", "tcp 80 from 10.0.0.0/8", []change{ours("a", "1", "tcp 80 from 10.0.0.0/8")}},
	{HeldByQuota, Low, "sgr-1", "tcp 81 from 10.0.0.0/8, tcp 83-90 from 10.0.0.0/8", []change{
		asks("b", "tcp 80 from 10.0.0.0/8", "tcp 82 from 10.0.0.0/8"), asks("a",
			"tcp 80-90 from 10.0.0.0/8"), settled(claim.Ended, 10*time.Minute),
		ours("a", "1", "tcp 80-90 from 10.0.0.0/8"),
		func(f *Facts, p *Policy) { p.Limit, p.Threshold = 1, 101 }}},
	{AllTrafficWorld, Critical, "sgr-1", "all from 0.0.0.0/0", []change{theirs("1", "all from 0.0.0.0/0")}},
	{WorldOpenSensitive, Critical, "sgr-1", "tcp 20-25 from ::/0", []change{theirs("1", "tcp 20-25 from ::/0")}},
	{WidenedSource, High, "sgr-1", "tcp 80 from 11.0.0.0/8", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), theirs("1", "tcp 80 from 10.0.0.0/7")}},
	{WidenedPorts, Medium, "sgr-1", "tcp 81-90 from 10.0.0.0/8", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), theirs("1", "tcp 80-90 from 10.0.0.0/8")}},
	{WidenedProtocol, Medium, "sgr-1", "all from 10.0.0.0/8", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), theirs("1", "all from 10.0.0.0/8")}},
	{Redundant, Low, "sgr-2", "", []change{
		asks("a", "tcp 80-90 from 10.0.0.0/8"), ours("a", "1", "tcp 80-90 from 10.0.0.0/8"),
		theirs("2", "tcp 80 from 10.0.0.0/8")}},
	{Unexpected, Medium, "sgr-1", "tcp 80 from 10.0.0.0/8", []change{theirs("1", "tcp 80 from 10.0.0.0/8")}},
	{StaleReference, Low, "sgr-1", "", []change{
		theirs("1", "tcp 80 from sg-0bbbbbbbbbbbbbbbb"),
		facts(func(f *Facts) { f.Stale = map[secgroup.Rule]bool{f.Entries[0].Rule: true} })}},
	{CrossAccount, High, "sgr-1", "tcp 80 from 999988887777/sg-0bbbbbbbbbbbbbbbb", []change{
		theirs("1", "tcp 80 from 999988887777/sg-0bbbbbbbbbbbbbbbb")}},
	{PrefixListContents, Medium, "sgr-1", "",
		[]change{asks("a", "tcp 80 from pl-0bbbbbbbbbbbbbbbb"), ours("a", "1", "tcp 80 from pl-0bbbbbbbbbbbbbbbb"),
			facts(func(f *Facts) {
				f.Lists = map[string]List{"pl-0bbbbbbbbbbbbbbbb": {Version: 3, Entries: []string{"192.0.2.0/24"}}}
				f.Known = map[string]Contents{"tcp 80 from pl-0bbbbbbbbbbbbbbbb": {Version: 2}}
			})}},
	{QuotaPressure, Low, "", "", []change{filled(48)}},
	{Contested, High, "", "tcp 80 from 10.0.0.0/8", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), remade("tcp 80 from 10.0.0.0/8", 3)}},
	{GroupMissing, High, "", "", []change{asks("a", "tcp 80 from 10.0.0.0/8"),
		facts(func(f *Facts) { f.Found = false })}},
	{GroupRecreated, High, "", "", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"),
		facts(func(f *Facts) { f.Found, f.Successor = false, "sg-0cccccccccccccccc" })}},
	{ManagedTagLost, High, "", "", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), ours("a", "1", "tcp 80 from 10.0.0.0/8"),
		facts(func(f *Facts) { f.Tags = nil })}},
	{LeaseStuck, High, "", "", []change{leased(time.Hour)}},
	{ExceptionExpired, Medium, "sgr-1", "tcp 80 from 10.0.0.0/8", []change{
		theirs("1", "tcp 80 from 10.0.0.0/8"), excepts(now.Add(-time.Hour), "w*b", "tcp 0-65535 from 10.0.0.0/8")}},
	{AgainstGuardrails, Medium, "", "", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), ours("a", "1", "tcp 80 from 10.0.0.0/8"),
		guards("deny: [{id: x, tags: {'sgkeeper:managed': 'true'}, groups: ['w*'], " +
			"rules: [{ports: 80, from: [10.0.0.0/8]}]}]")}},
	{HistoryLost, High, "", "", []change{asks("a", "tcp 80 from 10.0.0.0/8"), stands(func() secgroup.Entry {
		e := made("a", "1", "tcp 80 from 10.0.0.0/8")
		return sealing.Tagged(plan.Stamp{Ticket: 2, Span: "BBBBBBBB"}, []secgroup.Entry{e})[0]
	}())}},
	{Unknown, High, "", "", []change{facts(func(f *Facts) { f.Unreadable = "UnauthorizedOperation" })}},
}

// cleanCases have no drift.
var cleanCases = []struct {
	name    string
	changes []change
}{
	{"nobody asks, nothing there", nil},
	{"exactly as asked", []change{asks("a", "tcp 80 from 10.0.0.0/8"), ours("a", "1", "tcp 80 from 10.0.0.0/8")}},
	{"declared as an exception", []change{
		theirs("1", "tcp 80 from 10.1.0.0/16"), excepts(now.Add(time.Hour), web.ID, "tcp 80-90 from 10.0.0.0/8")}},
	{"all traffic from the world, declared", []change{
		theirs("1", "all from 0.0.0.0/0"), excepts(time.Time{}, "", "all from 0.0.0.0/0")}},
	{"a self reference, read back by id and owner", []change{
		asks("a", "all from self"), theirs("1", "all from sg-0123456789abcdef0")}},
	{"a self reference, read back as nil", []change{
		asks("a", "all from sg-0123456789abcdef0"), theirs("1", "all from self")}},
	{"a peer's owner filled in", []change{
		asks("a", "tcp 80 from sg-0bbbbbbbbbbbbbbbb"), theirs("1", "tcp 80 from 999988887777/sg-0bbbbbbbbbbbbbbbb")}},
	{"a split read-back", []change{
		asks("a", "tcp 80-81 from 10.0.0.0/8"), theirs("1", "tcp 80 from 10.0.0.0/8"),
		theirs("2", "tcp 81 from 10.0.0.0/9"),
		theirs("3", "tcp 81 from 10.128.0.0/9")}},
	{"a grouped read-back", []change{
		asks("a", "tcp 80 from 10.0.0.0/8", "tcp 81 from 10.0.0.0/8"), theirs("1", "tcp 80-81 from 10.0.0.0/8")}},
	{"two launches, one within the other", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), asks("b", "tcp 80 from 10.1.0.0/16"),
		ours("a", "1", "tcp 80 from 10.0.0.0/8"),
		ours("b", "2", "tcp 80 from 10.1.0.0/16")}},
	{"covered by another's", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), asks("b", "tcp 80 from 10.1.0.0/16"),
		ours("a", "1", "tcp 80 from 10.0.0.0/8")}},
	{"asked and declared together", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), excepts(time.Time{}, "", "tcp 81 from 10.0.0.0/8"),
		theirs("1", "tcp 80-81 from 10.0.0.0/8")}},
	{"EC2's default egress", []change{theirs("1", "all to 0.0.0.0/0"), theirs("2", "all to ::/0")}},
	{"asked just now", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), last(func(r *claim.Request) { r.Received = now.Add(-time.Minute) })}},
	{"ended just now", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), settled(claim.Ended, time.Minute),
		ours("a", "1", "tcp 80 from 10.0.0.0/8")}},
	{"expired just now", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), last(func(r *claim.Request) { r.ExpiresAt = now.Add(-time.Minute) }),
		ours("a", "1", "tcp 80 from 10.0.0.0/8")}},
	{"made, not described yet", []change{asks("a", "tcp 80 from 10.0.0.0/8"), facts(func(f *Facts) {
		f.Ledger.Made = []claim.Made{{Rule: entry("", "tcp 80 from 10.0.0.0/8").Rule, ID: "sgr-9",
			At: now.Add(-5 * time.Minute), Listed: true}}
		f.Ledger.Served = claim.Served{Through: now.Add(-5 * time.Minute)}
	})}},
	{"revoked, still described", []change{ours("a", "1", "tcp 80 from 10.0.0.0/8"), facts(func(f *Facts) {
		f.Ledger.Revoked = []claim.Revoked{{ID: "sgr-1", At: now.Add(-5 * time.Minute)}}
	})}},
	{"a revoke pending, its round under way", []change{
		ours("a", "1", "tcp 80 from 10.0.0.0/8"), leased(-time.Minute),
		facts(func(f *Facts) { f.Ledger.PendingRevokes = []claim.PendingRevoke{{ID: "sgr-1"}} })}},
	{"refused, and not there", []change{asks("a", "tcp 22 from 0.0.0.0/0"), settled(claim.Refused, time.Hour)}},
	{"a group that is gone, and nobody asks", []change{facts(func(f *Facts) { f.Found = false })}},
	{"a launch gone from the record in the description", []change{
		asks("b", "tcp 80 from 10.0.0.0/8"), ours("a", "1", "tcp 80 from 10.0.0.0/8")}},
	{"tagging denied: ours by the ledger alone",
		[]change{asks("a", "tcp 80 from 10.0.0.0/8"), stands(func() (e secgroup.Entry) {
			e = made("a", "1", "tcp 80 from 10.0.0.0/8")
			e.Tags = nil
			return e
		}()), facts(func(f *Facts) {
			f.Ledger.Made = []claim.Made{{Rule: f.Entries[0].Rule, ID: "sgr-1", At: now.Add(-time.Minute),
				Listed: true}}
		})}},
	{"a list that did not change",
		[]change{asks("a", "tcp 80 from pl-0bbbbbbbbbbbbbbbb"), ours("a", "1", "tcp 80 from pl-0bbbbbbbbbbbbbbbb"),
			facts(func(f *Facts) {
				f.Lists = map[string]List{"pl-0bbbbbbbbbbbbbbbb": {Version: 3}}
				f.Known = map[string]Contents{"tcp 80 from pl-0bbbbbbbbbbbbbbbb": {Version: 3}}
			})}},
	{"a list seen for the first time",
		[]change{asks("a", "tcp 80 from pl-0bbbbbbbbbbbbbbbb"), ours("a", "1", "tcp 80 from pl-0bbbbbbbbbbbbbbbb"),
			facts(func(f *Facts) {
				f.Lists = map[string]List{"pl-0bbbbbbbbbbbbbbbb": {Version: 3}}
			})}},
	{"within the guardrails", []change{
		asks("a", "tcp 80 from 10.0.0.0/8", "all from self"), ours("a", "1", "tcp 80 from 10.0.0.0/8"),
		ours("a", "2", "all from self"),
		guards("allow: [{id: x, rules: [{protocol: all, from: [self, 10.0.0.0/8]}]}]")}},
	{"guardrails depend on tags that are not known", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), ours("a", "1", "tcp 80 from 10.0.0.0/8"),
		guards("allow: [{id: x, tags: {a: b}, rules: all}]"), facts(func(f *Facts) { f.Name = "" })}},
	{"ended, and against the guardrails", []change{
		asks("a", "tcp 80 from 10.0.0.0/8"), settled(claim.Ended, time.Hour), guards("allow: []")}},
	{"one below the threshold", []change{filled(47)}},
	{"a live lease", []change{leased(-time.Minute)}},
}

func TestKinds(t *testing.T) {
	found := make(map[Kind]bool)
	for _, test := range kindCases {
		f, p := world(test.changes...)
		_, drifts := Compare(f, p, now)
		if len(drifts) != 1 || drifts[0].Kind != test.kind {
			t.Errorf("%s: found %d drifts:\n%s", test.kind, len(drifts), details(drifts))
			continue
		}
		d := drifts[0]
		if d.Severity != test.severity || d.Rule.ID != test.id || rulesText(d.Gap) != test.gap {
			t.Errorf("%s: severity %v, rule %q, gap %q, want %v, %q, %q",
				test.kind, d.Severity, d.Rule.ID, rulesText(d.Gap), test.severity, test.id, test.gap)
		}
		if d.Detail == "" || d.Remedy == "" || len(d.ID) != 32 || !d.Since.Equal(now) {
			t.Errorf("%s: says %q, remedy %q, id %q, since %v", test.kind, d.Detail, d.Remedy, d.ID, d.Since)
		}
		found[test.kind] = true
		t.Logf("%-24s %-8v %s", d.Kind, d.Severity, d.Detail)
	}
	clean := 0
	for _, test := range cleanCases {
		f, p := world(test.changes...)
		if _, drifts := Compare(f, p, now); len(drifts) > 0 {
			t.Errorf("%s: found\n%s", test.name, details(drifts))
			continue
		}
		clean++
	}
	for _, k := range Kinds() {
		if !found[k] {
			t.Errorf("%s was not found", k)
		}
	}
	t.Logf("kinds: %d of %d found, %d of %d clean cases clean", len(found), len(Kinds()), clean, len(cleanCases))
}

func details(drifts []Drift) (text string) {
	for _, d := range drifts {
		text += "  " + string(d.Kind) + ": " + d.Detail + "\n"
	}
	return text
}

// TestSeverities checks that the table has each kind, and the conditions that change a severity.
func TestSeverities(t *testing.T) {
	for _, k := range Kinds() {
		if _, ok := ratings[k]; !ok {
			t.Errorf("the table of severities lacks %s", k)
		}
	}
	if len(ratings) != len(Kinds()) {
		t.Errorf("the table of severities has %d kinds, want %d", len(ratings), len(Kinds()))
	}
	for _, test := range []struct {
		name    string
		changes []change
		want    Severity
	}{
		{"unexpected on a sensitive port", []change{theirs("1", "tcp 22 from 10.0.0.0/8")}, Medium},
		{"and attached", []change{theirs("1", "tcp 22 from 10.0.0.0/8"), attached}, High},
		{"attached, another port", []change{theirs("1", "tcp 80 from 10.0.0.0/8"), attached}, Medium},
		{"the world on another port", []change{theirs("1", "tcp 80 from 0.0.0.0/0")}, High},
		{"half the world on a sensitive port", []change{theirs("1", "tcp 22 from 0.0.0.0/1")}, Critical},
		{"critical is the most", []change{theirs("1", "tcp 22 from 0.0.0.0/0"), attached}, Critical},
		{"to the world", []change{theirs("1", "tcp 22 to 0.0.0.0/0"), attached}, Medium},
		{"the default egress where egress is asked", []change{
			asks("a", "tcp 443 to 0.0.0.0/0"), theirs("1", "all to 0.0.0.0/0")}, Medium},
		{"ours, tampered into the world", []change{modified("1", "tcp 80 from 10.0.0.0/8", "all from 0.0.0.0/0")},
			Critical},
		{"forged as ours, open to the world", []change{stands(func() (e secgroup.Entry) {
			e = entry("1", "tcp 22 from 0.0.0.0/0")
			e.Tags = map[string]string{plan.TagInstallation: string(us)}
			return e
		}())}, Critical},
		{"an orphan is never excepted", []change{
			ours("a", "1", "tcp 80 from 10.0.0.0/8"), excepts(time.Time{}, "", "all from 10.0.0.0/8")}, Medium},
		{"guardrails no longer allow the world", []change{
			asks("a", "tcp 80 from 0.0.0.0/0"), ours("a", "1", "tcp 80 from 0.0.0.0/0"), guards("allow: []")}, High},
		{"a known account", []change{theirs("1", "tcp 80 from 444455556666/sg-0bbbbbbbbbbbbbbbb")}, Medium},
		{"described for a launch that requested another rule", []change{
			asks("a", "tcp 80 from 10.0.0.0/8"), ours("b", "1", "tcp 80 from 10.0.0.0/8"),
			asks("b", "tcp 90 from 10.0.0.0/8"), ours("b", "2", "tcp 90 from 10.0.0.0/8")}, Low},
		{"a wider source of egress", []change{
			asks("a", "tcp 80 to 10.0.0.0/8"), theirs("1", "tcp 80 to 10.0.0.0/7")}, Medium},
		{"a quota exceeded", []change{filled(61)}, High},
		{"an exception for another group", []change{
			theirs("1", "tcp 80 from 10.0.0.0/8"), excepts(time.Time{}, "db*", "tcp 80 from 10.0.0.0/8")}, Medium},
		{"an expired exception over the world", []change{
			theirs("1", "all from 0.0.0.0/0"), excepts(now, "", "all from 0.0.0.0/0")}, Critical},
	} {
		f, p := world(test.changes...)
		if _, drifts := Compare(f, p, now); len(drifts) != 1 || drifts[0].Severity != test.want {
			t.Errorf("%s: want one of %v, found\n%s", test.name, test.want, details(drifts))
		}
	}
}

func rulesText(rules []secgroup.Rule) string { return secgroup.SetOf(rules...).String() }

// TestDocumentation compares the table in the documentation with the severities of the code.
func TestDocumentation(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range kindCases {
		if row := "| `" + string(test.kind) + "` | " + test.severity.String() +
			" |"; !strings.Contains(string(doc), row) {
			t.Errorf("docs/audit.md lacks the row %q", row)
		}
	}
}
