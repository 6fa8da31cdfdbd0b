package audit

import (
	"fmt"
	"maps"
	"net/netip"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// guarded files a drift for each launch that asks what the guardrails would refuse
// if it asked now: they were tightened since, the group's tags or a prefix list changed,
// or the launches ask together for what none may have.
func (c *comparison) guarded() {
	if c.policy.Guard == nil {
		return
	}
	refused := make(map[claim.Launch]*Drift)
	var order []claim.Launch
	union := c.union()
	for _, r := range c.servedFirst() {
		faults, exposure := c.against(r), c.exposure
		if faults == nil {
			faults, exposure = c.beside(union, r), c.shared
		}
		if faults == nil {
			union.Add(*r)
			continue
		}
		d := refused[r.Launch]
		if d == nil {
			d = &Drift{Kind: AgainstGuardrails, Severity: Medium, Subject: r.Launch.String()}
			d.Detail = fmt.Sprintf("launch %s of account %s asks what the guardrails no longer allow: %s.",
				word(r.Launch.Name), word(r.Launch.Account), faults[0].Problem)
			d.Remedy = "end it with `sgkeeper guard evict`, or allow it in the guardrails; " +
				"sgkeeper closes nothing of it by itself"
			refused[r.Launch] = d
			order = append(order, r.Launch)
		}
		d.Asked = append(d.Asked, asker(*r))
		for _, e := range r.Rules {
			d.Severity = max(d.Severity, exposure(e.Rule))
		}
	}
	for _, l := range order {
		c.add(*refused[l])
	}
}

// servedFirst returns the live requests in the order in which a round takes them.
func (c *comparison) servedFirst() (all []*claim.Request) {
	var fresh []*claim.Request
	for i := range c.live {
		if r := &c.live[i]; c.isNew(r) {
			fresh = append(fresh, r)
		} else {
			all = append(all, r)
		}
	}
	return append(all, fresh...)
}

// against is what the guardrails say of a request by itself; nothing where they depend on
// a name and tags that are not known, as of a group of which only rules were saved.
func (c *comparison) against(r *claim.Request) claim.Faults {
	ask := guard.Ask{
		Launch: r.Launch, Group: c.guardGroup(), Lists: maps.Clone(c.prefixLists),
		Rules: r.Rules, Received: r.Received, ExpiresAt: r.ExpiresAt,
		Source: r.Origin.Source, Purpose: r.Purpose,
	}
	for _, id := range c.policy.Guard.Reads(ask) {
		ask.Lists[id] = guard.List{} // nothing is held against a list that was not read
	}
	faults, needs := c.policy.Guard.Check(ask)
	if needs {
		return nil
	}
	return faults
}

// beside is what the guardrails say of a request beside those before it; nothing where
// that is not known. The next round refuses a new request by itself.
func (c *comparison) beside(u *guard.Union, r *claim.Request) claim.Faults {
	reasons, wait := u.Against(*r)
	if wait || c.isNew(r) && c.now.Sub(r.Received) < Grace {
		return nil
	}
	return reasons
}

func (c *comparison) union() *guard.Union { return c.policy.Guard.Union(c.guardGroup(), c.prefixLists) }

// judge returns the judge of the live requests together that a round has.
func (f Facts) judge(p Policy) func() plan.Judge {
	if p.Guard == nil {
		return nil
	}
	lists := f.guardLists()
	return func() plan.Judge { return p.Guard.Union(f.guardGroup(), lists) }
}

func (f Facts) guardGroup() guard.Group {
	g := guard.Group{Account: f.Group.Account, ID: f.Group.ID}
	if f.Name != "" {
		g.Facts = &guard.Facts{Name: f.Name, Tags: f.Tags}
	}
	return g
}

// guardLists returns the prefix lists as guardrails judge them.
func (f Facts) guardLists() map[string]guard.List {
	lists := make(map[string]guard.List, len(f.Lists))
	for id, l := range f.Lists {
		var entries []netip.Prefix
		for _, cidr := range l.Entries {
			if prefix, err := netip.ParsePrefix(cidr); err == nil {
				entries = append(entries, prefix.Masked())
			}
		}
		lists[id] = guard.List{Entries: entries}
	}
	return lists
}

// exposure is how much it matters that a rule is open, by its peer and its ports.
func (c *comparison) exposure(r secgroup.Rule) Severity {
	if r.Direction != secgroup.Ingress || !c.worldly(r.Peer) {
		return Medium
	}
	return c.shared(r)
}

// shared is how much it matters that a rule is open to the world, alone or with others.
func (c *comparison) shared(r secgroup.Rule) Severity {
	_, _, group := r.Peer.Group()
	switch {
	case r.Direction != secgroup.Ingress || group:
		return Medium
	case r.Protocol == secgroup.All || c.policy.sensitive(r):
		return Critical
	}
	return High
}

// worldly reports whether a peer is as good as the world, as the guardrails have it. A
// prefix list is if its entries are.
func (c *comparison) worldly(p secgroup.Peer) bool {
	if prefix, ok := p.Prefix(); ok {
		return guard.Worldly(prefix)
	}
	id, ok := p.PrefixList()
	return ok && guard.Worldly(c.prefixLists[id].Entries...)
}
