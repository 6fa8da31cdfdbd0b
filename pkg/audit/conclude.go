package audit

import (
	"cmp"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// maxHistory is the number of audits in a report's history.
const maxHistory = 400

// Conclude completes a report of comparisons with the results of the previous report, which
// may be nil. It
//
//   - sorts groups and drifts;
//   - keeps Since and Changed of a drift that was found before: a later change did not cause it;
//   - closes drifts that are gone from groups that this audit read. It carries drifts of groups
//     that it could not read, or of which it omits drifts;
//   - appends this audit to the history, once.
//
// Complete says that the audit read all groups. Then drifts of other groups are closed too:
// such a group was deleted, or is no longer managed.
func Conclude(r, previous *Report, complete bool) {
	if previous == nil {
		previous = &Report{}
	}
	before := make(map[string]Drift, len(previous.Drifts)+len(previous.Carried))
	for _, d := range slices.Concat(previous.Carried, previous.Drifts) {
		before[d.ID] = d
	}
	r.Excepted = 0
	read := make(map[claim.Group]bool, len(r.Groups))
	for i := range r.Groups {
		read[r.Groups[i].Group] = r.Groups[i].Unreadable == "" && r.Groups[i].Omitted == 0
		r.Excepted += r.Groups[i].Excepted
	}
	for i := range r.Drifts {
		if d, ok := before[r.Drifts[i].ID]; ok {
			r.Drifts[i].Since, r.Drifts[i].Changed = d.Since, d.Changed
			delete(before, d.ID)
		}
	}
	r.Closed, r.Carried = nil, nil
	for _, d := range before {
		isRead, looked := read[d.Group]
		if isRead || !looked && complete {
			r.Closed = append(r.Closed, d)
		} else {
			r.Carried = append(r.Carried, d)
		}
	}
	r.sort()
	r.History = slices.DeleteFunc(slices.Clone(previous.History), func(p Point) bool { return p.ID == r.ID })
	r.History = append(r.History, Point{r.ID, r.Started, len(r.Groups), r.Counts()})
	r.History = r.History[max(0, len(r.History)-maxHistory):]
}

func (r *Report) sort() {
	slices.SortFunc(r.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.ID, b.ID))
	})
	for _, drifts := range [][]Drift{r.Drifts, r.Closed, r.Carried} {
		slices.SortFunc(drifts, Drift.Compare)
	}
}
