package audit

import (
	"fmt"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// TestRunBounds files very many groups with large drifts, and others without drift. Both kinds of groups
// have a bound for their requests and ports, and the drifts have one for their parts.
func TestRunBounds(t *testing.T) {
	in := &invocation{Auditor: &Auditor{}, previous: &drift.Report{}, run: &Run{Report: new(drift.Report)}}
	p := newPlaceReader(Place{"111122223333", "us-east-1"}, in)
	in.Places = []Place{p.Place}
	in.run.Scope.All = true
	gap := make([]secgroup.Rule, 1000)
	groups := 8 * maxDetail / len(gap)
	for n := range groups {
		f := drift.Facts{Group: p.group(fmt.Sprintf("sg-%d", n)), Requests: []claim.Request{{Status: claim.Open}}}
		r := result{group: drift.Group{Group: f.Group, Strip: make([]drift.Span, len(gap))}}
		if n%2 == 0 {
			r.drifts = []drift.Drift{{Group: f.Group, Gap: gap}}
		}
		p.file(&f, r)
	}
	report := in.run.Report
	if detail := detailOf(report.Groups); detail != 2*maxDetail {
		t.Errorf("%d requested rules and spans, want %d", detail, 2*maxDetail)
	}
	size, cut := 0, 0
	for i := range report.Drifts {
		size += report.Drifts[i].Size()
		cut += report.Drifts[i].Cut
	}
	whole := len(report.Drifts) * len(gap)
	if len(report.Drifts) != groups/2 || size > maxSize+maxSize/100 || cut == 0 || cut > whole/2 {
		t.Errorf("%d drifts of %d bytes without %d of %d parts, want %d drifts of at most %d bytes",
			len(report.Drifts), size, cut, whole, groups/2, maxSize)
	}
	for i := range report.Groups {
		if g := &report.Groups[i]; g.Brief == (len(g.Strip) > 0) {
			t.Fatalf("%s: brief: %v, with %d spans", g.ID, g.Brief, len(g.Strip))
		}
	}
}
