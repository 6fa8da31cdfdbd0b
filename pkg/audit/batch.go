package audit

import (
	"context"
	"slices"
	"sync"

	"github.com/sgkeeper/sgkeeper/pkg/lease"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// maxRules bounds a batch: about how many rules are in memory at a time, asked
// or there.
const maxRules = 20_000

// look looks at the groups of the batch: as many at a time as one describe
// serves, and as their rules fit into memory.
func (p *place) look(ctx context.Context) error {
	batch := p.batch
	p.batch, p.asked = nil, 0
	if len(batch) == 0 {
		return nil
	}
	unread := p.findAll(ctx, batch)
	for len(batch) > 0 {
		if err := p.l.later(); err != nil {
			return err
		}
		n, rules := 0, 0
		for n < len(batch) && (n == 0 || rules+p.found[batch[n].Group.ID].Rules <= maxRules) {
			rules += p.found[batch[n].Group.ID].Rules
			n++
		}
		p.compare(ctx, p.facts(ctx, batch[:n], unread))
		batch = batch[n:]
	}
	return ctx.Err()
}

// facts reads all there is to know of some groups.
func (p *place) facts(ctx context.Context, batch []Known, unread error) []Facts {
	all := make([]Facts, len(batch))
	at := make(map[string]*Facts, len(batch))
	for i, asked := range batch {
		found, ok := p.found[asked.Group.ID]
		all[i] = Facts{
			Group: asked.Group, Name: found.Name, VPC: found.VPC, Tags: found.Tags, Found: ok,
			Requests: asked.Requests, Ledger: asked.Ledger, Lease: asked.Lease, Unreadable: asked.Unreadable,
			Changes: p.l.changes[asked.Group],
		}
		at[asked.Group.ID] = &all[i]
		if unread != nil && !ok {
			all[i].unreadable(unread)
		}
	}
	p.rules(ctx, at)
	p.attach(ctx, at)
	for i := range all {
		if f := &all[i]; f.Found {
			f.Stale = p.staleIn(ctx, f)
			f.Lists = p.listsOf(ctx, f)
		} else if f.Unreadable == "" {
			f.Successor = p.successor(ctx, f)
		}
	}
	return all
}

func (f *Facts) unreadable(err error) {
	if f.Unreadable == "" {
		f.Unreadable = err.Error()
	}
}

// rules reads the rules of the groups that were found. A group that is
// described without rules though it has some is looked for again: it may be gone.
func (p *place) rules(ctx context.Context, at map[string]*Facts) {
	ids := make([]string, 0, len(at))
	for id, f := range at {
		if f.Found && f.Unreadable == "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return
	}
	err := p.l.Groups.Rules(ctx, p.Place, sorted(ids), func(id string, e secgroup.Entry, err error) {
		switch f := at[id]; {
		case f == nil: // EC2 answered about another group
		case err != nil:
			f.unreadable(err)
		default:
			f.Entries = append(f.Entries, e)
			p.l.rules++
		}
	})
	var empty []string
	for _, id := range ids {
		if err != nil {
			at[id].unreadable(err)
		} else if len(at[id].Entries) == 0 && p.found[id].Rules > 0 {
			empty = append(empty, id)
		}
	}
	p.prove(ctx, sorted(empty), at)
}

// compare files what was found of some groups.
func (p *place) compare(ctx context.Context, all []Facts) {
	results := make([]result, len(all))
	var work sync.WaitGroup
	free := make(chan struct{}, lookers)
	for i := range all {
		if results[i] = p.result(all[i]); !results[i].doubtful(&all[i]) {
			continue
		}
		free <- struct{}{}
		work.Go(func() {
			defer func() { <-free }()
			p.doubt(ctx, &all[i], &results[i])
		})
	}
	work.Wait()
	for i := range results {
		p.file(&all[i], results[i])
	}
	p.l.progress()
}

// lookers is how many groups are read from the table again at a time.
const lookers = 8

type result struct {
	group  Group
	drifts []Drift
}

func (p *place) result(f Facts) result {
	g, drifts := Compare(f, p.l.Policy, p.l.now())
	return result{g, drifts}
}

// doubtful reports whether drifts may come of the table having been read before
// EC2 was.
func (r result) doubtful(f *Facts) bool {
	return len(r.drifts) > 0 && f.Unreadable == "" && (len(f.Requests) > 0 || f.Lease.Want > 0 || r.group.Ours > 0)
}

// doubt keeps those drifts that are there also by what is asked now.
func (p *place) doubt(ctx context.Context, f *Facts, r *result) {
	asked, err := p.l.Claims.Of(ctx, f.Group)
	if err != nil {
		f.unreadable(err)
		*r = p.result(*f)
		return
	}
	f.Requests, f.Ledger, f.Lease = asked.Requests, asked.Ledger, asked.Lease
	if asked.Unreadable != "" {
		f.Unreadable = asked.Unreadable
		*r = p.result(*f)
		return
	}
	before := make(map[string]bool, len(r.drifts))
	for i := range r.drifts {
		before[r.drifts[i].ID] = true
	}
	now := p.result(*f)
	r.group, r.drifts = now.group, nil
	for _, d := range now.drifts {
		if before[d.ID] {
			r.drifts = append(r.drifts, d)
		}
	}
}

// file puts a group into the report, or notes that it does not belong there:
// nobody asks for it, it does not bear the tag, and nothing in it is ours.
func (p *place) file(f *Facts, r result) {
	run := p.l.run
	if p.l.run.Scope.All && !p.concerns(f, r) {
		run.Passed = append(run.Passed, f.Group)
		return
	}
	kept := r.drifts
	if n := len(run.Report.Drifts) + len(kept) - MaxDrifts; n > 0 {
		kept = severest(kept, n < MaxDrifts)
	}
	for _, d := range r.drifts[len(kept):] {
		run.Report.Omitted[d.Severity]++
		r.group.Omitted++
	}
	p.l.abbreviate(&r)
	run.Report.Groups = append(run.Report.Groups, r.group)
	run.Report.Drifts = append(run.Report.Drifts, kept...)
}

// What bounds a report, which is written, read and shown as a whole.
const (
	// MaxDrifts is how many drifts a report holds, and as many again that are
	// high or critical.
	MaxDrifts = 10_000
	// MaxDetail is how many rules that were asked, and spans of strips, it holds
	// of groups that have no drift.
	MaxDetail = 60_000
)

// severest returns the drifts that are high or critical, which come first; none
// where there is no room for those either.
func severest(drifts []Drift, room bool) []Drift {
	n := 0
	for room && n < len(drifts) && drifts[n].Severity >= High {
		n++
	}
	return drifts[:n]
}

// abbreviate leaves out what is in order of a group that has no drift, once the
// report holds enough of that.
func (l *look) abbreviate(r *result) {
	detail := len(r.group.Strip)
	for i := range r.group.Requests {
		detail += len(r.group.Requests[i].Rules)
	}
	if l.detail += detail; l.detail <= MaxDetail || len(r.drifts) > 0 {
		return
	}
	l.detail -= detail
	r.group.Requests, r.group.Strip, r.group.Brief = nil, nil, true
}

// concerns reports whether an audit of all groups is about this one.
func (p *place) concerns(f *Facts, r result) bool {
	a := Known{Group: f.Group, Requests: f.Requests}
	switch {
	case !slices.Contains(p.l.Places, p.Place):
		return a.open()
	case f.Unreadable != "", a.open(), r.group.Ours > 0, len(f.Ledger.Condemned) > 0:
		return true
	case !f.Found:
		return len(r.drifts) > 0
	}
	return p.l.managed(f.Tags) || f.Lease.Owner != lease.Nobody
}
