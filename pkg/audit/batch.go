package audit

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// maxRules bounds the rules of groups that wait to be compared, and so the memory: the requests may
// have about so many, and as many exist.
const maxRules = 20_000

// pageRules is the number of rules on EC2's largest page.
const pageRules = 1_000

// receive takes groups, and compares as many as make full pages of rules. The others wait for
// more.
func (p *placeReader) receive(ctx context.Context, b batch) error {
	if p.in.run.Invocations > 1 { // there may be no time for two calls
		known := func(g TableGroup) bool { return p.found.has(g.Group.ID) }
		for _, g := range b.groups {
			if known(g) {
				p.queue.add(g)
			}
		}
		if b.groups = slices.DeleteFunc(b.groups, known); len(p.queue.groups) > 0 {
			if err := p.flush(ctx); err != nil {
				return err
			}
		}
	}
	unread, err := p.findBatch(ctx, b.groups)
	if err != nil {
		return err
	}
	for _, g := range b.groups {
		if !p.found.has(g.Group.ID) && unread != nil && g.Unreadable == "" {
			g.Unreadable = unread.Error()
		}
		p.queue.add(g)
	}
	for len(p.queue.groups) >= MaxIDs || p.queue.rules >= p.in.room {
		if err := p.compareSome(ctx); err != nil {
			return err
		}
	}
	return nil
}

// flush compares the groups that wait.
func (p *placeReader) flush(ctx context.Context) error {
	for len(p.queue.groups) > 0 {
		if err := p.compareSome(ctx); err != nil {
			return err
		}
	}
	return nil
}

// compareSome compares the first groups of the queue.
func (p *placeReader) compareSome(ctx context.Context) error {
	n := p.fit(p.pages(ctx))
	at := p.in.now()
	all, err := p.facts(ctx, p.queue.groups[:n])
	if err == nil {
		err = p.compare(ctx, all, at)
	}
	switch {
	case err != nil && !p.compared: // most of an invocation did not suffice
		p.run.Most = max(1, n/8)
		return err
	case err != nil:
		return err
	}
	p.compared, p.run.Most = true, min(MaxIDs, 2*p.run.Most)
	left := p.queue.groups[n:]
	p.queue = batch{}
	for _, g := range left {
		p.queue.add(g)
	}
	return nil
}

// maxPages is the number of pages of rules that are read before their groups are compared.
const maxPages = maxRules / pageRules

// pages returns the number of pages of rules to read before their groups are compared: fewer if
// EC2 is slow, because the deadline cuts off pages that belong together.
func (p *placeReader) pages(ctx context.Context) int {
	deadline, ok := ctx.Deadline()
	if !ok || p.page == 0 {
		return maxPages
	}
	return max(1, min(maxPages, int(time.Until(deadline)/(8*p.page))))
}

// fit returns the number of groups to read together, with the fewest pages of rules for each group.
// For example, 142 groups of 7 rules fit on one page, and 200 need two.
func (p *placeReader) fit(maxPages int) (n int) {
	rules, fewest := 0, 0.0
	for i := range min(len(p.queue.groups), p.run.Most) {
		rules += p.found[p.queue.groups[i].Group.ID].rules
		pages := max(1, (rules+pageRules-1)/pageRules)
		if i > 0 && pages > maxPages {
			break
		}
		if each := float64(pages) / float64(i+1); i == 0 || each < fewest {
			n, fewest = i+1, each
		}
	}
	return n
}

