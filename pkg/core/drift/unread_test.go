package drift

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// TestNeeds: the table of inputs has each kind, and no other.
func TestNeeds(t *testing.T) {
	for _, k := range Kinds() {
		if _, ok := needs[k]; !ok {
			t.Errorf("the table of inputs lacks %s", k)
		}
	}
	if len(needs) != len(Kinds()) {
		t.Errorf("the table of inputs has %d kinds, want %d", len(needs), len(Kinds()))
	}
}

// ruled returns a drift of a kind about a rule.
func ruled(kind Kind, rule string) Drift {
	d := Drift{Kind: kind, Severity: ratings[kind].severity, Group: web, Since: now, Rule: entry("1", rule)}
	d.ID = d.identity()
	return d
}

// TestUnread: a drift that the run did not find stays, not verified, if an input that its kind needs
// was not read. It is closed if its rule is gone. No drift of another kind takes its place.
func TestUnread(t *testing.T) {
	const cidr, ref, list = "tcp 22 from 0.0.0.0/0", "tcp 22 from sg-0bbbbbbbbbbbbbbbb", "tcp 22 from " + listID
	guarded := Drift{Kind: AgainstGuardrails, Group: web, Since: now, Subject: "a", ID: "guarded"}
	contents := ruled(PrefixListContents, list)
	contents.Subject = listID
	for _, row := range []struct {
		name   string
		d      Drift
		unread Input
		closes bool
	}{
		{"nothing unread", ruled(StaleReference, ref), "", true},
		{"stale", ruled(StaleReference, ref), Stale, false},
		{"stale, and another input", ruled(StaleReference, ref), Exceptions, true},
		{"a reference that may be stale", ruled(Unexpected, ref), Stale, false},
		{"a CIDR cannot be stale", ruled(Unexpected, cidr), Stale, true},
		{"exceptions", ruled(WorldOpenSensitive, cidr), Exceptions, false},
		{"a list, and the world", ruled(WorldOpenSensitive, list), listID, false},
		{"a list does not matter to a reference", ruled(CrossAccount, ref), listID, true},
		{"the list", contents, listID, false},
		{"another list", contents, "pl-0ccccccccccccccc", true},
		{"guardrails", guarded, Guardrails, false},
		{"whether a round revokes it", ruled(Orphan, cidr), Guardrails, false},
		{"missing", ruled(Missing, cidr), Exceptions, true},
		{"interfaces change no verdict", ruled(WorldOpenSensitive, cidr), Interfaces, true},
	} {
		previous := &Report{ID: "1", Started: now, Groups: []Group{{Group: web, At: now}}, Drifts: []Drift{row.d}}
		later := now.Add(time.Hour)
		run := Run{Report: Report{ID: "2", Started: later, Groups: []Group{{Group: web, At: later}}}}
		if row.unread != "" {
			run.Groups[0].Unread = []Input{row.unread}
		}
		other := row.d
		if other.Kind, other.Since = Redundant, later; row.unread == Guardrails {
			other.Kind = HeldByQuota
		}
		if row.d.HasRule() && !row.closes {
			other.ID = other.identity()
			run.Drifts = []Drift{other}
		}
		r, added := Conclude(previous, run)
		if closed := len(r.Closed) == 1; closed != row.closes || len(added) != 0 || len(r.Drifts)+len(r.Closed) != 1 {
			t.Errorf("%s: closed %v, drifts %+v", row.name, closed, r.Drifts)
		} else if !closed && !r.Drifts[0].Unverified.Equal(now) {
			t.Errorf("%s: not verified since %v, want %v", row.name, r.Drifts[0].Unverified, now)
		}
		run.Drifts, run.Gone = nil, []string{row.d.ID}
		if r, _ := Conclude(previous, run); len(r.Closed) != 1 {
			t.Errorf("%s: its rule is gone, and it is not closed", row.name)
		}
	}
}

