package report

import (
	"cmp"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// section is a group and its drifts.
type section struct {
	*drift.Group
	drifts []*drift.Drift // the severest first
}

// sections returns a section for each group, in the report's order. If a drift's group is not
// listed in the report, it gets a section of its own at the end.
func sections(r *drift.Report) []section {
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
			all = append(all, section{Group: &drift.Group{Group: d.Group}})
		}
		all[n].drifts = append(all[n].drifts, d)
	}
	return all
}

// worstFirst orders sections by their number of critical drifts, then of high ones, and so on.
func worstFirst(all []section) {
	slices.SortStableFunc(all, func(a, b section) int {
		x, y := a.counts(), b.counts()
		for s := drift.Critical; s >= drift.Informational; s-- {
			if c := cmp.Compare(y[s], x[s]); c != 0 {
				return c
			}
		}
		return 0
	})
}

func (s section) counts() (c drift.Counts) {
	for _, d := range s.drifts {
		c[d.Severity]++
	}
	return c
}

// name returns the group's name, or "" if it has none.
func (s section) name() string { return limited(console.Printable(s.Name), 255) }

// title returns the group's name, or else its id.
func (s section) title() string { return cmp.Or(s.name(), console.Printable(s.ID)) }

// driftIn is a drift with the index of its section.
type driftIn struct {
	*drift.Drift
	section int
}

// driftsOf returns every drift, the severest first, then in the order of the sections.
func driftsOf(all []section) (drifts []driftIn) {
	for i, s := range all {
		for _, d := range s.drifts {
			drifts = append(drifts, driftIn{d, i})
		}
	}
	slices.SortStableFunc(drifts, func(a, b driftIn) int { return cmp.Compare(b.Severity, a.Severity) })
	return drifts
}

// requestIn is a request with the index of its section.
type requestIn struct {
	*drift.FullRequest
	section int
}

// requestsOf returns every request: the open ones before the others, each newest first.
func requestsOf(all []section) (requests []requestIn) {
	for i, s := range all {
		for j := range s.Requests {
			requests = append(requests, requestIn{&s.Requests[j], i})
		}
	}
	slices.SortStableFunc(requests, func(a, b requestIn) int {
		if open := a.Status == claim.Open; open != (b.Status == claim.Open) {
			if open {
				return -1
			}
			return 1
		}
		return b.Since.Compare(a.Since)
	})
	return requests
}
