package drift

import (
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
)

// untagged adds our rule without tags, made long ago as one rule and now described as another.
func untagged(id, was, is string) change {
	proof := plan.Untagged(entry(id, was), now.Add(-24*time.Hour))
	return func(f *Facts, _ *Policy) {
		e := entry(id, is)
		e.Description = "sgkeeper a"
		f.Entries = append(f.Entries, e)
		f.Ledger.Untagged = append(f.Ledger.Untagged, proof)
	}
}

// TestUntagged: if tagging is denied, the ledger says for good which rules are ours.
func TestUntagged(t *testing.T) {
	const web, other = "tcp 80 from 10.0.0.0/8", "tcp 80 from 11.0.0.0/8"
	for _, test := range []struct {
		name    string
		changes []change
		want    string // the kinds
		remedy  string
	}{
		{"asked for", []change{asks("a", web), untagged("1", web, web)}, "", ""},
		{"its launch has ended", []change{
			asks("a", web), settled(claim.Ended, 10*time.Minute), untagged("1", web, web)}, "orphan",
			"sgkeeper revokes it at the next sweep"},
		{"nobody on record asked", []change{untagged("1", web, web)}, "ledger-gone",
			"sgkeeper revokes it at the next sweep"},
		{"modified, and asked for", []change{asks("a", web), untagged("1", web, other)}, "modified",
			"no longer sgkeeper's"},
		{"modified, and not asked for", []change{untagged("1", web, other)}, "unexpected", "never revokes"},
		{"another rule's id", []change{theirs("1", web), facts(func(f *Facts) {
			f.Ledger.Untagged = []claim.Untagged{plan.Untagged(entry("2", web), now)}
		})}, "unexpected", "never revokes"},
	} {
		f, p := world(test.changes...)
		_, drifts := Compare(f, p, now)
		var kinds, remedies []string
		for _, d := range drifts {
			kinds, remedies = append(kinds, string(d.Kind)), append(remedies, d.Remedy)
		}
		if got := strings.Join(kinds, ","); got != test.want ||
			!strings.Contains(strings.Join(remedies, ","), test.remedy) {
			t.Errorf("%s: found %q, want %q, to be mended so that %q\n%s",
				test.name, got, test.want, test.remedy, details(drifts))
		}
	}
}

// TestMadeElsewhere: sgkeeper's tags prove another installation only if the audit knows its
// own.
func TestMadeElsewhere(t *testing.T) {
	e := made("a", "1", "tcp 80 from 10.0.0.0/8")
	for installation, want := range map[string]string{
		"": `Its tags say that sgkeeper made it, as the installation "here". ` +
			`This audit does not know its own installation.`,
		"there": `Its tags say that another installation of sgkeeper made it, "here".`,
	} {
		f, p := world(stands(e))
		p.Installation = installation
		_, drifts := Compare(f, p, now)
		if len(drifts) != 1 || !strings.HasSuffix(drifts[0].Detail, want) {
			t.Errorf("installation %q: want %s\n%s", installation, want, details(drifts))
		}
	}
}
