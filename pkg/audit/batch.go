package audit

import (
	"context"
	"slices"
	"sync"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// maxRules bounds a batch, and so the memory: it may have about so many requested rules, and
// as many existing ones.
const maxRules = 20_000

// look processes a place's batch, as many groups at a time as their rules fit into memory.
func (v *visit) look(ctx context.Context) error {
	batch := v.batch
	v.batch, v.asked = nil, 0
	if len(batch) == 0 {
		return nil
	}
	unread := v.findAll(ctx, batch)
	for len(batch) > 0 {
		if err := v.leg.later(); err != nil {
			return err
		}
		n, rules := 0, 0
		for n < len(batch) && (n == 0 || rules+v.found[batch[n].Group.ID].Rules <= maxRules) {
			rules += v.found[batch[n].Group.ID].Rules
			n++
		}
		v.compare(ctx, v.facts(ctx, batch[:n], unread))
		batch = batch[n:]
	}
	return ctx.Err()
}

// facts reads the facts of some groups.
func (v *visit) facts(ctx context.Context, batch []Known, unread error) []drift.Facts {
	all := make([]drift.Facts, len(batch))
	at := make(map[string]*drift.Facts, len(batch))
	for i, asked := range batch {
		found, ok := v.found[asked.Group.ID]
		all[i] = drift.Facts{
			Group: asked.Group, Name: found.Name, VPC: found.VPC, Tags: found.Tags, Found: ok,
			Requests: asked.Requests, Ends: asked.Ends, Ledger: asked.Ledger, Lease: asked.Lease,
			Unreadable: asked.Unreadable, Changes: v.leg.changes[asked.Group],
		}
		at[asked.Group.ID] = &all[i]
		if unread != nil && !ok {
			unreadable(&all[i], unread)
		}
	}
	v.rules(ctx, at)
	v.attach(ctx, at)
	for i := range all {
		if f := &all[i]; f.Found {
			f.Stale = v.staleIn(ctx, f)
			f.Lists = v.listsOf(ctx, f)
		} else if f.Unreadable == "" {
			f.Successor = v.successor(ctx, f)
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
func (v *visit) rules(ctx context.Context, at map[string]*drift.Facts) {
	ids := make([]string, 0, len(at))
	for id, f := range at {
		if f.Found && f.Unreadable == "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return
	}
	err := v.leg.Groups.Rules(ctx, v.Place, sorted(ids), func(id string, e secgroup.Entry, err error) {
		switch f := at[id]; {
		case f == nil: // EC2 answered about another group
		case err != nil:
			unreadable(f, err)
		default:
			f.Entries = append(f.Entries, e)
			v.leg.rules++
		}
	})
	var empty []string
	for _, id := range ids {
		if err != nil {
			unreadable(at[id], err)
		} else if len(at[id].Entries) == 0 && v.found[id].Rules > 0 {
			empty = append(empty, id)
		}
	}
	v.prove(ctx, sorted(empty), at)
}

// compare compares some groups and files the results.
func (v *visit) compare(ctx context.Context, all []drift.Facts) {
	results := make([]result, len(all))
	var work sync.WaitGroup
	free := make(chan struct{}, lookers)
	for i := range all {
		if results[i] = v.result(all[i]); !results[i].doubtful(&all[i]) {
			continue
		}
		free <- struct{}{}
		work.Go(func() {
			defer func() { <-free }()
			v.doubt(ctx, &all[i], &results[i])
		})
	}
	work.Wait()
	for i := range results {
		v.file(&all[i], results[i])
	}
	v.leg.progress()
}

// lookers is the number of groups that are read from the table again at a time.
const lookers = 8

type result struct {
	group  drift.Group
	drifts []drift.Drift
}

func (v *visit) result(f drift.Facts) result {
	g, drifts := drift.Compare(f, v.leg.Policy, v.leg.now())
	return result{g, drifts}
}

// doubtful reports whether drifts may exist only because the table was read before EC2.
func (r result) doubtful(f *drift.Facts) bool {
	return len(r.drifts) > 0 && f.Unreadable == "" && (len(f.Requests) > 0 || f.Lease.Want > 0 || r.group.Ours > 0)
}

// doubt reads the table again, and keeps the drifts that are still there.
func (v *visit) doubt(ctx context.Context, f *drift.Facts, r *result) {
	asked, err := v.leg.Claims.Of(ctx, f.Group)
	if err != nil {
		unreadable(f, err)
		*r = v.result(*f)
		return
	}
	f.Requests, f.Ends, f.Ledger, f.Lease = asked.Requests, asked.Ends, asked.Ledger, asked.Lease
	if asked.Unreadable != "" {
		f.Unreadable = asked.Unreadable
		*r = v.result(*f)
		return
	}
	before := make(map[string]bool, len(r.drifts))
	for i := range r.drifts {
		before[r.drifts[i].ID] = true
	}
	now := v.result(*f)
	r.group, r.drifts = now.group, nil
	for _, d := range now.drifts {
		if before[d.ID] {
			r.drifts = append(r.drifts, d)
		}
	}
}

// file adds a group to the report. It leaves a group out if no launch requests it, it lacks
// the tag, and it has no rule of ours.
func (v *visit) file(f *drift.Facts, r result) {
	run := v.leg.run
	if v.leg.run.Scope.All && !v.concerns(f, r) {
		run.Passed = append(run.Passed, f.Group)
		return
	}
	kept := r.drifts
	if n := len(run.Report.Drifts) + len(kept) - maxDrifts; n > 0 {
		kept = severest(kept, n < maxDrifts)
	}
	for _, d := range r.drifts[len(kept):] {
		run.Report.Omitted[d.Severity]++
		r.group.Omitted++
	}
	v.leg.abbreviate(&r)
	run.Report.Groups = append(run.Report.Groups, r.group)
	run.Report.Drifts = append(run.Report.Drifts, kept...)
}

// The limits of a report, which is written, read and shown as a whole.
const (
	// maxDrifts is the number of drifts in a report. The same number of high or critical
	// drifts may follow.
	maxDrifts = 10_000
	// maxDetail is the number of requested rules and spans in the report, for groups without
	// drift.
	maxDetail = 60_000
)

// severest returns the leading drifts that are high or critical. Without room it returns none.
func severest(drifts []drift.Drift, room bool) []drift.Drift {
	n := 0
	for room && n < len(drifts) && drifts[n].Severity >= drift.High {
		n++
	}
	return drifts[:n]
}

// abbreviate drops the requests and the strip of a group without drift if the report holds
// enough of them.
func (l *leg) abbreviate(r *result) {
	detail := len(r.group.Strip)
	for i := range r.group.Requests {
		detail += len(r.group.Requests[i].Rules)
	}
	if l.detail += detail; l.detail <= maxDetail || len(r.drifts) > 0 {
		return
	}
	l.detail -= detail
	r.group.Requests, r.group.Strip, r.group.Brief = nil, nil, true
}

// concerns reports whether a group belongs in the report of all groups.
func (v *visit) concerns(f *drift.Facts, r result) bool {
	a := Known{Group: f.Group, Requests: f.Requests}
	switch {
	case !slices.Contains(v.leg.Places, v.Place):
		return a.open()
	case f.Unreadable != "", a.open(), r.group.Ours > 0, len(f.Ledger.PendingRevokes) > 0:
		return true
	case !f.Found:
		return len(r.drifts) > 0
	}
	return v.leg.managed(f.Tags) || f.Lease.Owner != lease.Nobody
}
