package ensure

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
)

// Facts reads group names and tags, which guardrails may depend on.
type Facts interface {
	// FactsOf returns the name and the tags of those groups that EC2 knows.
	FactsOf(ctx context.Context, account, region string, ids []string) (map[string]guard.Facts, error)
}

var errUnguarded = errors.New("no guardrails could be loaded yet: requests wait until they are")

// judge returns the guardrails' reasons against a request. It uses the looked-up name and tags
// of the group if the guardrails need them and the group is served. If it returns an error,
// the message must return to the queue.
func (d *delivery) judge(r events.Request, g claim.Group, m events.Message, served bool) (claim.Faults, error) {
	if err := d.unreadLists(r, g, m); err != nil {
		return nil, err
	}
	faults, needs := d.Guard.Check(d.toCheck(m, r, g))
	switch {
	case !needs:
		return faults, nil
	case !served:
		return nil, nil
	}
	a, _ := d.lookups.get(factsAbout(g))
	switch {
	case a.err == nil && d.isRecent(m):
		return nil, fmt.Errorf("describe %s: %w", g, ErrGroupNotFound) // EC2 may not know a new group everywhere yet
	case a.err == nil:
		return claim.Faults{group.NoSuchGroup(g)}, nil
	case errors.Is(a.err, ErrDenied) && !d.isRecent(m):
		return denial(a.err, fault("/group",
			"guardrails depend on the name or the tags of %s, and the function's role lacks a permission: "+
				"allow its role ec2:DescribeSecurityGroups", g.ID)), nil
	}
	return nil, a.err
}

// unreadLists returns an error if a prefix list of a request cannot be read now, but may be
// later. For example, EC2 or IAM may not know a new list or policy everywhere yet.
func (d *delivery) unreadLists(r events.Request, g claim.Group, m events.Message) error {
	for _, id := range namedLists(r.Rules) {
		a, _ := d.lookups.get(listOf(g, id))
		if a.err != nil && (listProblem(a.err, g, id) == "" || d.isRecent(m)) {
			return fmt.Errorf("read prefix list %s: %w", id, a.err)
		}
	}
	return nil
}

// toCheck returns a request in the form that guardrails check, with the looked-up facts and
// prefix lists.
func (d *delivery) toCheck(m events.Message, r events.Request, group claim.Group) guard.Candidate {
	a, _ := d.lookups.get(factsAbout(group))
	lists := make(map[string]guard.List)
	for _, id := range namedLists(r.Rules) {
		if a, asked := d.lookups.get(listOf(group, id)); asked {
			addList(lists, reading[[]netip.Prefix]{a.entries, a.err}, group, id)
		}
	}
	return guard.Candidate{
		Launch: r.Launch, Source: m.Origin.Source, Group: guard.Group{Account: group.Account, ID: group.ID,
			Facts: a.facts},
		Rules: r.Rules, Parts: r.Parts, Received: d.now(), ExpiresAt: r.ExpiresAt, Purpose: r.Purpose, Lists: lists,
	}
}

// meant returns the messages with their launches as the guardrails define them, or with the
// faults of their publishers. Without guardrails, requests and ends wait.
func (e *Ensurer) meant(messages []events.Message) []events.Message {
	all := slices.Clone(messages)
	for i := range all {
		all[i] = e.meantBy(all[i])
	}
	return all
}

func (e *Ensurer) meantBy(m events.Message) events.Message {
	if m.Instance != nil || m.Sweep != nil {
		return m
	}
	l, faults := e.Guard.Means(guard.Event{Launch: m.Launch, Origin: m.Origin, Owner: m.Owner()}, e.Account)
	m.Launch, m.Faults = l, append(slices.Clip(m.Faults), faults...)
	switch {
	case m.Request != nil:
		r := *m.Request
		r.Launch = l
		m.Request = &r
	case m.End != nil:
		m.End = &events.End{Launch: l, Group: m.End.Group}
	}
	return m
}

// judge returns the judge of all live requests of the group. It reads the prefix lists and
// facts that the verdicts on requests need that no round has served. A request that cannot be
// judged waits.
func (p *pass) judge(ctx context.Context) func() plan.Judge {
	if p.Guard == nil {
		return func() plan.Judge { return unguarded{} }
	}
	live := p.state.Live()
	isFresh := func(r claim.Request) bool { return !p.state.Ledger.Served.Has(r) }
	fresh := slices.DeleteFunc(slices.Clone(live), func(r claim.Request) bool { return !isFresh(r) })
	in := guard.Group{Account: p.group.Account, ID: p.group.ID}
	ids, needs := p.Guard.Needs(in, fresh, slices.DeleteFunc(live, isFresh))
	lists := make(map[string]guard.List)
	if len(ids) > 0 || needs {
		ctx, cancel := context.WithTimeout(ctx, lookupTime(ctx))
		defer cancel()
		for id, read := range readLists(ctx, p.group, ids, p.Lists.Entries) {
			addList(lists, read, p.group, id)
		}
		if needs {
			in.Facts = p.facts(ctx)
		}
	}
	return func() plan.Judge { return p.Guard.Union(in, lists) }
}

// facts returns the name and tags of the group, or nil if they cannot be read.
func (p *pass) facts(ctx context.Context) *guard.Facts {
	found, err := p.Facts.FactsOf(ctx, p.group.Account, p.group.Region, []string{p.group.ID})
	facts, known := found[p.group.ID]
	if err != nil || !known {
		p.log.WarnContext(ctx, "guardrails depend on the group's name or tags, which cannot be read", "error", err)
		return nil
	}
	return &facts
}

// unguarded makes every new request wait while guardrails cannot be loaded.
type unguarded struct{}

func (unguarded) Add(claim.Request) {}

func (unguarded) Against(claim.Request) (claim.Faults, bool) {
	return fault("/rules", "%s", errUnguarded), true
}

// caps returns the limits that are enforced under the lease.
func (e *Ensurer) caps() plan.Caps {
	l := e.Guard.Limits()
	return plan.Caps{Launches: l.Claims, Rules: l.Rules, OwnerLaunches: l.PublisherClaims, OwnerRules: l.PublisherRules}
}
