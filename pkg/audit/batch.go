package audit

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// maxRules bounds a batch, and so the memory: it may have about so many requested rules, and
// as many existing ones.
const maxRules = 20_000

// flush processes the place's batch, as many groups at a time as their rules fit into memory.
func (p *placeReader) flush(ctx context.Context) error {
	batch := p.batch
	p.batch, p.batchRules = nil, 0
	if len(batch) == 0 {
		return nil
	}
	unread := p.findBatch(ctx, batch)
	for len(batch) > 0 {
		if err := p.in.checkDeadline(); err != nil {
			return err
		}
		n, rules := 0, 0
		for n < len(batch) && (n == 0 || rules+p.found[batch[n].Group.ID].Rules <= maxRules) {
			rules += p.found[batch[n].Group.ID].Rules
			n++
		}
		at := p.in.now()
		p.compare(ctx, p.facts(ctx, batch[:n], unread), at)
		batch = batch[n:]
	}
	return ctx.Err()
}

// facts reads the facts of some groups.
func (p *placeReader) facts(ctx context.Context, batch []TableGroup, unread error) []drift.Facts {
	all := make([]drift.Facts, len(batch))
	at := make(map[string]*drift.Facts, len(batch))
	for i, g := range batch {
		found, ok := p.found[g.Group.ID]
		all[i] = drift.Facts{
			Group: g.Group, Name: found.Name, VPC: found.VPC, Tags: found.Tags, Found: ok,
			Requests: g.Requests, Ends: g.Ends, Ledger: g.Ledger, Lease: g.Lease,
			Unreadable: g.Unreadable, Changes: p.in.changes[g.Group], Unread: slices.Clone(p.in.inputs),
		}
		at[g.Group.ID] = &all[i]
		if unread != nil && !ok {
			unreadable(&all[i], unread)
		}
	}
	p.rules(ctx, at)
	p.setInterfaces(ctx, at)
	for i := range all {
		if f := &all[i]; f.Found {
			f.Stale = p.staleIn(ctx, f)
			f.Lists, f.Known = p.listsOf(ctx, f), p.knownLists(f)
		} else if f.Unreadable == "" {
			f.Successor = p.successor(ctx, f)
		}
	}
	return all
}

func unreadable(f *drift.Facts, err error) {
	if f.Unreadable == "" {
		f.Unreadable = err.Error()
	}
}

// rules reads the rules of the groups that exist. If a group should have rules and EC2
// describes none, the group is looked up again, because it may be gone.
func (p *placeReader) rules(ctx context.Context, at map[string]*drift.Facts) {
	ids := make([]string, 0, len(at))
	for id, f := range at {
		if f.Found && f.Unreadable == "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return
	}
	err := p.in.EC2.Rules(ctx, p.Place, sorted(ids), func(id string, e secgroup.Entry, err error) {
		switch f := at[id]; {
		case f == nil: // EC2 answered about another group
		case err != nil:
			unreadable(f, err)
		default:
			f.Entries = append(f.Entries, e)
			p.in.rules++
		}
	})
	var empty []string
	for _, id := range ids {
		if err != nil {
			unreadable(at[id], err)
		} else if len(at[id].Entries) == 0 && p.found[id].Rules > 0 {
			empty = append(empty, id)
		}
	}
	p.checkExistence(ctx, sorted(empty), at)
}

// compare compares some groups and files the results. Their rules were read after a time, by which
// readings are ordered: a slow call after the reading must not make it later.
func (p *placeReader) compare(ctx context.Context, all []drift.Facts, at time.Time) {
	results := make([]result, len(all))
	var work sync.WaitGroup
	free := make(chan struct{}, rechecks)
	for i := range all {
		if results[i] = p.result(all[i]); !results[i].uncertain(&all[i]) {
			continue
		}
		free <- struct{}{}
		work.Go(func() {
			defer func() { <-free }()
			p.recheck(ctx, &all[i], &results[i])
		})
	}
	work.Wait()
	for i := range results {
		results[i].group.At = at.UTC()
		p.file(&all[i], results[i])
	}
	p.in.progress()
}

