package demo

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func TestMain(m *testing.M) {
	flag.Set("test.parallel", "8") // the demo waits more than it computes
	os.Exit(m.Run())
}

func run(t *testing.T, launches, groups int, seed uint64) *Result {
	t.Helper()
	r, err := Run(t.Context(), Options{launches, groups, seed, io.Discard, io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDemo(t *testing.T) {
	t.Parallel()
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
		t.Run(fmt.Sprintf("%+v", of), func(t *testing.T) {
			t.Parallel()
			r := run(t, of.launches, of.groups, of.seed)
			if s := r.Sgkeeper; s.Failed != 0 || s.Duplicates != 0 || s.RulesTwice != 0 || !r.Verified() {
				t.Errorf("sgkeeper's figures %+v: want nothing failed, no Duplicate, no rule twice", s)
			}
			if n := r.Naive; n.EC2Calls < of.launches || n.DynamoDBCalls != 0 {
				t.Errorf("naive figures %+v: want a describe for each launch, and no DynamoDB", n)
			}
			if of.groups == 1 && of.launches > 1 && r.Sgkeeper.EC2Calls >= of.launches {
				t.Errorf("sgkeeper made %d EC2 calls, want fewer than launches", r.Sgkeeper.EC2Calls)
			}
			if of.launches >= 60 && (r.Naive.Failed == 0 || r.Naive.Duplicates == 0) {
				t.Errorf("naive figures %+v: want failed launches", r.Naive)
			}
		})
	}
}

// TestText: the text is at most 80 columns wide.
func TestText(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(t, 30, 1, 1).Print(&out); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{
		"failed launches", "all from self", "SSH from the office", "sgkeeper:installation=", "sgkeeper plan",
		"critical  world-open-sensitive     inference: MySQL opened to the world", "To mend: ",
		"The audit found all 18 changes", "undone: it was revoked", "requested by ray-head-11",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}

// TestAudit: the audit finds each change by its kind, and nothing else.
func TestAudit(t *testing.T) {
	t.Parallel()
	a := run(t, 2, 1, 1).Audit
	kinds := make(map[drift.Kind]bool)
	for _, i := range a.Injected {
		if kinds[i.Kind] = true; i.Drift == nil || i.Drift.Detail == "" || i.Drift.Remedy == "" {
			t.Errorf("%s: %s: found %+v", i.Kind, i.Did, i.Drift)
		}
	}
	if len(kinds) < 10 || a.Before != 0 || a.Others != 0 || a.Excepted == 0 || !a.verified() {
		t.Errorf("%d kinds, %d drifts before, %d others, %d rules explained: want at least 10, 0, 0, and some",
			len(kinds), a.Before, a.Others, a.Excepted)
	}
}

// TestAuditMisses: the demo fails if the audit misses a change.
func TestAuditMisses(t *testing.T) {
	drifts := []drift.Drift{{Kind: drift.Missing}, {Kind: drift.LeaseStuck}}
	a := matched(tamperings("us"), &drift.Report{Drifts: drifts})
	const want = "Of 18 changes the audit missed 17, and it found 1 drifts that are none."
	if a.verified() || a.Others != 1 || a.missed() != want {
		t.Errorf("%d others; %s", a.Others, a.missed())
	}
}

// TestFiguresTellTheTruth counts launches that got a false answer.
func TestFiguresTellTheTruth(t *testing.T) {
	r := ran{account: newAccount(1, 1), launches: newWorkload(10, 1, 1), attempts: make([]attempt, 10)}
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
	equal := func(x, y []launch) bool { return cmp.Equal(x, y, cmp.AllowUnexported(launch{})) }
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