// TestUnreadFound: a drift that was found without all inputs is not verified, whether it is new or
// known. A later run that reads them verifies it.
func TestUnreadFound(t *testing.T) {
	d := ruled(Unexpected, "tcp 22 from 0.0.0.0/0")
	var r *Report
	for i, row := range []struct {
		unread     []Input
		unverified time.Time
	}{
		{[]Input{Exceptions}, now},
		{nil, time.Time{}},
		{[]Input{Exceptions}, now.Add(time.Hour)},
		{[]Input{Exceptions}, now.Add(time.Hour)},
		{nil, time.Time{}},
	} {
		at := now.Add(time.Duration(i) * time.Hour)
		found := d
		found.Since = at
		r, _ = Conclude(r, Run{Report: Report{ID: fmt.Sprint(i), Started: at, Drifts: []Drift{found},
			Groups: []Group{{Group: web, At: at, Unread: row.unread}}}})
		if len(r.Drifts) != 1 || !r.Drifts[0].Unverified.Equal(row.unverified) || !r.Drifts[0].Since.Equal(now) {
			t.Errorf("audit %d: %+v, want not verified since %v", i, r.Drifts, row.unverified)
		}
	}
}

// TestReadable: an audit of some groups closes an unknown drift about no group if it read the
// subject. An audit of all groups that read it earlier does not bring it back.
func TestReadable(t *testing.T) {
	place := claim.Group{Account: web.Account, Region: web.Region}
	unknown := Unreadable(place, "network interfaces", errors.New("throttled"), now)
	other := Unreadable(place, "guardrails", errors.New("denied"), now)
	previous := &Report{ID: "1", Started: now, Drifts: []Drift{unknown, other}}
	run := Run{Report: Report{ID: "2", Started: now.Add(time.Minute)},
		Readable: map[string]time.Time{unknown.ID: now.Add(time.Minute)}}
	r, _ := Conclude(previous, run)
	if len(r.Closed) != 1 || r.Closed[0].ID != unknown.ID || len(r.Drifts) != 1 {
		t.Errorf("closed %+v, drifts %+v", r.Closed, r.Drifts)
	}
	unknown.Since = now.Add(time.Second)
	slow := Run{Report: Report{ID: "3", Started: now.Add(time.Second), Drifts: []Drift{unknown}}, All: true}
	if again, added := Conclude(r, slow); len(added) != 0 || len(again.Drifts) != 1 {
		t.Errorf("an earlier reading brings it back: %+v", again.Drifts)
	}
	unknown.Since = now.Add(time.Hour)
	late := Run{Report: Report{ID: "4", Started: now.Add(time.Hour), Drifts: []Drift{unknown}}}
	if again, added := Conclude(r, late); len(added) != 1 || len(again.Drifts) != 2 {
		t.Errorf("it failed again: %+v", again.Drifts)
	}
}

// TestPassedStays: a group that an audit passed is not brought back by an audit of all groups that
// read it earlier.
func TestPassedStays(t *testing.T) {
	d := ruled(Unexpected, "tcp 22 from 0.0.0.0/0")
	previous := &Report{ID: "1", Started: now, Groups: []Group{{Group: web, At: now}}, Drifts: []Drift{d}}
	passing, _ := Conclude(previous, Run{Report: Report{ID: "2", Started: now.Add(2 * time.Minute)},
		Passed: []Passed{{web, now.Add(2 * time.Minute)}}})
	for _, row := range []struct {
		read time.Time
		back int
	}{{now.Add(time.Minute), 0}, {now.Add(3 * time.Minute), 1}} {
		r, added := Conclude(passing, Run{All: true, Complete: true, Report: Report{ID: "3",
			Started: now.Add(time.Minute), Groups: []Group{{Group: web, At: row.read}}, Drifts: []Drift{d}}})
		if len(r.Groups) != row.back || len(r.Drifts) != row.back || len(added) != row.back {
			t.Errorf("read at %v: %d groups, %d drifts, %d new; want %d of each", row.read, len(r.Groups),
				len(r.Drifts), len(added), row.back)
		}
	}
}

