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
	Passed []drift.Passed `json:"passed,omitempty"`
	// Gone are the ids of earlier drifts whose rule is gone, in groups of which something could not
	// be read.
	Gone []string `json:"gone,omitempty"`
	// Readable has the earlier unknown drifts whose subject was read, and the time of that.
	Readable map[string]time.Time `json:"readable,omitempty"`
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
	for _, p := range r.Passed {
		read[p.Group] = true
	}
	return read
}

// passes reports whether a complete run has nothing to record: it read only groups that belong in
// no report, and the previous report has none of them.
func (r *Run) passes(previous *drift.Report) bool {
	return !r.Scope.All && len(r.Report.Groups)+len(r.Report.Drifts)+len(r.Readable) == 0 && len(r.Passed) > 0 &&
		!slices.ContainsFunc(r.Passed, func(p drift.Passed) bool { return previous != nil && previous.Knows(p.Group) })
}

// only returns the part of a report that is about the groups that the run read.
func (r *Run) only(report *drift.Report) *drift.Report {
	found := *report
	if found.Outbox = nil; r.Scope.All {
		return &found
	}
	read := r.read()
	found.Groups, found.Drifts = nil, nil
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
