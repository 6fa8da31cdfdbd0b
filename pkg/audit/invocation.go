package audit

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// Rest is the time before the deadline at which calls under way are cut off. It suffices to save
// the run, or to process the results.
const Rest = 20 * time.Second

// invocation is one invocation's part of a run.
type invocation struct {
	*Auditor
	previous *drift.Report
	changes  map[claim.Group][]drift.Call
	named    map[claim.Group]bool // by a user
	room     int                  // rules that the requests of a place's waiting groups may contain
	turns    chan struct{}        // filled by places that call EC2

	inputs  []drift.Input                  // that could not be read before the audit
	drifts  map[claim.Group][]*drift.Drift // of the previous report
	unknown map[string]bool                // ids of the previous report's unknown drifts about no group
	past    map[claim.Group]bool           // that earlier invocations read
	start   func(*placeReader)
	scanned bool // the table, to its end; set before the inboxes are closed

	mu     sync.Mutex // guards the fields below, and what places say of it
	run    *Run
	places map[Place]*placeReader
	rules  int             // existing rules that were read
	detail int             // rules and spans in the report
	size   int             // of the run's drifts, in bytes of JSON
	filed  map[string]bool // ids of the run's unknown drifts about no group

	telling sync.Mutex // held while Progress is called
}

// Continue reads and compares the run's remaining groups. If the deadline of ctx comes too
// near, done is false, and the run can be continued. It fails if no group can be audited, for
// example because the table cannot be read. Anything else that cannot be read is a drift.
//
// An invocation loses at most the calls under way: about groups of which it has not read every
// rule, the run knows nothing.
func (a *Auditor) Continue(ctx context.Context, r *Run, previous *drift.Report) (done bool, err error) {
	if previous == nil {
		previous = &drift.Report{}
	}
	r.Invocations++
	in := &invocation{
		Auditor: a.knowing(previous), run: r, previous: previous.Sorted(),
		changes: r.Scope.changes(), named: r.Scope.named(),
		inputs: a.unread(),
		room:   max(pageRules, maxRules/max(1, len(a.Places))), turns: make(chan struct{}, atOnce),
		places: make(map[Place]*placeReader), detail: detailOf(r.Report.Groups),
		past: r.read(),
	}
	in.rememberEarlier()
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
	work, cancel := timeOf(ctx)
	defer cancel()
	began := time.Now()
	if err := in.read(work, cancel); err != nil {
		return false, err
	}
	if err := ctx.Err(); err != nil {
		return false, err
	}
	return in.end(time.Since(began)), nil
}

// timeOf returns a context that ends when the deadline is too near for calls.
func timeOf(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, deadline.Add(-Rest))
	}
	return context.WithCancel(ctx)
}

// errDeadline says that the deadline is too near for new work.
var errDeadline = errors.New("the deadline is near")

// read reads the remaining groups until ctx ends. Each place has a goroutine, and the table is
// scanned meanwhile. read fails if the table cannot be read.
func (in *invocation) read(ctx context.Context, cancel context.CancelFunc) error {
	var work sync.WaitGroup
	defer work.Wait()
	in.start = func(p *placeReader) { work.Go(func() { p.end = p.work(ctx) }) }
	defer func() {
		for _, p := range in.places {
			close(p.inbox)
		}
	}()
	if !in.run.Scope.All {
		in.readTargets()
		return nil
	}
	for _, p := range in.Places {
		in.place(p)
	}
	err := in.Table.Scan(ctx, func(g TableGroup) error { return in.route(ctx, g) })
	for _, p := range in.sorted() {
		if err == nil {
			err = in.hand(ctx, p)
		}
	}
	if in.scanned = err == nil; in.scanned || ctx.Err() != nil {
		return nil
	}
	cancel()
	return err
}

// readTargets starts to read the groups that the scope names.
func (in *invocation) readTargets() {
	in.scanned = true
	targets := make(map[Place][]string)
	for _, t := range in.run.Scope.Targets {
		if p := placeOf(t.Group); !slices.Contains(targets[p], t.Group.ID) {
			targets[p] = append(targets[p], t.Group.ID)
		}
	}
	for place, ids := range targets {
		p := in.newPlace(place)
		for _, id := range ids {
			if p.seen[id]&filed == 0 {
				p.seen[id] = 0
				p.later = append(p.later, id)
			}
		}
		in.start(p)
	}
}