// TestListsPerGroup: a prefix list that two groups name has changed. Each group's drift is found by
// the first audit of that group, and the audit of the other group does not close it.
func TestListsPerGroup(t *testing.T) {
	groups := []claim.Group{web, {Account: web.Account, Region: web.Region, ID: "sg-0bbbbbbbbbbbbbbbb"}}
	contents := func(version int64, entries ...string) Contents {
		return Contents{Account: web.Account, Region: web.Region, ID: listID, Version: version, Entries: entries}
	}
	old, world := contents(1, "192.0.2.0/24"), contents(2, "192.0.2.0/24", "0.0.0.0/0")
	var r *Report
	audits := 0
	audit := func(list Contents, read ...claim.Group) (added []Drift) {
		audits++
		at := now.Add(time.Duration(audits) * time.Hour)
		run := Run{Report: Report{ID: fmt.Sprint(audits), Started: at, Lists: []Contents{list}}}
		for _, group := range read {
			rule := secgroup.MustParseRule("tcp 22 from " + listID)
			f := Facts{Group: group, Found: true, Name: "a", Entries: []secgroup.Entry{{ID: "sgr-1", Rule: rule}},
				Lists: map[string]List{listID: {Version: list.Version,
					Entries: list.Entries}}, Known: make(map[string]Contents)}
			if r != nil {
				for i := range r.Groups {
					if r.Groups[i].Group == group {
						f.Known[rule.String()] = r.KnownList(&r.Groups[i], rule)
					}
				}
			}
			g, drifts := Compare(f, policy(), at)
			run.Groups, run.Drifts = append(run.Groups, g), append(run.Drifts, drifts...)
		}
		r, added = Conclude(r, run)
		return added
	}
	changed := func() (groups []string) {
		for _, d := range r.Drifts {
			if d.Kind == PrefixListContents && d.Severity == Critical {
				groups = append(groups, d.Group.ID)
			}
		}
		return groups
	}
	audit(old, groups...)
	audit(world, groups[0])
	if got := changed(); len(got) != 1 || got[0] != web.ID || len(r.Lists) != 2 {
		t.Errorf("after the audit of one group: changed for %q, %d versions", got, len(r.Lists))
	}
	audit(world, groups[1])
	if got := changed(); len(got) != 2 || len(r.Lists) != 1 {
		t.Errorf("after the audit of the other group: changed for %q, %d versions", got, len(r.Lists))
	}
	audit(world, groups...)
	if got := changed(); len(got) != 0 || len(r.Closed) != 2 {
		t.Errorf("the next audit knows the change: changed for %q, closed %d", got, len(r.Closed))
	}
}

// TestOldReport reads a report of the version before Format: drifts that were carried are not
// verified, and omitted drifts are counted by group.
func TestOldReport(t *testing.T) {
	d := ruled(Unexpected, "tcp 22 from 0.0.0.0/0")
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	stored := `{"id":"1","started":"2026-11-24T12:00:00Z","carried":[` + string(text) + `],"drifts":[],` +
		`"omitted":{"critical":0,"high":0,"medium":2,"low":3,"informational":0},` +
		`"lists":[{"account":"111122223333","region":"eu-west-1","id":"` + listID + `","version":7,"entries":[]}],` +
		`"groups":[{"account":"111122223333","region":"eu-west-1","id":"` + web.ID + `","omitted":4},` +
		`{"account":"111122223333","region":"eu-west-1","id":"sg-2","omitted":1}]}`
	var old Report
	if err := json.Unmarshal([]byte(stored), &old); err != nil {
		t.Fatal(err)
	}
	r := old.Upgraded()
	if len(r.Drifts) != 1 || !r.Drifts[0].Unverified.Equal(d.Since) || r.Counts().total() != 6 {
		t.Errorf("drifts %+v, counts %v", r.Drifts, r.Counts())
	}
	if a, b := r.Groups[0].Omitted, r.Groups[1].Omitted; a != (Counts{Low: 3, Medium: 1}) || b != (Counts{Medium: 1}) {
		t.Errorf("omitted %v and %v", a, b)
	}
	if known := r.KnownList(&r.Groups[0], secgroup.MustParseRule("tcp 22 from "+listID)); known.Version != 7 {
		t.Errorf("the known list is %+v", known)
	}
	next, added := Conclude(&old, Run{Report: Report{ID: "2", Started: now.Add(time.Hour), Drifts: []Drift{d},
		Groups: []Group{{Group: web, At: now.Add(time.Hour)}}}})
	if len(added) != 0 || next.Unverified() != 0 || next.Omitted != (Counts{Medium: 1}) {
		t.Errorf("then new %+v, drifts %+v, omitted %v", added, next.Drifts, next.Omitted)
	}
	b, err := json.Marshal(next)
	if err != nil {
		t.Fatal(err)
	}
	var again Report
	if err := json.Unmarshal(b, &again); err != nil || again.Omitted != next.Omitted || again.Format != 1 ||
		again.Groups[1].Omitted != next.Groups[1].Omitted {
		t.Errorf("read back %+v, %v", again, err)
	}
}
