package audit

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// Run is an audit under way. Its JSON lets another invocation continue it.
type Run struct {
	Scope Scope `json:"scope"`
	// Report holds the results so far.
	Report *drift.Report `json:"report"`
	// Passed are groups that were read and do not belong in the report.
	Passed []claim.Group `json:"passed,omitempty"`
	// Blind says that EC2 did not list the groups of some place.
	Blind bool `json:"blind,omitempty"`
	// Legs counts the invocations that worked on the run.
	Legs int `json:"legs"`
}

// looked returns the groups that the run has read.
func (r *Run) looked() map[claim.Group]bool {
	looked := make(map[claim.Group]bool, len(r.Report.Groups)+len(r.Passed))
	for i := range r.Report.Groups {
		looked[r.Report.Groups[i].Group] = true
	}
	for _, g := range r.Passed {
		looked[g] = true
	}
	return looked
}

// unknown files, once, a drift about something unreadable that is not a group.
func (l *leg) unknown(p Place, subject string, why error) {
	d := drift.Unreadable(p.group(""), subject, why, l.now())
	if !slices.ContainsFunc(l.run.Report.Drifts, func(e drift.Drift) bool { return e.ID == d.ID }) {
		l.run.Report.Drifts = append(l.run.Report.Drifts, d)
	}
}

// only returns the part of a report that is about the groups that the run read.
func (run *Run) only(r *drift.Report) *drift.Report {
	if run.Scope.All {
		return r
	}
	looked := run.looked()
	found := *r
	found.Groups, found.Drifts, found.Carried = nil, nil, nil
	for _, g := range r.Groups {
		if looked[g.Group] {
			found.Groups = append(found.Groups, g)
		}
	}
	for _, d := range r.Drifts {
		if looked[d.Group] {
			found.Drifts = append(found.Drifts, d)
		}
	}
	return &found
}
