package drift

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// notices returns an output's pending notices: + for new, ! for changed, - for closed.
func notices(r *Report, output string) (texts []string) {
	for _, n := range r.Outbox[output].Notices {
		switch {
		case n.Closed != nil:
			texts = append(texts, "-"+n.Drift)
		case n.Was != nil:
			texts = append(texts, "!"+n.Drift)
		default:
			texts = append(texts, "+"+n.Drift)
		}
	}
	return texts
}

// TestOutbox: new, changed and closed drifts wait for each output until it confirms them.
func TestOutbox(t *testing.T) {
	var r *Report
	audits := 0
	audit := func(outputs []string, drifts ...Drift) {
		audits++
		at := now.Add(time.Duration(audits) * time.Minute)
		r, _ = Conclude(r, Run{Outputs: outputs, Report: Report{ID: fmt.Sprint(audits), Started: at,
			Groups: []Group{{Group: web, At: at}}, Drifts: drifts}})
	}
	drift := func(id string, s Severity) Drift { return Drift{ID: id, Kind: Unexpected, Severity: s, Group: web} }
	want := func(what, output string, want ...string) {
		t.Helper()
		if got := notices(r, output); !slices.Equal(got, want) {
			t.Errorf("%s: %s waits for %q, want %q", what, output, got, want)
		}
	}
	both := []string{"a", "b"}
	audit(both, drift("1", Low), drift("2", Low))
	want("two are new", "a", "+1", "+2")
	first := r.Outbox["a"].Notices
	r = r.Confirm("a", first)
	want("one output took them", "a")
	want("the other output did not", "b", "+1", "+2")
	audit(both, drift("1", High))
	want("one changed, one closed", "a", "!1", "-2")
	want("new ones stay new", "b", "+1", "+2", "-2")
	if was := r.Outbox["a"].Notices[0].Was; *was != Low {
		t.Errorf("the severity was %v, want low", *was)
	}
	if d := r.Outbox["b"].Notices[2].Closed; d.ID != "2" || d.Kind != Unexpected {
		t.Errorf("closed %+v", d)
	}
	r = r.Confirm("b", first)
	want("notices of another audit are not confirmed", "b", "+1", "-2")
	audit(both, drift("1", Medium), drift("2", Low))
	want("opened again, and changed again", "a", "!1", "+2")
	if was := r.Outbox["a"].Notices[0].Was; *was != Low {
		t.Errorf("the severity was %v when the output knew it last, want low", *was)
	}
	audit([]string{"a"}, drift("1", Medium), drift("2", Low))
	if want("nothing changed", "a", "!1", "+2"); len(r.Outbox) != 1 || !r.Oldest().Equal(now.Add(2*time.Minute)) {
		t.Errorf("outbox %v, the oldest of %v", r.Outbox, r.Oldest())
	}
}

// TestOutboxIsBounded: if an output takes nothing for long, the mildest closed drifts are dropped and
// counted.
func TestOutboxIsBounded(t *testing.T) {
	p := Pending{}
	var changes []Notice
	for i := range maxPending + 5 {
		d := Drift{ID: fmt.Sprint(i), Severity: Low}
		if i == 2 {
			d.Severity = High
		}
		changes = append(changes, Notice{Drift: d.ID, Closed: &d})
	}
	p = p.with(changes, nil)
	if len(p.Notices) != maxPending || p.Dropped != 5 || p.Notices[0].Drift != "2" {
		t.Errorf("%d notices, %d dropped, the first is %s", len(p.Notices), p.Dropped, p.Notices[0].Drift)
	}
}

// TestLimit: the merged report has a limited number of drifts, the severest. It counts the others by
// group and severity, each once, also if a group is read again.
func TestLimit(t *testing.T) {
	group := func(n int) Group {
		g := Group{Group: web}
		g.ID = fmt.Sprintf("sg-%08x", n)
		return g
	}
	const each = 500
	run := func(n, drifts int, severity Severity) Run {
		g := group(n)
		g.At = now.Add(time.Duration(n) * time.Second)
		r := Run{Report: Report{ID: fmt.Sprint("r", n, drifts), Started: g.At, Groups: []Group{g}}}
		for i := range drifts {
			r.Drifts = append(r.Drifts, Drift{ID: fmt.Sprint(n, "/", i), Group: g.Group, Severity: severity})
		}
		return r
	}
	var r *Report
	for n := range 50 {
		severity := Low
		if n%2 == 1 {
			severity = High
		}
		r, _ = Conclude(r, run(n, each, severity))
		if len(r.Drifts) > 2*maxDrifts || r.Counts().total() != (n+1)*each {
			t.Fatalf("%d audits: %d drifts, counts %v", n+1, len(r.Drifts), r.Counts())
		}
	}
	if r.Counts() != (Counts{Low: 25 * each, High: 25 * each}) || len(r.Drifts) != 25*each ||
		r.Omitted != (Counts{Low: 25 * each}) {
		t.Errorf("counts %v, %d drifts, omitted %v", r.Counts(), len(r.Drifts), r.Omitted)
	}
	again := run(0, 3, Low) // all of its drifts were omitted; most were mended
	again.Groups[0].At = now.Add(time.Hour)
	r, _ = Conclude(r, again)
	if r.Counts() != (Counts{Low: 24*each + 3, High: 25 * each}) || len(r.Closed) != 0 {
		t.Errorf("after one group was mended: counts %v, closed %d", r.Counts(), len(r.Closed))
	}
}

// TestSize: however large the drifts are, the report's JSON has at most 50 MB for them. The severest
// keep all of their parts.
func TestSize(t *testing.T) {
	group := Group{Group: web, At: now}
	run := Run{Report: Report{ID: "1", Started: now, Groups: []Group{group}}}
	request := Request{Launch: claim.Launch{Account: web.Account, Name: strings.Repeat("l", 128)}, Since: now,
		Purpose: claim.Purpose{Reason: strings.Repeat("r", 512)}}
	rule := entry("1", "tcp 22 from 192.0.2.0/24")
	rule.Tags = make(map[string]string)
	for i := range 50 {
		rule.Tags[fmt.Sprint(i, strings.Repeat("k", 120))] = strings.Repeat("v", 256)
	}
	for range 10 {
		request.Wants = append(request.Wants, rule.Rule)
	}
	gap, requests := slices.Repeat([]secgroup.Rule{rule.Rule}, 100), slices.Repeat([]Request{request}, 100)
	for i := range 2*maxDrifts + 1000 {
		d := Drift{ID: fmt.Sprintf("%032x", i), Kind: WorldOpenSensitive, Severity: Critical, Group: web, Rule: rule,
			Detail: strings.Repeat("d", 1000), Remedy: strings.Repeat("m", 500), Since: now}
		d.Gap, d.Requests = gap, requests
		run.Drifts = append(run.Drifts, d)
	}
	r, added := Conclude(nil, run)
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d drifts in %.1f MB, %d omitted", len(r.Drifts), float64(len(text))/1e6, r.Omitted.total())
	if len(text) > 50e6 || r.Counts().total() != len(run.Drifts) || len(added) != len(r.Drifts) {
		t.Errorf("%d bytes, counts %v, %d new", len(text), r.Counts(), len(added))
	}
	if first, last := r.Drifts[0], r.Drifts[len(r.Drifts)-1]; first.Cut != 0 || last.Cut != 2*97 ||
		len(last.Requests) != 3 || last.Requests[0].More != 7 || len(run.Drifts[len(r.Drifts)-1].Gap) != 100 {
		t.Errorf("the first lacks %d parts, the last %d", first.Cut, last.Cut)
	}
}
