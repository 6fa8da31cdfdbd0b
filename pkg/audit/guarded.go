package audit

import (
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/guard"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// guarded files a drift for each launch that asks what the guardrails would refuse
// if it asked now: they were tightened since, or the group's tags changed.
func (c *comparison) guarded() {
	if c.policy.Guard == nil {
		return
	}
	refused := make(map[events.Launch]*Drift)
	var order []events.Launch
	for i := range c.live {
		r := &c.live[i]
		faults := c.against(r)
		if faults == nil {
			continue
		}
		d := refused[r.Launch]
		if d == nil {
			d = &Drift{Kind: AgainstGuardrails, Severity: Medium, Subject: r.Launch.String()}
			d.Detail = fmt.Sprintf("launch %s of account %s asks what the guardrails no longer allow: %s.", word(r.Launch.Name), word(r.Launch.Account), faults[0].Problem)
			d.Remedy = "end it with `sgkeeper guard evict`, or allow it in the guardrails; sgkeeper closes nothing of it by itself"
			refused[r.Launch] = d
			order = append(order, r.Launch)
		}
		d.Asked = append(d.Asked, asker(*r))
		if slices.ContainsFunc(r.Rules, opensWorld) {
			d.Severity = High
		}
	}
	for _, l := range order {
		c.add(*refused[l])
	}
}

// against is what the guardrails say of a request; nothing where they depend on a
// name and tags that are not known, as of a group of which only rules were saved.
func (c *comparison) against(r *claim.Request) events.Faults {
	ask := guard.Ask{
		Launch: r.Launch, Group: guard.Group{Account: c.Group.Account, ID: c.Group.ID},
		Rules: r.Rules, Received: r.Received, ExpiresAt: r.ExpiresAt, Source: r.Origin.Source, Purpose: r.Purpose,
	}
	if c.Name != "" {
		ask.Group.Facts = &guard.Facts{Name: c.Name, Tags: c.Tags}
	}
	faults, needs := c.policy.Guard.Check(ask)
	if needs {
		return nil
	}
	return faults
}

func opensWorld(e secgroup.Entry) bool {
	return e.Rule.Direction == secgroup.Ingress && worldly(e.Rule.Peer)
}
