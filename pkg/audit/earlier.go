package audit

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// earlier is the part of the previous report that is about one group.
type earlier struct {
	group  *drift.Group // nil if the report does not list the group
	drifts []*drift.Drift
}

// rememberEarlier arranges the previous report's drifts by their groups. It also notes the unknown
// drifts about no group, of that report and of the run's earlier invocations.
func (in *invocation) rememberEarlier() {
	in.drifts, in.unknown, in.filed = make(map[claim.Group][]*drift.Drift), make(map[string]bool), make(map[string]bool)
	for i := range in.previous.Drifts {
		if d := &in.previous.Drifts[i]; d.Group.ID == "" {
			in.unknown[d.ID] = true
		} else {
			in.drifts[d.Group] = append(in.drifts[d.Group], d)
		}
	}
	for i := range in.run.Report.Drifts {
		d := &in.run.Report.Drifts[i]
		if in.size += d.Size(); d.Group.ID == "" {
			in.filed[d.ID] = true
		}
	}
}

// before returns the part of the previous report that is about a group.
func (in *invocation) before(g claim.Group) earlier {
	return earlier{in.previous.GroupOf(g), in.drifts[g]}
}

// has reports whether a drift is among them.
func (e earlier) has(id string) bool {
	return slices.ContainsFunc(e.drifts, func(d *drift.Drift) bool { return d.ID == id })
}

// stale returns the rules that were stale.
func (e earlier) stale() map[secgroup.Rule]bool {
	var stale map[secgroup.Rule]bool
	for _, d := range e.drifts {
		if d.Kind == drift.StaleReference {
			if stale == nil {
				stale = make(map[secgroup.Rule]bool)
			}
			stale[d.Rule.Rule] = true
		}
	}
	return stale
}

// gone returns the ids of the drifts about existing rules that the group does not have any more.
func (e earlier) gone(f *drift.Facts) (ids []string) {
	has := make(map[secgroup.Rule]bool, len(f.Entries))
	for _, entry := range f.Entries {
		has[entry.Rule.In(f.Group.Account, f.Group.ID)] = true
	}
	for _, d := range e.drifts {
		if d.HasRule() && d.Rule.ID != "" && !has[d.Rule.Rule] {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

// readable notes that a thing was read that is not a group, if it is unknown in the run or in the
// previous report.
func (in *invocation) readable(p Place, subject string) {
	id := drift.UnreadableID(p.group(""), subject)
	in.mu.Lock()
	defer in.mu.Unlock()
	r := in.run
	if in.filed[id] {
		delete(in.filed, id)
		r.Report.Drifts = slices.DeleteFunc(r.Report.Drifts, func(d drift.Drift) bool { return d.ID == id })
	}
	if in.unknown[id] {
		if r.Readable == nil {
			r.Readable = make(map[string]time.Time)
		}
		r.Readable[id] = in.now().UTC()
	}
}

// unreadable files, once, a drift about a thing that could not be read and that is not a group.
func (in *invocation) unreadable(p Place, subject string, why error) {
	d := drift.Unreadable(p.group(""), subject, why, in.now())
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.filed[d.ID] {
		in.filed[d.ID] = true
		in.run.Report.Drifts = append(in.run.Report.Drifts, d)
	}
	delete(in.run.Readable, d.ID)
}
