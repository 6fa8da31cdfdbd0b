package drift

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/bigjson"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// reported returns the report of an audit of one group.
func reported(previous *Report, at time.Time, changes ...change) *Report {
	f, p := world(changes...)
	g, drifts := Compare(f, p, at)
	r := Report{ID: at.Format("20060102T150405Z"), Installation: string(us), Started: at, Finished: at,
		Groups: []Group{g}, Drifts: drifts}
	report, _ := Conclude(previous, Run{Report: r, All: true})
	return report
}

func TestConclude(t *testing.T) {
	unexpected := theirs("1", "tcp 80 from 10.0.0.0/8")
	unreadable := facts(func(f *Facts) { f.Unreadable = "throttled" })
	first := reported(nil, now, unexpected)
	second := reported(first, now.Add(time.Hour), unexpected)
	if !second.Drifts[0].Since.Equal(now) || len(second.Closed) != 0 || len(second.History) != 2 {
		t.Errorf("found again: since %v, closed %d, history %d",
			second.Drifts[0].Since, len(second.Closed), len(second.History))
	}
	third := reported(second, now.Add(2*time.Hour), unreadable)
	if len(third.Closed) != 0 || len(third.Drifts) != 2 || third.Drifts[0].Kind != Unknown ||
		!third.Drifts[1].Unverified.Equal(second.Started) || third.Counts() != (Counts{High: 1, Medium: 1}) {
		t.Errorf("unreadable: closed %v, drifts %+v", third.Closed, third.Drifts)
	}
	fourth := reported(third, now.Add(3*time.Hour), unexpected)
	if !fourth.Drifts[0].Since.Equal(now) || fourth.Unverified() != 0 || len(fourth.Closed) != 1 ||
		fourth.Closed[0].Kind != Unknown {
		t.Errorf("read again: since %v, closed %v", fourth.Drifts[0].Since, fourth.Closed)
	}
	fifth := reported(fourth, now.Add(4*time.Hour))
	if len(fifth.Drifts) != 0 || len(fifth.Closed) != 1 || fifth.Closed[0].ID != first.Drifts[0].ID {
		t.Errorf("mended: drifts %v, closed %v", fifth.Drifts, fifth.Closed)
	}
	for _, complete := range []bool{false, true} { // an audit that did not read the group
		later := Report{Started: now.Add(5 * time.Hour)}
		r, _ := Conclude(fourth, Run{Report: later, All: true, Complete: complete})
		if closed := len(r.Closed) == 1; closed != complete || len(r.Closed)+r.Unverified() != 1 ||
			len(r.Groups) == 0 != complete {
			t.Errorf("complete %v: closed %v, drifts %+v, %d groups", complete, r.Closed, r.Drifts, len(r.Groups))
		}
	}
}

// TestConcludeChanges: a drift is new if the previous report lacks it. It is closed if the run read
// its group and did not find it, and not verified if the run could not read its group.
func TestConcludeChanges(t *testing.T) {
	in := func(id string) claim.Group { return claim.Group{Account: web.Account, Region: web.Region, ID: id} }
	found := func(ids ...string) (drifts []Drift) {
		for _, id := range ids {
			group, _, _ := strings.Cut(id, "/")
			drifts = append(drifts, Drift{ID: id, Kind: Unexpected, Group: in(group), Since: now})
		}
		return drifts
	}
	ids := func(drifts []Drift) (text string) {
		for _, d := range drifts {
			text += d.ID + " "
		}
		return strings.TrimSpace(text)
	}
	previous := &Report{ID: "1", Started: now,
		Drifts: found("a/same", "b/gone", "c/deleted", "d/unread", "e/unverified")}
	previous.Drifts[4].Unverified = now.Add(-time.Hour)
	for _, complete := range []bool{false, true} {
		run := Run{All: true, Complete: complete, Report: Report{
			ID: "2", Started: now.Add(time.Hour), Drifts: found("e/unverified", "a/same", "b/new"),
			Groups: []Group{{Group: in("e")}, {Group: in("d"), Unreadable: "denied"}, {Group: in("b")},
				{Group: in("a")}},
		}}
		before, _ := json.Marshal([]any{previous, run.Report})
		r, added := Conclude(previous, run)
		if after, _ := json.Marshal([]any{previous, run.Report}); !bytes.Equal(before, after) {
			t.Errorf("Conclude changed its arguments from\n%s to\n%s", before, after)
		}
		closed, kept := "b/gone", "c/deleted d/unread"
		if complete {
			closed, kept = "b/gone c/deleted", "d/unread"
		}
		var unverified []Drift
		for _, d := range r.Drifts {
			if !d.Unverified.IsZero() {
				unverified = append(unverified, d)
			}
		}
		if ids(added) != "b/new" || ids(r.Closed) != closed || ids(unverified) != kept {
			t.Errorf("complete %v: new %q, closed %q, not verified %q, want %q, %q, %q",
				complete, ids(added), ids(r.Closed), ids(unverified), "b/new", closed, kept)
		}
	}
}