// place returns the reader of a place. It starts a new one.
func (in *invocation) place(p Place) *placeReader {
	if in.places[p] == nil {
		in.start(in.newPlace(p))
	}
	return in.places[p]
}

func (in *invocation) newPlace(place Place) *placeReader {
	p := newPlaceReader(place, in)
	for _, id := range p.run.Left {
		p.seen[id] = listed
	}
	for _, f := range p.run.Found {
		p.found.put(f)
	}
	p.run.Left, p.run.Found = nil, nil
	for g := range in.past {
		if placeOf(g) == place {
			p.seen[g.ID] = filed
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.places[place] = p
	return p
}

// sorted returns the places in order.
func (in *invocation) sorted() []*placeReader {
	return slices.SortedFunc(maps.Values(in.places), func(a, b *placeReader) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
}

// route adds a group that the scan returned to the groups of its place. A group that comes again
// is loaded later, because each time has only a part of its requests.
func (in *invocation) route(ctx context.Context, g TableGroup) error {
	p := in.place(placeOf(g.Group))
	in.mu.Lock()
	m := p.seen[g.Group.ID]
	p.seen[g.Group.ID] |= scanned
	if m&(scanned|split) == scanned {
		p.seen[g.Group.ID] |= split
		p.later = append(p.later, g.Group.ID)
	}
	in.mu.Unlock()
	if m&(scanned|filed) != 0 {
		return nil
	}
	if p.filling.add(g); len(p.filling.groups) < MaxIDs && p.filling.rules < in.room {
		return nil
	}
	return in.hand(ctx, p)
}

// maxWait is the time for which the scan waits for a place while there are other places.
const maxWait = 10 * time.Second

// hand sends groups to their place. If the place is slow, and there are others, only the ids are
// kept, and the groups are loaded after the scan.
func (in *invocation) hand(ctx context.Context, p *placeReader) error {
	b := p.filling
	p.filling = batch{}
	if len(b.groups) == 0 {
		return nil
	}
	var late <-chan time.Time
	if len(in.places) > 1 {
		wait := maxWait
		if p.behind {
			wait = 0
		}
		late = time.After(wait)
	}
	select {
	case p.inbox <- b:
	case <-ctx.Done():
		return errDeadline
	case <-late:
		p.behind = true
		for _, g := range b.groups {
			p.later = append(p.later, g.Group.ID)
		}
	}
	return nil
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
	r.Groups = slices.DeleteFunc(r.Groups, func(o drift.Group) bool { return o.Group == g })
	r.Drifts = slices.DeleteFunc(r.Drifts, func(d drift.Drift) bool { return d.Group == g })
	in.run.Passed = slices.DeleteFunc(in.run.Passed, func(o drift.Passed) bool { return o.Group == g })
}

// expect makes room for the results of a place's groups.
func (in *invocation) expect(p *placeReader) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.run.Report.Groups = slices.Grow(in.run.Report.Groups, len(p.seen))
}

// unlisted notes that the groups of some place are not all known.
func (in *invocation) unlisted() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.run.Unlisted = true
}

// contents returns a prefix list that the run has read.
func (in *invocation) contents(p Place, id string) (drift.Contents, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	lists := in.run.Report.Lists
	i := slices.IndexFunc(lists, func(c drift.Contents) bool {
		return c.Account == p.Account && c.Region == p.Region && c.ID == id
	})
	if i < 0 {
		return drift.Contents{}, false
	}
	return lists[i], true
}

func (in *invocation) addContents(c drift.Contents) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.run.Report.Lists = append(in.run.Report.Lists, c)
}

// progress says how far the run is, after some rules were read.
func (in *invocation) progress(rules int) {
	in.mu.Lock()
	in.rules += rules
	if in.Progress == nil {
		in.mu.Unlock()
		return
	}
	r := in.run
	now := Progress{Groups: len(r.Report.Groups) + len(r.Passed), Rules: in.rules, Drifts: len(r.Report.Drifts)}
	for _, p := range in.places {
		now.Known += len(p.seen)
	}
	in.mu.Unlock()
	in.telling.Lock()
	defer in.telling.Unlock()
	in.Progress(now)
}
