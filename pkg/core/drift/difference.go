package drift

import (
	"reflect"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Difference holds the differences between two reports. Each list is in order.
type Difference struct {
	New     []Drift   // only in the later report
	Closed  []Drift   // only in the earlier report
	Changed []Changed // in both, with another severity, detail, rule, gap or launches
	// Unverified are in the earlier report, in groups that the later audit did not read.
	Unverified []Drift
}

// Changed is a drift as two reports have it.
type Changed struct {
	Before Drift `json:"before"`
	After  Drift `json:"after"`
}

// Between returns the differences between two reports, by the drifts' IDs. A rule whose drift has
// another kind has another ID, so it counts as closed and as new. Drifts that a report omits are
// not known.
func Between(before, after *Report) (d Difference) {
	known, found := byID(before.Drifts, before.Carried), byID(after.Drifts)
	carried := byID(after.Carried)
	read := make(map[claim.Group]bool, len(after.Groups))
	for _, g := range after.Groups {
		read[g.Group] = g.Unreadable == ""
	}
	whole := !after.Whole.IsZero() && after.Whole.Equal(after.Started)
	for _, is := range after.Drifts {
		if was, both := known[is.ID]; !both {
			d.New = append(d.New, is)
		} else if differ(was, is) {
			d.Changed = append(d.Changed, Changed{was, is})
		}
	}
	for id, was := range known {
		_, still := found[id]
		_, unread := carried[id]
		readable, isRead := read[was.Group]
		switch {
		case still:
		case unread, isRead && !readable, !isRead && !whole && was.Group.ID != "":
			d.Unverified = append(d.Unverified, was)
		default:
			d.Closed = append(d.Closed, was)
		}
	}
	for _, list := range [][]Drift{d.New, d.Closed, d.Unverified} {
		slices.SortFunc(list, Drift.Compare)
	}
	slices.SortFunc(d.Changed, func(a, b Changed) int { return a.After.Compare(b.After) })
	return d
}

// Worse counts the drifts that are new or more severe than before, by severity.
func (d Difference) Worse() (c Counts) {
	for _, n := range d.New {
		c[n.Severity]++
	}
	for _, x := range d.Changed {
		if x.After.Severity > x.Before.Severity {
			c[x.After.Severity]++
		}
	}
	return c
}

func byID(lists ...[]Drift) map[string]Drift {
	all := make(map[string]Drift)
	for _, list := range lists {
		for _, d := range list {
			all[d.ID] = d
		}
	}
	return all
}

// differ reports whether a drift changed, without its times and its cause.
func differ(was, is Drift) bool {
	was.Since, was.Changed = is.Since, is.Changed
	return !reflect.DeepEqual(was, is)
}
