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
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Rest is the time before the deadline from which no new groups are started. It suffices to
// finish the batch under way, and to process the results.
const Rest = 20 * time.Second

// leg is one invocation's part of a run.
type leg struct {
	*Auditor
	run      *Run
	previous *drift.Report
	looked   map[claim.Group]bool // in this leg and the legs before
	told     map[claim.Group]bool // that the scan returned in this leg
	again    []claim.Group        // that the scan returned in parts
	visits   map[Place]*visit
	changes  map[claim.Group][]drift.Change
	deadline time.Time
	rules    int
	detail   int // rules and spans in the report
}

// Continue reads and compares the run's remaining groups. If the deadline of ctx comes too
// near, done is false, and the run can be continued. An error says that nothing is known of
// any group, for example because the table cannot be read. Anything else that cannot be read
// is a drift.
func (a *Auditor) Continue(ctx context.Context, r *Run, previous *drift.Report) (done bool, err error) {
	if previous == nil {
		previous = &drift.Report{}
	}
	l := &leg{Auditor: a, run: r, previous: previous, looked: r.looked(), told: make(map[claim.Group]bool), visits: make(map[Place]*visit)}
	l.deadline, _ = ctx.Deadline()
	l.changes = r.Scope.changes()
	r.Legs++
	for _, subject := range slices.Sorted(maps.Keys(a.Unread)) {
		l.unknown(l.home(), subject, errors.New(a.Unread[subject]))
	}
	if r.Scope.All {
		err = l.everything(ctx)
	} else {
		err = l.targets(ctx)
	}
	if errors.Is(err, errLater) {
		return false, nil
	}
	return err == nil, err
}

// home is the place of drifts that concern no place.
func (l *leg) home() Place {
	if len(l.Places) == 0 {
		return Place{}
	}
	return l.Places[0]
}

// errLater says that the deadline is too near for new work.
var errLater = errors.New("the deadline is near")

func (l *leg) later() error {
	if !l.deadline.IsZero() && l.deadline.Sub(l.now()) < Rest {
		return errLater
	}
	return nil
}

// targets reads the groups that the scope names.
func (l *leg) targets(ctx context.Context) error {
	for _, t := range l.run.Scope.Targets {
		if l.looked[t.Group] {
			continue
		}
		asked, err := l.Claims.Of(ctx, t.Group)
		if err != nil {
			asked = Known{Group: t.Group, Unreadable: err.Error()}
		}
		if err := l.take(ctx, asked); err != nil {
			return err
		}
	}
	return l.flush(ctx)
}

// everything reads all groups: first those in the table, in the order of the scan, then those
// that only have the tag.
func (l *leg) everything(ctx context.Context) error {
	for _, p := range l.Places {
		l.visit(p).find(ctx)
	}
	if err := l.Claims.Scan(ctx, func(k Known) error { return l.take(ctx, k) }); err != nil {
		return err
	}
	for _, p := range l.Places {
		for _, id := range slices.Sorted(maps.Keys(l.visit(p).found)) {
			if g := p.group(id); !l.looked[g] {
				if err := l.take(ctx, Known{Group: g}); err != nil {
					return err
				}
			}
		}
	}
	if err := l.flush(ctx); err != nil {
		return err
	}
	return l.whole(ctx)
}

// whole reads the groups again that the scan returned in parts.
func (l *leg) whole(ctx context.Context) error {
	for _, g := range l.again {
		asked, err := l.Claims.Of(ctx, g)
		if err != nil {
			asked = Known{Group: g, Unreadable: err.Error()}
		}
		l.forget(g)
		if err := l.take(ctx, asked); err != nil {
			return err
		}
	}
	return l.flush(ctx)
}

// forget removes a group from the results.
func (l *leg) forget(g claim.Group) {
	r := l.run.Report
	delete(l.looked, g)
	delete(l.told, g)
	r.Groups = slices.DeleteFunc(r.Groups, func(o drift.Group) bool { return o.Group == g })
	r.Drifts = slices.DeleteFunc(r.Drifts, func(d drift.Drift) bool { return d.Group == g })
}

// take adds a group to its place's batch, and processes the batch if it is full.
func (l *leg) take(ctx context.Context, asked Known) error {
	v := l.visit(placeOf(asked.Group))
	switch {
	case l.told[asked.Group] && !slices.Contains(l.again, asked.Group):
		l.again = append(l.again, asked.Group)
		return nil
	case l.looked[asked.Group]:
		return nil
	}
	l.looked[asked.Group], l.told[asked.Group] = true, true
	v.batch = append(v.batch, asked)
	for i := range asked.Requests {
		v.asked += len(asked.Requests[i].Rules)
	}
	if len(v.batch) < MaxIDs && v.asked < maxRules {
		return nil
	}
	return v.look(ctx)
}

// flush processes the batches that are not full.
func (l *leg) flush(ctx context.Context) error {
	order := slices.SortedFunc(maps.Keys(l.visits), func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	for _, p := range order {
		if err := l.visits[p].look(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (l *leg) progress() {
	if l.Progress == nil {
		return
	}
	known := len(l.looked)
	for _, v := range l.visits {
		for id := range v.found {
			if !l.looked[v.group(id)] {
				known++
			}
		}
	}
	l.Progress(Progress{Groups: len(l.run.Report.Groups) + len(l.run.Passed), Known: known, Rules: l.rules, Drifts: len(l.run.Report.Drifts)})
}

func (l *leg) visit(p Place) *visit {
	if l.visits[p] == nil {
		l.visits[p] = &visit{Place: p, leg: l, found: make(map[string]Found), stale: make(map[string]map[string][]secgroup.Rule), lists: make(map[string]*drift.List)}
	}
	return l.visits[p]
}
