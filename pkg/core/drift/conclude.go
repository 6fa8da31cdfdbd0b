package drift

import (
	"cmp"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// maxHistory is the number of audits in a report's history.
const maxHistory = 400

// Run is one audit's own results. [Conclude] joins them with the previous report.
type Run struct {
	// Report has the audit's id, times, groups, drifts, prefix lists and number of omitted
	// drifts. Conclude sets the other fields.
	Report
	// All says that the audit was of all groups. The report of an audit of some groups takes
	// the others from the previous report.
	All bool
	// Complete says that the audit read every group that exists. Then a drift of any other
	// group is closed: such a group was deleted, or is no longer managed.
	Complete bool
	// Passed are groups that the audit read, and that belong to no report: they are neither
	// managed nor requested. Their earlier drifts are closed.
	Passed []claim.Group
}

// Conclude returns the report of a run, and its new drifts: those that the previous report does
// not have. The previous report may be nil. Neither argument is changed. Conclude
//
//   - takes the previous results of groups that the previous audit read later;
//   - keeps Since and Changed of a drift that was found before. If its cause was unknown, the run may
//     have found it: an audit may find a drift before CloudTrail reports the call;
//   - closes drifts that are gone, and carries those that the run could not verify;
//   - appends this audit to the history, once;
//   - sorts groups and drifts.
func Conclude(previous *Report, run Run) (report *Report, added []Drift) {
	if previous == nil {
		previous = &Report{}
	}
	r := run.Report
	r.Groups, r.Drifts, r.Lists = slices.Clone(r.Groups), slices.Clone(r.Drifts), slices.Clone(r.Lists)
	passed := make(map[claim.Group]bool, len(run.Passed))
	for _, g := range run.Passed {
		passed[g] = true
	}
	r.merge(previous, run.All, passed)
	r.keepLists(previous)

	before := make(map[string]Drift, len(previous.Drifts)+len(previous.Carried))
	for _, d := range slices.Concat(previous.Carried, previous.Drifts) {
		before[d.ID] = d
	}
	found := make(map[string]bool, len(r.Drifts))
	for i := range r.Drifts {
		found[r.Drifts[i].ID] = true
		if d, ok := before[r.Drifts[i].ID]; ok {
			r.Drifts[i].Since = d.Since
			if d.Changed != (Change{}) {
				r.Drifts[i].Changed = d.Changed
			}
		} else {
			added = append(added, r.Drifts[i])
		}
	}
	r.Closed, r.Carried = nil, nil
	verified := r.verified(run.Complete, passed)
	for id, d := range before {
		switch {
		case found[id]:
		case verified(d):
			r.Closed = append(r.Closed, d)
		default:
			r.Carried = append(r.Carried, d)
		}
	}
	slices.SortFunc(r.Groups, func(a, b Group) int { return compareGroups(a.Group, b.Group) })
	for _, drifts := range [][]Drift{r.Drifts, r.Closed, r.Carried, added} {
		slices.SortFunc(drifts, Drift.Compare)
	}
	r.Excepted = 0
	for i := range r.Groups {
		r.Excepted += r.Groups[i].Excepted
	}
	r.History = slices.DeleteFunc(slices.Clone(previous.History), func(p Point) bool { return p.ID == r.ID })
	r.History = append(r.History, Point{r.ID, r.Started, len(r.Groups), r.Counts()})
	r.History = r.History[max(0, len(r.History)-maxHistory):]
	return &r, added
}

// verified returns a function that reports whether everything that a drift depends on was read.
// If such a drift was not found, it is gone. The drifts of a group are not verified if the group
// was unreadable, or if the report omits some of its drifts.
func (r *Report) verified(complete bool, passed map[claim.Group]bool) func(Drift) bool {
	whole := make(map[claim.Group]bool, len(r.Groups))
	for i := range r.Groups {
		whole[r.Groups[i].Group] = r.Groups[i].Unreadable == "" && r.Groups[i].Omitted == 0
	}
	return func(d Drift) bool {
		if read, ok := whole[d.Group]; ok {
			return read
		}
		return complete || passed[d.Group]
	}
}

// merge takes groups and their drifts from the previous report: those that it read later than
// this audit did. An audit of some groups also takes all groups that it did not read. A group
// that the audit passed was read.
func (r *Report) merge(previous *Report, all bool, passed map[claim.Group]bool) {
	read := make(map[claim.Group]time.Time, len(r.Groups))
	for i := range r.Groups {
		read[r.Groups[i].Group] = r.Groups[i].At
	}
	taken := make(map[claim.Group]bool)
	var groups []Group
	for _, g := range previous.Groups {
		at, ok := read[g.Group]
		unread := !all && !passed[g.Group]
		if ok && g.At.After(at) || !ok && (unread || g.At.After(r.Started)) {
			taken[g.Group] = true
			groups = append(groups, g)
		}
	}
	r.Groups = append(slices.DeleteFunc(r.Groups, func(g Group) bool { return taken[g.Group] }), groups...)
	r.Drifts = slices.DeleteFunc(r.Drifts, func(d Drift) bool { return taken[d.Group] })
	found := make(map[string]bool, len(r.Drifts))
	for i := range r.Drifts {
		found[r.Drifts[i].ID] = true
	}
	for _, d := range previous.Drifts {
		if (taken[d.Group] || d.Group.ID == "" && !all) && !found[d.ID] {
			r.Drifts = append(r.Drifts, d)
		}
	}
	if !all {
		r.Whole, r.Omitted = previous.Whole, r.Omitted.plus(previous.Omitted)
	}
}

// keepLists adds the prefix lists that only the previous report has. This audit may not have
// read the rules that name them.
func (r *Report) keepLists(previous *Report) {
	for _, l := range previous.Lists {
		if _, ok := r.List(l.Account, l.Region, l.ID); !ok {
			r.Lists = append(r.Lists, l)
		}
	}
	slices.SortFunc(r.Lists, func(a, b Contents) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.ID, b.ID))
	})
}
