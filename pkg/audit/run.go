package audit

import (
	"slices"
	"time"

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
	// Unlisted says that EC2 did not list the groups of some place.
	Unlisted bool `json:"blind,omitempty"`
	// Places hold what was read in part. There are none in a run of an older version.
	Places []*PlaceRun `json:"places,omitempty"`
	// Invocations counts those that worked on the run.
	Invocations int `json:"legs"`

	begun time.Time // before this invocation read any group, by the store's clock; zero if unknown
}

// place returns the state of a run in a place.
func (r *Run) place(p Place) *PlaceRun {
	for _, known := range r.Places {
		if known.place() == p {
			known.init()
			return known
		}
	}
	added := &PlaceRun{Account: p.Account, Region: p.Region}
	added.init()
	r.Places = append(r.Places, added)
	return added
}

// read returns the groups that the run has read.
func (r *Run) read() map[claim.Group]bool {
	read := make(map[claim.Group]bool, len(r.Report.Groups)+len(r.Passed))
	for i := range r.Report.Groups {
		read[r.Report.Groups[i].Group] = true
	}
	for _, g := range r.Passed {
		read[g] = true
	}
	return read
}

// passes reports whether a complete run has nothing to record: it read only groups that belong in
// no report, and the previous report has none of them.
func (r *Run) passes(previous *drift.Report) bool {
	return !r.Scope.All && len(r.Report.Groups) == 0 && len(r.Passed) > 0 &&
		!slices.ContainsFunc(r.Passed, func(g claim.Group) bool { return previous != nil && previous.Knows(g) })
}

// only returns the part of a report that is about the groups that the run read.
func (r *Run) only(report *drift.Report) *drift.Report {
	if r.Scope.All {
		return report
	}
	read := r.read()
	found := *report
	found.Groups, found.Drifts, found.Carried = nil, nil, nil
	for _, g := range report.Groups {
		if read[g.Group] {
			found.Groups = append(found.Groups, g)
		}
	}
	for _, d := range report.Drifts {
		if read[d.Group] {
			found.Drifts = append(found.Drifts, d)
		}
	}
	return &found
}
