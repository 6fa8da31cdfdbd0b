package audit

import (
	"cmp"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// maxHistory is how many audits a report's history holds.
const maxHistory = 400

// Conclude completes a report, whose groups and drifts are those of all its
// comparisons, by what the audit before it found; nil: there was none. It
//
//   - sorts groups and drifts;
//   - lets a drift that was found before keep its Since, and its Changed: a later
//     change of the group did not cause it;
//   - closes what was found before, in groups that were read now, and is there no
//     more. What was found in a group that could not be read, or of whose drifts
//     some are omitted, is carried on;
//   - appends this audit to the history, in which it stands once.
//
// Complete says that the audit looked at every group there is. Only then is
// closed what was found in a group that it did not look at: such a group is
// no longer there, or no longer ours to look at.
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
