package drift

import (
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// TestBetween: a drift is new, changed, closed or, if the later audit did not read its group, not
// verified.
func TestBetween(t *testing.T) {
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	in := func(id string) claim.Group { return claim.Group{Account: "111122223333", Region: "us-east-1", ID: id} }
	of := func(group, subject string, s Severity) Drift {
		d := Drift{Kind: Orphan, Severity: s, Group: in(group), Subject: subject, Since: at}
		d.ID = d.identity()
		return d
	}
	old := of("sg-1", "same", Low)
	old.Since = at.Add(-time.Hour) // another time alone is no change
	before := &Report{Drifts: []Drift{
		old, of("sg-1", "worse", Low), of("sg-1", "milder", High), of("sg-1", "gone", Medium),
		of("sg-2", "deleted", High), of("sg-3", "unread", High),
	}, Carried: []Drift{of("sg-4", "carried", High), of("sg-1", "verified", High)}}
	after := &Report{Started: at, Whole: at, Groups: []Group{{Group: in("sg-1")},
		{Group: in("sg-3"), Unreadable: "lost"}},
		Drifts: []Drift{of("sg-1", "same", Low), of("sg-1", "worse", High), of("sg-1", "milder", Low),
			of("sg-1", "new", Medium), of("sg-1", "verified", High)},
		Carried: []Drift{of("sg-4", "carried", High)}}
	subjects := func(list []Drift) (all string) {
		for _, d := range list {
			all += d.Subject + " "
		}
		return all
	}
	got := Between(before, after)
	if subjects(got.New) != "new " || subjects(got.Closed) != "deleted gone " ||
		subjects(got.Unverified) != "unread carried " {
		t.Errorf("new %s, closed %s, unverified %s", subjects(got.New), subjects(got.Closed), subjects(got.Unverified))
	}
	if len(got.Changed) != 2 || got.Changed[0].After.Subject != "worse" || got.Changed[1].Before.Severity != High {
		t.Errorf("changed %+v", got.Changed)
	}
	if worse := got.Worse(); worse[High] != 1 || worse[Medium] != 1 || worse.Total() != 2 {
		t.Errorf("worse %v, want the new one and the one that rose", worse)
	}
	after.Whole = at.Add(-time.Hour) // the later audit was of some groups
	if got := Between(before, after); subjects(got.Unverified) != "deleted unread carried " {
		t.Errorf("unverified %s, want the drift of a group that was not read, too", subjects(got.Unverified))
	}
}
