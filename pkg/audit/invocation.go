package audit

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// Rest is the time before the deadline from which no new groups are started. It suffices to
// finish the batch under way, and to process the results.
const Rest = 20 * time.Second

// invocation is one invocation's part of a run.
type invocation struct {
	*Auditor
	run      *Run
	previous *drift.Report
	started  map[claim.Group]bool // in this invocation or an earlier one
	scanned  map[claim.Group]bool // that the scan returned in this invocation
	partial  []claim.Group        // that the scan returned in parts
	places   map[Place]*placeReader
	changes  map[claim.Group][]drift.Call
	named    map[claim.Group]bool // by a user
	inputs   []drift.Input        // that could not be read before the audit
	earlier  map[claim.Group]*earlier
	unknown  map[string]bool // ids of the previous report's unknown drifts about no group
	filed    map[string]bool // ids of those of the run
	deadline time.Time
	rules    int // existing rules that were read
	detail   int // rules and spans in the report
}

// Continue reads and compares the run's remaining groups. If the deadline of ctx comes too
// near, done is false, and the run can be continued. It fails if no group can be audited, for
// example because the table cannot be read. Anything else that cannot be read is a drift.
func (a *Auditor) Continue(ctx context.Context, r *Run, previous *drift.Report) (done bool, err error) {
	if previous == nil {
		previous = &drift.Report{}
	}
	in := &invocation{
		Auditor: a.knowing(previous), run: r, previous: previous, started: r.read(),
		scanned: make(map[claim.Group]bool), places: make(map[Place]*placeReader), changes: r.Scope.changes(),
		named: r.Scope.named(), inputs: a.unread(),
	}
	in.rememberEarlier()
	if deadline, ok := ctx.Deadline(); ok {
		in.deadline = deadline.Add(-a.ahead)
	}
	r.Invocations++
	var home Place // of drifts that concern no place
	if len(a.Places) > 0 {
		home = a.Places[0]
	}
	for _, s := range a.Subjects {
		if s.Unread != "" {
			in.unreadable(home, s.Name, errors.New(s.Unread))
		} else {
			in.readable(home, s.Name)
		}
	}
	if r.Scope.All {
		err = in.readAll(ctx)
	} else {
		err = in.readTargets(ctx)
	}
	if errors.Is(err, errDeadline) {
		return false, nil
	}
	return err == nil, err
}

// errDeadline says that the deadline is too near for new work.
var errDeadline = errors.New("the deadline is near")

func (in *invocation) checkDeadline() error {
	if !in.deadline.IsZero() && in.deadline.Sub(in.now()) < Rest {
		return errDeadline
	}
	return nil
}

// readTargets reads the groups that the scope names.
func (in *invocation) readTargets(ctx context.Context) error {
	for _, t := range in.run.Scope.Targets {
		if in.started[t.Group] {
			continue
		}
		if err := in.add(ctx, in.load(ctx, t.Group)); err != nil {
			return err
		}
	}
	return in.flush(ctx)
}

// readAll reads all groups: first those in the table, in the order of the scan, then those that
// only have the tag. A group that the scan returned in parts is read again.
func (in *invocation) readAll(ctx context.Context) error {
	for _, p := range in.Places {
		in.place(p).findManaged(ctx)
	}
	if err := in.Table.Scan(ctx, func(g TableGroup) error { return in.add(ctx, g) }); err != nil {
		return err
	}
	for _, p := range in.Places {
		for _, id := range slices.Sorted(maps.Keys(in.place(p).found)) {
			if g := p.group(id); !in.started[g] {
				if err := in.add(ctx, TableGroup{Group: g}); err != nil {
					return err
				}
			}
		}
	}
	if err := in.flush(ctx); err != nil {
		return err
	}
	for _, g := range in.partial {
		loaded := in.load(ctx, g)
		in.forget(g)
		if err := in.add(ctx, loaded); err != nil {
			return err
		}
	}
	if in.run.Unlisted { // events of the same batch may name further groups
		return in.readTargets(ctx)
	}
	return in.flush(ctx)
}

// load reads a group from the table. If that fails, the group is unreadable.
func (in *invocation) load(ctx context.Context, g claim.Group) TableGroup {
	loaded, err := in.Table.Of(ctx, g)
	if err != nil {
		return TableGroup{Group: g, Unreadable: err.Error()}
	}
	return loaded
}

// forget removes a group from the results.
func (in *invocation) forget(g claim.Group) {
	r := in.run.Report
	delete(in.started, g)
	delete(in.scanned, g)
	r.Groups = slices.DeleteFunc(r.Groups, func(o drift.Group) bool { return o.Group == g })
	r.Drifts = slices.DeleteFunc(r.Drifts, func(d drift.Drift) bool { return d.Group == g })
}

// add adds a group to its place's batch, and processes the batch if it is full.
func (in *invocation) add(ctx context.Context, g TableGroup) error {
	switch {
	case in.scanned[g.Group] && !slices.Contains(in.partial, g.Group):
		in.partial = append(in.partial, g.Group)
		return nil
	case in.started[g.Group]:
		return nil
	}
	in.started[g.Group], in.scanned[g.Group] = true, true
	p := in.place(placeOf(g.Group))
	p.batch = append(p.batch, g)
	for i := range g.Requests {
		p.batchRules += len(g.Requests[i].Rules)
	}
	if len(p.batch) < MaxIDs && p.batchRules < maxRules {
		return nil
	}
	return p.flush(ctx)
}

// flush processes the batches of all places.
func (in *invocation) flush(ctx context.Context) error {
	order := slices.SortedFunc(maps.Keys(in.places), func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	for _, p := range order {
		if err := in.places[p].flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (in *invocation) progress() {
	if in.Progress == nil {
		return
	}
	known := len(in.started)
	for _, p := range in.places {
		for id := range p.found {
			if !in.started[p.group(id)] {
				known++
			}
		}
	}
	r := in.run
	in.Progress(Progress{
		Groups: len(r.Report.Groups) + len(r.Passed), Known: known, Rules: in.rules, Drifts: len(r.Report.Drifts),
	})
}

func (in *invocation) place(p Place) *placeReader {
	if in.places[p] == nil {
		in.places[p] = newPlaceReader(p, in)
	}
	return in.places[p]
}
