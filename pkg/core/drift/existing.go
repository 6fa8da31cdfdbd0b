package drift

import (
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// existing finds the drifts of the rules that exist.
func (c *comparison) existing() {
	undesired := make(map[secgroup.Rule]bool, len(c.diff.Undesired))
	for _, r := range c.diff.Undesired {
		undesired[r] = true
	}
	for _, covered := range c.diff.Covered {
		for _, r := range covered.By {
			c.serving[r] = true
		}
	}
	for i := range c.rules {
		switch p := &c.rules[i]; {
		case c.replaced[p.Rule]:
		case c.broken(p):
			c.tampered(p, undesired[p.Rule])
		case undesired[p.Rule] && p.ours:
			c.needless(p)
		case undesired[p.Rule] && p.assumed: // EC2 answered Duplicate for it, and does not describe it
		case c.Stale[p.Rule]:
			c.stale(p)
		case p.ours:
			c.described(p)
		case undesired[p.Rule]:
			c.foreign(p)
		}
	}
	c.leaving()
}

// leaving finds rules that still exist although their revoke is pending and no round is under
// way. If a launch requests such a rule again, it counts as missing instead.
func (c *comparison) leaving() {
	if c.busy() {
		return
	}
	for _, l := range c.state.Leaving() {
		if l.Pending && !c.desired.Contains(l.Rule) {
			c.needless(&existing{Entry: l.Entry, ours: true, leaving: true})
		}
	}
}

// broken reports whether a rule has our tag, but differs from the rule that we made.
func (c *comparison) broken(p *existing) bool {
	installation := c.policy.Installation
	return !p.assumed && installation != "" && p.Tags[plan.TagInstallation] == installation && !c.state.Proven(p.Entry)
}

// tampered files the drift of a broken rule: its traffic or its tags were changed.
func (c *comparison) tampered(p *existing, extra bool) {
	m, known := c.made(p.ID)
	d := Drift{Rule: p.Entry, Requests: c.requestsFor(p.Rule, c.live, c.past)}
	switch {
	case !extra || p.ours || len(d.Requests) > 0:
		d.Kind = Metadata
		d.Detail = fmt.Sprintf("%s has sgkeeper's tag %s, but its tag %s is %s, which sgkeeper did not write.",
			name(p.Entry), plan.TagInstallation, plan.TagRule, quote(p.Tags[plan.TagRule]))
		d.Remedy = "no port has to be opened or closed; sgkeeper does not revoke a rule with changed tags: " +
			"remove it by hand when no launch requests it"
	case known || c.state.Owner().Bears(p.Entry):
		d.Kind, d.Gap = Modified, c.explainedCover().Gaps(p.Rule)
		d.Detail = fmt.Sprintf("%s was made by sgkeeper as another rule, and an outsider modified it.", name(p.Entry))
		if known {
			d.Detail = fmt.Sprintf("%s was made by sgkeeper as %s, and an outsider modified it.", name(p.Entry), m.Rule)
		}
		d.Remedy = "remove it, or modify it back; sgkeeper never revokes a rule that an outsider modified"
	default:
		d.Kind, d.Gap = LedgerGone, c.explainedCover().Gaps(p.Rule)
		d.Detail = fmt.Sprintf("%s has sgkeeper's tag %s without sgkeeper's seal, "+
			"and no request on record has this rule.",
			name(p.Entry), plan.TagInstallation)
		d.Remedy = "find the caller that tagged it, and remove the rule; sgkeeper revokes only rules with its seal. " +
			"If the table was lost, adopt the rules that sgkeeper made: sgkeeper adopt"
	}
	c.add(d)
}

// described files a drift if the description of our rule is not the one that we wrote.
func (c *comparison) described(p *existing) {
	if p.assumed || c.wroteDescription(p) {
		return
	}
	c.add(Drift{
		Kind: Metadata, Rule: p.Entry, Requests: c.requestsFor(p.Rule, c.live),
		Detail: fmt.Sprintf("%s is sgkeeper's, and sgkeeper did not write its description, %s: "+
			"an outsider changed it, or the rule was adopted.", name(p.Entry), quote(p.Description)),
		Remedy: "no port has to be opened or closed; set the description to sgkeeper LAUNCH, " +
			"so that it names the launch",
	})
}

// stale files the drift of a stale reference, which allows no traffic.
func (c *comparison) stale(p *existing) {
	d := Drift{Kind: StaleReference, Rule: p.Entry, Requests: c.requestsFor(p.Rule, c.live)}
	d.Detail = fmt.Sprintf("%s refers to a deleted security group, or to a group over a deleted VPC peering. "+
		"It allows no traffic.", name(p.Entry))
	d.Remedy = "remove the rule"
	if len(d.Requests) > 0 {
		d.Detail += fmt.Sprintf(" It is requested by %s.", launches(d.Requests))
		d.Remedy = "end the launches that request it, or let them request an existing group"
	}
	if p.ours {
		d.Remedy += "; sgkeeper made the rule, and revokes it when the last of them has ended"
	}
	c.add(d)
}

// foreign files the drift of a foreign rule that no launch requested in this form, unless
// requests and exceptions together explain it.
func (c *comparison) foreign(p *existing) {
	switch {
	case c.isDeclared(p.Rule):
		c.excepted++
		return
	case c.desiredCover().Covers(p.Rule):
		if c.redundant(p) {
			c.add(c.superfluous(p))
		}
		return
	case c.byDefault(p.Rule):
		return
	case c.explainedCover().Covers(p.Rule):
		c.excepted++
		return
	}
	d := c.unexplained(p)
	if x, ok := c.exceptions.expiredFor(c, p.Rule); ok {
		d.Detail += fmt.Sprintf(" The exception %s of %s explained it until %s.",
			quote(x.ID), quote(x.Owner), moment(x.Expires))
		d.Severity = c.severity(d) // at least as severe as without the exception
		d.Kind = ExceptionExpired
		d.Remedy = "remove the rule, or renew the exception with a new expiry"
	}
	c.add(d)
}

// defaultEgress are the rules that EC2 gives a new group: all traffic out, to every IPv4 and
// every IPv6 address.
var defaultEgress = []secgroup.Rule{
	secgroup.MustParseRule("all to 0.0.0.0/0"),
	secgroup.MustParseRule("all to ::/0"),
}

// byDefault reports whether EC2 gives this rule to every new group, and no launch requested
// egress from this one.
func (c *comparison) byDefault(r secgroup.Rule) bool {
	if !slices.Contains(defaultEgress, r) {
		return false
	}
	for w := range c.desired.All() {
		if w.Direction == secgroup.Egress {
			return false
		}
	}
	return true
}

func (c *comparison) desiredCover() *secgroup.Cover {
	if c.coverDesired == nil {
		c.coverDesired = secgroup.NewCover(c.desired)
	}
	return c.coverDesired
}

// explainedCover covers the desired rules and those that unexpired exceptions explain.
func (c *comparison) explainedCover() *secgroup.Cover {
	if c.coverExplained == nil {
		c.exceptions = exceptionsFor(c)
		c.coverExplained = secgroup.NewCover(c.desired.Union(c.exceptions.valid))
	}
	return c.coverExplained
}
