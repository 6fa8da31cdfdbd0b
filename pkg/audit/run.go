package audit

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Run is an audit under way. Its JSON lets another invocation continue it.
type Run struct {
	Scope Scope `json:"scope"`
	// Report holds the results so far.
	Report *Report `json:"report"`
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
	d := Drift{
		Kind: Unknown, Severity: High, Group: p.group(""), Subject: subject, Since: l.now(),
		Detail: fmt.Sprintf("%s could not be read in %s: %s.", subject, p, quote(why.Error())),
		Remedy: "mend the cause and audit again",
	}
	d.ID = d.identity()
	if !slices.ContainsFunc(l.run.Report.Drifts, func(e Drift) bool { return e.ID == d.ID }) {
		l.run.Report.Drifts = append(l.run.Report.Drifts, d)
	}
}

// merge takes groups and their drifts from the previous report: those that it read later than
// this audit did. An audit of some groups also takes all groups that it did not read.
func (r *Report) merge(previous *Report, all bool) {
	mine := make(map[claim.Group]time.Time, len(r.Groups))
	for i := range r.Groups {
		mine[r.Groups[i].Group] = r.Groups[i].At
	}
	theirs := make(map[claim.Group]bool)
	var taken []Group
	for _, g := range previous.Groups {
		at, looked := mine[g.Group]
		if looked && g.At.After(at) || !looked && (!all || g.At.After(r.Started)) {
			theirs[g.Group] = true
			taken = append(taken, g)
		}
	}
	r.Groups = append(slices.DeleteFunc(r.Groups, func(g Group) bool { return theirs[g.Group] }), taken...)
	r.Drifts = slices.DeleteFunc(r.Drifts, func(d Drift) bool { return theirs[d.Group] })
	found := make(map[string]bool, len(r.Drifts))
	for i := range r.Drifts {
		found[r.Drifts[i].ID] = true
	}
	for _, d := range previous.Drifts {
		if (theirs[d.Group] || d.Group.ID == "" && !all) && !found[d.ID] {
			r.Drifts = append(r.Drifts, d)
		}
	}
	if !all {
		r.Whole, r.Omitted = previous.Whole, r.Omitted.plus(previous.Omitted)
	}
}

// known adds the prefix lists that only the previous report has. This audit may not have read
// the rules that name them.
func (r *Report) known(previous *Report) {
	if previous == nil {
		return
	}
	for _, c := range previous.Lists {
		if !slices.ContainsFunc(r.Lists, c.isOf) {
			r.Lists = append(r.Lists, c)
		}
	}
	slices.SortFunc(r.Lists, func(a, b Contents) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.ID, b.ID))
	})
}

func (c Contents) isOf(d Contents) bool {
	return c.Account == d.Account && c.Region == d.Region && c.ID == d.ID
}
