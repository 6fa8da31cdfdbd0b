package report

import (
	"cmp"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// section is a group and its drifts.
type section struct {
	*audit.Group
	drifts []*audit.Drift // the severest first
}

// sections returns all groups of a report in its order. A drift whose group the
// report does not list is in a section of its own.
func sections(r *audit.Report) []section {
	all := make([]section, 0, len(r.Groups))
	at := make(map[claim.Group]int, len(r.Groups))
	for i := range r.Groups {
		at[r.Groups[i].Group] = len(all)
		all = append(all, section{Group: &r.Groups[i]})
	}
	for i := range r.Drifts {
		d := &r.Drifts[i]
		n, ok := at[d.Group]
		if !ok {
			n = len(all)
			at[d.Group] = n
			all = append(all, section{Group: &audit.Group{Group: d.Group}})
		}
		all[n].drifts = append(all[n].drifts, d)
	}
	return all
}

// worstFirst orders sections by their severest drifts, and how many there are.
func worstFirst(all []section) {
	slices.SortStableFunc(all, func(a, b section) int {
		x, y := a.counts(), b.counts()
		for s := audit.Critical; s >= audit.Informational; s-- {
			if c := cmp.Compare(y[s], x[s]); c != 0 {
				return c
			}
		}
		return 0
	})
}

func (s section) counts() (c audit.Counts) {
	for _, d := range s.drifts {
		c[d.Severity]++
	}
	return c
}
