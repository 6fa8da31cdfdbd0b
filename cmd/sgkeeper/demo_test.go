package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func runDemo(t *testing.T, launches, groups int, seed uint64) demoReport {
	t.Helper()
	d := demo{newWorkload(launches, groups, seed), groups, seed, io.Discard, progress{io.Discard}, ""}
	report, err := d.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestDemo(t *testing.T) {
	for _, of := range []struct {
		launches, groups int
		seed             uint64
	}{
		{20, 1, 1},
		{20, 1, 2},
		{60, 1, 1}, // the defaults
		{40, 4, 3},
		{1, 1, 4},
	} {
		r := runDemo(t, of.launches, of.groups, of.seed)
		if s := r.Sgkeeper; s.Failed != 0 || s.Duplicates != 0 || s.RulesTwice != 0 || !r.verified() {
			t.Errorf("%+v: sgkeeper's figures %+v: want nothing failed, no Duplicate, no rule twice", of, s)
		}
		if n := r.Naive; n.EC2Calls < of.launches || n.DynamoDBCalls != 0 {
			t.Errorf("%+v: naive figures %+v: want a describe for each launch, and no DynamoDB", of, n)
		}
		if of.groups == 1 && of.launches > 1 && r.Sgkeeper.EC2Calls >= of.launches {
			t.Errorf("%+v: sgkeeper made %d EC2 calls, want fewer than launches", of, r.Sgkeeper.EC2Calls)
		}
		if of.launches >= 60 && (r.Naive.Failed == 0 || r.Naive.Duplicates == 0) {
			t.Errorf("%+v: naive figures %+v: want failed launches", of, r.Naive)
		}
	}
}

func TestDemoJSON(t *testing.T) {
	var out, errOut bytes.Buffer
	page := filepath.Join(t.TempDir(), "report.html")
	if code := run([]string{"demo", "--launches", "20", "--groups", "2", "--output", "json", "--report", page}, strings.NewReader(""), &out, &errOut); code != 0 {
		t.Fatalf("exit code %d: %s", code, &errOut)
	}
	if errOut.Len() > 0 {
		t.Errorf("on standard error, which is no terminal: %q", &errOut)
	}
	var r demoReport
	d := json.NewDecoder(&out)
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	if r.Launches != 20 || r.GroupCount != 2 || r.Seed != 1 || len(r.SharedGroups) != 2 {
		t.Errorf("%d launches on %d groups (%d printed), seed %d: want 20, 2, 2, 1", r.Launches, r.GroupCount, len(r.SharedGroups), r.Seed)
	}
	for _, f := range []figures{r.Naive, r.Sgkeeper} {
		if f.Launches != 20 || f.Failed != f.Errors+f.NotOpen || f.Duplicates > f.Errors || f.Races > f.Duplicates {
			t.Errorf("figures %+v do not add up", f)
		}
		if f.EC2Calls != f.Calls.Of("ec2") || f.Seconds < f.MedianSeconds || f.MedianSeconds <= 0 {
			t.Errorf("figures %+v do not add up", f)
		}
	}
	if html, err := os.ReadFile(page); err != nil || !strings.Contains(string(html), "world-open-sensitive") || r.Audit.Report != page {
		t.Errorf("the audit's report at %q: %v", r.Audit.Report, err)
	}
	for _, g := range r.SharedGroups {
		if !secgroup.Rules(g.Rules).Contains(secgroup.MustParseRule("tcp 8004 from 0.0.0.0/0")) || g.Rules[0].ID == "" {
			t.Errorf("group %s: rules %v", g.Group, g.Rules)
		}
	}
}

// TestDemoText: the text is at most 80 columns wide.
func TestDemoText(t *testing.T) {
	var out strings.Builder
	if err := printDemo(&out, runDemo(t, 30, 1, 1)); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{"failed launches", "all from self", "SSH from the office", "sgkeeper:installation=", "sgkeeper plan",
		"critical  world-open-sensitive     inference: MySQL opened to the world", "To mend: ", "The audit found all 18 changes"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}

// TestDemoAudit: the audit finds each change by its kind, and nothing else.
func TestDemoAudit(t *testing.T) {
	a := runDemo(t, 2, 1, 1).Audit
	kinds := make(map[drift.Kind]bool)
	for _, i := range a.Injected {
		if kinds[i.Kind] = true; i.Drift == nil || i.Drift.Detail == "" || i.Drift.Remedy == "" {
			t.Errorf("%s: %s: found %+v", i.Kind, i.Did, i.Drift)
		}
	}
	if len(kinds) < 10 || a.Before != 0 || a.Others != 0 || a.Excepted == 0 || !a.verified() {
		t.Errorf("%d kinds, %d drifts before, %d others, %d rules explained: want at least 10, 0, 0, and some", len(kinds), a.Before, a.Others, a.Excepted)
	}
}

// TestDemoAuditMisses: the demo fails if the audit misses a change.
func TestDemoAuditMisses(t *testing.T) {
	a := matched(tamperings("us"), &drift.Report{Drifts: []drift.Drift{{Kind: drift.Missing}, {Kind: drift.LeaseStuck}}})
	if a.verified() || a.Others != 1 || a.missed() != "Of 18 changes the audit missed 17, and it found 1 drifts that are none." {
		t.Errorf("%d others; %s", a.Others, a.missed())
	}
}

// TestFiguresTellTheTruth counts launches that got a false answer.
func TestFiguresTellTheTruth(t *testing.T) {
	r := ran{account: newDemoAccount(1, 1), launches: newWorkload(10, 1, 1), landings: make([]landing, 10)}
	f, err := r.figures()
	if err != nil {
		t.Fatal(err)
	}
	if f.NotOpen == 0 || f.Failed != f.NotOpen || f.Errors != 0 {
		t.Errorf("nothing was opened and no launch got an error: %+v, want launches not open", f)
	}
}

func TestWorkloadIsFixedBySeed(t *testing.T) {
	a, b, other := newWorkload(100, 3, 5), newWorkload(100, 3, 5), newWorkload(100, 3, 6)
	equal := func(x, y []demoLaunch) bool { return cmp.Equal(x, y, cmp.AllowUnexported(demoLaunch{})) }
	if !equal(a, b) || equal(a, other) {
		t.Error("want the same launches for the same seed, and others for another")
	}
	op := fakeaws.Op{Service: "ec2", Name: "DescribeSecurityGroups", Nth: 7}
	if first, again := latencies(5)(op), latencies(5)(op); first != again {
		t.Error("latencies differ for one seed")
	}
}

// TestWorkloadFitsQuota: one group never has more than EC2's 60 rules.
func TestWorkloadFitsQuota(t *testing.T) {
	var asked []secgroup.Rule
	kinds := make(map[string]bool)
	repeated := 0
	for _, l := range newWorkload(5000, 1, 1) {
		asked = slices.AppendSeq(asked, l.rules().All())
		kinds[l.description] = true
		if l.repeated {
			repeated++
		}
	}
	if n := secgroup.SetOf(asked...).Len(); n > 40 {
		t.Errorf("%d rules, want room for those that the naive way makes of them", n)
	}
	if len(kinds) != 5 || repeated == 0 {
		t.Errorf("%d kinds of launches, %d repeated: want 5, and some", len(kinds), repeated)
	}
}