// TestConcludeSome: the report of an audit of some groups takes the other groups from the previous
// report, and the later reading of a group counts.
func TestConcludeSome(t *testing.T) {
	read := func(id string, at time.Time) Group {
		return Group{Group: claim.Group{Account: web.Account, Region: web.Region, ID: id}, At: at}
	}
	previous := &Report{ID: "1", Started: now, Whole: now, Omitted: Counts{Low: 5}, Groups: []Group{
		read("a", now), read("b", now.Add(time.Hour)), read("c", now),
	}}
	previous.Groups[0].Omitted[Low], previous.Groups[2].Omitted[Low] = 3, 2
	previous.Drifts = []Drift{{ID: "1", Group: previous.Groups[1].Group}, {ID: "2", Group: previous.Groups[2].Group}}
	run := Run{Report: Report{ID: "2", Started: now.Add(time.Minute), Groups: []Group{
		read("a", now.Add(time.Minute)), read("b", now.Add(time.Minute)),
	}}}
	run.Groups[0].Omitted[Low] = 1
	r, added := Conclude(previous, run)
	want := []Group{run.Groups[0], read("b", now.Add(time.Hour)), previous.Groups[2]}
	if diff := cmp.Diff(want, r.Groups, equal); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	if len(r.Drifts) != 2 || len(r.Closed)+len(added) != 0 || !r.Whole.Equal(now) || r.Omitted[Low] != 3 {
		t.Errorf("drifts %v, closed %v, new %v, whole since %v, omitted %v", r.Drifts, r.Closed, added, r.Whole,
			r.Omitted)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	var r *Report
	for i := range maxHistory + 5 {
		next := Report{ID: fmt.Sprint(i), Started: now.Add(time.Duration(i) * time.Minute)}
		r, _ = Conclude(r, Run{Report: next, All: true, Complete: true})
	}
	if len(r.History) != maxHistory || !r.History[maxHistory-1].At.Equal(r.Started) {
		t.Errorf("history of %d, last %v", len(r.History), r.History[len(r.History)-1].At)
	}
}

// TestReportJSON checks the JSON of a report with every kind against its schema, and reads it
// back.
func TestReportJSON(t *testing.T) {
	schema := compiled(t, ReportSchema)
	run := Run{Report: Report{ID: "x", Started: now, Finished: now}, All: true}
	for _, test := range kindCases {
		f, p := world(append(test.changes, hostile)...)
		g, drifts := Compare(f, p, now)
		run.Groups, run.Drifts = append(run.Groups, g), append(run.Drifts, drifts...)
	}
	report, _ := Conclude(nil, run)
	for _, r := range []*Report{report, {}} {
		var text bytes.Buffer
		if err := bigjson.Write(&text, r, ""); err != nil {
			t.Fatal(err)
		}
		b := text.Bytes()
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("the schema says: %v", err)
		}
		var back Report
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, &back, equal); diff != "" {
			t.Errorf("read back (-want +got):\n%s", diff)
		}
	}
}

// hostile puts hostile text into each field that others may write.
func hostile(f *Facts, _ *Policy) {
	const text = "<script>alert(1)</script>\x1b[31m\n`rm`"
	f.Name = text
	for i := range f.Entries {
		f.Entries[i].Tags = map[string]string{"sgkeeper:installation": text}
		f.Entries[i].Description = text
	}
	f.Changes = []Call{{Change: Change{EventID: "e", Name: "AuthorizeSecurityGroupIngress", Actor: text, At: now}}}
	for _, e := range f.Entries {
		f.Changes[0].Rules = append(f.Changes[0].Rules, e.Rule)
	}
}

func TestHostileTextIsQuoted(t *testing.T) {
	for _, test := range kindCases {
		f, p := world(append(test.changes, hostile)...)
		_, drifts := Compare(f, p, now)
		for _, d := range drifts {
			if strings.ContainsAny(d.Detail+d.Remedy, "\x1b\n") {
				t.Errorf("%s: %q, %q", d.Kind, d.Detail, d.Remedy)
			}
		}
	}
}

// compiled returns a schema that may refer to the schema of a rule.
func compiled(t *testing.T, schema []byte) *jsonschema.Schema {
	t.Helper()
	rule, err := fs.ReadFile(events.Schemas(), "rule.json")
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	for id, text := range map[string][]byte{events.SchemaBase + "rule.json": rule, "schema.json": schema} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(id, doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}