// rechecks is the number of groups that are read from the table again at a time.
const rechecks = 8

type result struct {
	group  drift.Group
	drifts []drift.Drift
}

func (p *placeReader) result(f drift.Facts) result {
	g, drifts := drift.Compare(f, p.in.Policy, p.in.now())
	return result{g, drifts}
}

// uncertain reports whether drifts may exist only because the table was read before EC2.
func (r result) uncertain(f *drift.Facts) bool {
	return len(r.drifts) > 0 && f.Unreadable == "" && (len(f.Requests) > 0 || f.Lease.Want > 0 || r.group.Ours > 0)
}

// recheck reads the table again, and keeps the drifts that are still there.
func (p *placeReader) recheck(ctx context.Context, f *drift.Facts, r *result) {
	g := p.in.load(ctx, f.Group)
	if g.Unreadable != "" {
		f.Unreadable = g.Unreadable
		*r = p.result(*f)
		return
	}
	f.Requests, f.Ends, f.Ledger, f.Lease = g.Requests, g.Ends, g.Ledger, g.Lease
	before := make(map[string]bool, len(r.drifts))
	for i := range r.drifts {
		before[r.drifts[i].ID] = true
	}
	*r = p.result(*f)
	r.drifts = slices.DeleteFunc(r.drifts, func(d drift.Drift) bool { return !before[d.ID] })
}

// file adds a group to the report. It leaves a group out if no launch requests it, it lacks
// the tag, it has no rule of ours, and no user named it.
func (p *placeReader) file(f *drift.Facts, r result) {
	run := p.in.run
	if (run.Scope.All || !p.in.named[f.Group]) && !p.belongs(f, r) {
		run.Passed = append(run.Passed, drift.Passed{Group: f.Group, At: r.group.At})
		return
	}
	before := p.in.before(f.Group)
	var kept []drift.Drift
	for _, d := range r.drifts {
		n := len(run.Report.Drifts) + len(kept)
		switch {
		case n < maxDrifts, n < 2*maxDrifts && d.Severity >= drift.High, before.has(d.ID):
			kept = append(kept, d)
		default:
			r.group.Omitted[d.Severity]++
		}
	}
	if len(f.Unread) > 0 && f.Unreadable == "" {
		run.Gone = append(run.Gone, before.gone(f)...)
	}
	r.group.Begun = run.begun.UTC()
	p.in.shorten(&r)
	run.Report.Groups = append(run.Report.Groups, r.group)
	run.Report.Drifts = append(run.Report.Drifts, kept...)
}

// The limits of a run's results, which are kept in memory and written as a whole.
const (
	// maxDrifts is the number of drifts in a run. As many further ones are kept if they are high
	// or critical, and all that the previous report has.
	maxDrifts = 10_000
	// maxDetail is the number of requested rules and spans in the report, for groups without
	// drift.
	maxDetail = 60_000
)

// shorten drops the requests and the strip of a group without drift if the report holds enough
// of them.
func (in *invocation) shorten(r *result) {
	detail := len(r.group.Strip)
	for i := range r.group.Requests {
		detail += len(r.group.Requests[i].Rules)
	}
	if in.detail += detail; in.detail <= maxDetail || len(r.drifts) > 0 {
		return
	}
	in.detail -= detail
	r.group.Requests, r.group.Strip, r.group.Brief = nil, nil, true
}

// belongs reports whether a group that no user named belongs in the report.
func (p *placeReader) belongs(f *drift.Facts, r result) bool {
	live := slices.ContainsFunc(f.Requests, func(r claim.Request) bool { return r.Status == claim.Open })
	switch {
	case !slices.Contains(p.in.Places, p.Place):
		return live
	case f.Unreadable != "", live, r.group.Ours > 0, len(f.Ledger.PendingRevokes) > 0:
		return true
	case !f.Found:
		return len(r.drifts) > 0
	}
	return Managed(f.Tags, p.in.Policy.ManagedTag) || f.Lease.Owner != lease.Nobody
}
