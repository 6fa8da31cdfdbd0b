package drift

import (
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// TestCovers: a report covers calls that came some time before its audit of the group began, unless
// a call is the unknown cause of a drift.
func TestCovers(t *testing.T) {
	ssh := secgroup.MustParseRule("tcp 22 from 0.0.0.0/0")
	call := func(before time.Duration, rules ...secgroup.Rule) Call {
		return Call{Change: Change{Name: "AuthorizeSecurityGroupIngress", Actor: "eve", At: now.Add(-before)},
			Rules: rules}
	}
	report := func(change func(*Group), drifts ...Drift) *Report {
		g := Group{Group: web, Begun: now}
		change(&g)
		return &Report{Groups: []Group{g}, Drifts: drifts}
	}
	as := func(*Group) {}
	unknown := Drift{Kind: Unexpected, Group: web, Rule: secgroup.Entry{Rule: ssh}}
	known, elsewhere := unknown, unknown
	known.Changed = Change{Actor: "alice"}
	elsewhere.Group = claim.Group{Account: web.Account, Region: web.Region, ID: "sg-other"}
	for _, row := range []struct {
		name   string
		report *Report
		calls  []Call
		want   bool
	}{
		{"long ago", report(as), []Call{call(time.Hour), call(Settle)}, true},
		{"a moment ago", report(as), []Call{call(time.Hour), call(Settle - time.Second)}, false},
		{"afterwards", report(as), []Call{call(-time.Minute)}, false},
		{"no time", report(as), []Call{{}}, false},
		{"another group", &Report{}, []Call{call(time.Hour)}, false},
		{"unreadable", report(func(g *Group) { g.Unreadable = "denied" }), []Call{call(time.Hour)}, false},
		{"begin unknown", report(func(g *Group) { g.Begun = time.Time{} }), []Call{call(time.Hour)}, false},
		{"the unknown cause of a drift", report(as, unknown), []Call{call(time.Hour, ssh)}, false},
		{"the known cause of a drift", report(as, known), []Call{call(time.Hour, ssh)}, true},
		{"a drift of another group", report(as, elsewhere), []Call{call(time.Hour, ssh)}, true},
		{"another rule", report(as, unknown), []Call{call(time.Hour)}, true},
	} {
		if got := row.report.Covers(web, row.calls); got != row.want {
			t.Errorf("%s: covered %v, want %v", row.name, got, row.want)
		}
	}
	for after, want := range map[time.Duration]time.Duration{
		-time.Second: 0, 0: Settle, Settle - time.Second: time.Second, Settle: 0, time.Hour: 0,
	} {
		if got := report(as).Fresh(web, now.Add(after)); got != want {
			t.Errorf("%v after the audit: due in %v, want %v", after, got, want)
		}
	}
}
