package drift

import (
	"fmt"
	"maps"
	"net/netip"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
)

// guarded files a drift for each launch with a live request that the guardrails would refuse now.
// For example, they were tightened since, the group's tags or a prefix list changed, or several
// launches together open a port to the world.
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
			faults, exposure = c.beside(union, r), c.exposureOfUnion
		}
		if faults == nil {
			union.Add(*r)
			continue
		}
		d := refused[r.Launch]
		if d == nil {
			d = &Drift{Kind: AgainstGuardrails, Subject: r.Launch.String()}
			d.Detail = fmt.Sprintf("The guardrails no longer allow a request of launch %s of account %s: %s.",
				word(r.Launch.Name), word(r.Launch.Account), faults[0].Problem)
			d.Remedy = "end the launch with `sgkeeper guard evict`, or allow its rules in the guardrails; " +
				"until then its ports stay open"
			refused[r.Launch] = d
			order = append(order, r.Launch)
		}
		d.Requests = append(d.Requests, requestOf(*r))
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

// against returns the faults of a request by itself. It returns none if they depend on a name and
// tags that are unknown, for example because only the group's rules were saved to a file.
func (c *comparison) against(r *claim.Request) claim.Faults {
	ask := guard.Ask{
		Launch: r.Launch, Group: c.guardGroup(), Lists: maps.Clone(c.prefixLists),
		Rules: r.Rules, Received: r.Received, ExpiresAt: r.ExpiresAt,
		Source: r.Origin.Source, Purpose: r.Purpose,
	}
	for _, id := range c.policy.Guard.Reads(ask) {
		ask.Lists[id] = guard.List{} // a list that was not read causes no fault
	}
	faults, needs := c.policy.Guard.Check(ask)
	if needs {
		return nil
	}
	return faults
}

// beside returns the faults of a request together with the requests before it. It returns none if
// they are unknown, or if the request is new: the next round refuses it.
func (c *comparison) beside(u *guard.Union, r *claim.Request) claim.Faults {
	faults, wait := u.Against(*r)
	if wait || c.isNew(r) && c.now.Sub(r.Received) < Grace {
		return nil
	}
	return faults
}

func (c *comparison) union() *guard.Union { return c.policy.Guard.Union(c.guardGroup(), c.prefixLists) }

// judge returns the judge of all live requests together, as a round has it.
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