// facts reads the facts of some groups. It reads the rules after all else that their verdicts
// need, and that the run keeps.
func (p *placeReader) facts(ctx context.Context, groups []TableGroup) ([]drift.Facts, error) {
	all := make([]drift.Facts, len(groups))
	at := make(map[string]*drift.Facts, len(groups))
	for i, g := range groups {
		found, ok := p.found.get(g.Group.ID)
		all[i] = drift.Facts{
			Group: g.Group, Name: found.Name, VPC: found.VPC, Tags: found.Tags, Found: ok,
			Requests: g.Requests, Ends: g.Ends, Ledger: g.Ledger, Lease: g.Lease,
			Unreadable: g.Unreadable, Changes: p.in.changes[g.Group], Unread: slices.Clone(p.in.inputs),
		}
		at[g.Group.ID] = &all[i]
		if !ok {
			continue
		}
		if err := p.readStale(ctx, found.VPC); err != nil {
			return nil, err
		}
	}
	if err := p.rules(ctx, at); err != nil {
		return nil, err
	}
	for i := range all {
		if err := p.complete(ctx, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// complete adds to a group's facts what depends on its rules.
func (p *placeReader) complete(ctx context.Context, f *drift.Facts) (err error) {
	p.setInterfaces(f)
	if f.Found {
		f.Stale, f.Known = p.staleIn(f), p.knownLists(f)
		f.Lists, err = p.listsOf(ctx, f)
	} else if f.Unreadable == "" {
		f.Successor, err = p.successor(ctx, f)
	}
	return err
}

func unreadable(f *drift.Facts, err error) {
	if f.Unreadable == "" {
		f.Unreadable = err.Error()
	}
}

// rules reads the rules of the groups that exist. If a group should have rules and EC2
// describes none, the group is looked up again, because it may be gone.
func (p *placeReader) rules(ctx context.Context, at map[string]*drift.Facts) error {
	ids := make([]string, 0, len(at))
	for id, f := range at {
		if f.Found && f.Unreadable == "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	read, err := p.readRules(ctx, sorted(ids))
	if errors.Is(err, errDeadline) {
		return err
	}
	var empty []string
	for _, id := range ids {
		f := at[id]
		switch {
		case err != nil:
			unreadable(f, err)
		case read[id].err != nil:
			unreadable(f, read[id].err)
		}
		if f.Entries = read[id].entries; err == nil && len(f.Entries) == 0 && p.found[id].rules > 0 {
			empty = append(empty, id)
		}
	}
	return p.checkExistence(ctx, sorted(empty), at)
}

// groupRules is the rules of a group, and the error of a rule that cannot be decoded.
type groupRules struct {
	entries []secgroup.Entry
	err     error
}

// readRules reads all rules of some groups.
func (p *placeReader) readRules(ctx context.Context, ids []string) (read map[string]*groupRules, err error) {
	rules := 0
	err = p.call(ctx, func(ctx context.Context) error {
		begin := time.Now()
		rules, read = 0, make(map[string]*groupRules, len(ids))
		for _, id := range ids {
			read[id] = &groupRules{entries: make([]secgroup.Entry, 0, p.found[id].rules)}
		}
		err := p.in.EC2.Rules(ctx, p.Place, ids, func(id string, e secgroup.Entry, err error) {
			switch g := read[id]; {
			case g == nil: // EC2 answered about another group
			case err != nil && g.err == nil:
				g.err = err
			case err == nil:
				g.entries = append(g.entries, e)
				rules++
			}
		})
		p.page = time.Since(begin) / time.Duration(max(1, (rules+pageRules-1)/pageRules))
		return err
	})
	return read, err
}

// compare compares some groups and files the results. Their rules were read after a time, by which
// readings are ordered: a slow call after the reading must not make it later. compare fails with
// errDeadline if the deadline comes before all groups are compared.
func (p *placeReader) compare(ctx context.Context, all []drift.Facts, at time.Time) error {
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
	if ctx.Err() != nil {
		return errDeadline
	}
	rules := 0
	p.in.mu.Lock()
	for i := range results {
		rules += len(all[i].Entries)
		results[i].group.At = at.UTC()
		p.file(&all[i], results[i])
	}
	p.in.mu.Unlock()
	p.in.progress(rules)
	return nil
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
	p.seen[f.Group.ID] |= filed
	delete(p.found, f.Group.ID)
	p.progressed = true
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
			if p.in.size += d.Size(); p.in.size > maxSize {
				d = d.Bare()
			}
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
	// maxSize is the size of the drifts in a run, in bytes of JSON, from which further ones have few of
	// their parts.
	maxSize = 40 << 20
	// maxDetail is the number of requested rules and spans in the report, for groups without
	// drift. Groups with drift may have as many more.
	maxDetail = 60_000
)

// shorten drops the requests and the strip of a group if the report holds enough of them.
func (in *invocation) shorten(r *result) {
	limit := maxDetail
	if len(r.drifts) > 0 {
		limit = 2 * maxDetail
	}
	if detail := detailOf([]drift.Group{r.group}); in.detail+detail <= limit {
		in.detail += detail
		return
	}
	r.group.Requests, r.group.Strip, r.group.Brief = nil, nil, true
}

// detailOf returns the number of requested rules and spans of some groups.
func detailOf(groups []drift.Group) (n int) {
	for i := range groups {
		n += len(groups[i].Strip)
		for j := range groups[i].Requests {
			n += len(groups[i].Requests[j].Rules)
		}
	}
	return n
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
