package drift

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// present finds rules that exist and that no request explains.
func (c *comparison) present() {
	extra := make(map[secgroup.Rule]bool, len(c.diff.Extra))
	for _, r := range c.diff.Extra {
		extra[r] = true
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
			c.tampered(p, extra[p.Rule])
		case extra[p.Rule] && p.ours:
			c.needless(p)
		case extra[p.Rule] && p.assumed: // EC2 answered Duplicate for it, and does not describe it
		case c.Stale[p.ID]:
			c.stale(p)
		case p.ours:
			c.described(p)
		case extra[p.Rule]:
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
			c.needless(&present{Entry: l.Entry, ours: true, leaving: true})
		}
	}
}

// broken reports whether a rule has our tag, but differs from the rule that we made.
func (c *comparison) broken(p *present) bool {
	installation := c.policy.Installation
	return !p.assumed && installation != "" && p.Tags[plan.TagInstallation] == installation && !c.state.Proven(p.Entry)
}

// tampered files the drift of a broken rule: its traffic or its tags were changed.
func (c *comparison) tampered(p *present, extra bool) {
	m, known := c.made(p.ID)
	d := Drift{Rule: p.Entry, Asked: c.askersOf(p.Rule, c.live, c.past)}
	switch {
	case !extra || p.ours || len(d.Asked) > 0:
		d.Kind = Metadata
		d.Detail = fmt.Sprintf("%s bears sgkeeper's tag, but its tag %s is %s, which is not what sgkeeper writes.", name(p.Entry), plan.TagRule, quote(p.Tags[plan.TagRule]))
		d.Remedy = "nothing need be opened or closed; sgkeeper no longer takes the rule for its own and will not revoke it: remove it by hand when it is no longer asked"
	case known || c.state.Owner().Bears(p.Entry):
		d.Kind, d.Gap = Modified, c.explainedCover().Gaps(p.Rule)
		d.Detail = fmt.Sprintf("%s was made by sgkeeper as another rule, and somebody modified it.", name(p.Entry))
		if known {
			d.Detail = fmt.Sprintf("%s was made by sgkeeper as %s, and somebody modified it.", name(p.Entry), m.Rule)
		}
		d.Remedy = "remove it, or modify it back; sgkeeper never revokes a rule that others have modified"
	default:
		d.Kind, d.Gap = LedgerGone, c.explainedCover().Gaps(p.Rule)
		d.Detail = fmt.Sprintf("%s bears sgkeeper's tag %s without a seal that only sgkeeper can compute, and no request on record asked for it.", name(p.Entry), plan.TagInstallation)
		d.Remedy = "find out who tagged it and remove it; sgkeeper revokes only rules that bear its seal. If the table was lost, adopt the rules that it made: sgkeeper adopt"
	}
	c.add(d)
}

// described files a drift if the description of our rule is not the one that we wrote.
func (c *comparison) described(p *present) {
	if p.assumed || c.spoken(p) {
		return
	}
	c.add(Drift{
		Kind: Metadata, Rule: p.Entry, Asked: c.askersOf(p.Rule, c.live),
		Detail: fmt.Sprintf("%s is sgkeeper's, and its description, %s, is not what sgkeeper writes: somebody changed it, or the rule was adopted.", name(p.Entry), quote(p.Description)),
		Remedy: "nothing need be opened or closed; describe the rule as sgkeeper LAUNCH to have it say who asked for it",
	})
}

// stale files the drift of a stale reference, which allows no traffic.
func (c *comparison) stale(p *present) {
	d := Drift{Kind: StaleReference, Rule: p.Entry, Asked: c.askersOf(p.Rule, c.live)}
	d.Detail = fmt.Sprintf("%s refers to a security group that is gone, or over a VPC peering that is: it admits nobody.", name(p.Entry))
	d.Remedy = "remove the rule"
	if len(d.Asked) > 0 {
		d.Detail += fmt.Sprintf(" It is asked by %s.", launches(d.Asked))
		d.Remedy = "end the launches that ask for it, or have them name a group that exists"
	}
	if p.ours {
		d.Remedy += "; the rule is sgkeeper's and goes with the last of them"
	}
	c.add(d)
}

// foreign files the drift of a foreign rule that no launch requested in this form, unless
// requests and exceptions together explain it.
func (c *comparison) foreign(p *present) {
	switch {
	case c.asksCover().Covers(p.Rule):
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
	d := c.opened(p)
	if x, ok := c.excused.formerly(c, p.Rule); ok {
		d.Detail += fmt.Sprintf(" The exception %s of %s explained it until %s.", quote(x.ID), quote(x.Owner), x.Expires.UTC().Format("2006-01-02 15:04 MST"))
		d.Severity = c.severity(d) // at least as severe as without the exception
		d.Kind = ExceptionExpired
		d.Remedy = "remove the rule, or renew the exception with a new expiry"
	}
	c.add(d)
}

// everywhere are the rules that EC2 gives a new group: all traffic out, to every IPv4 and
// every IPv6 address.
var everywhere = []secgroup.Rule{
	secgroup.MustParseRule("all to 0.0.0.0/0"),
	secgroup.MustParseRule("all to ::/0"),
}

// byDefault reports whether EC2 gives this rule to every new group, and no launch requested
// egress from this one.
func (c *comparison) byDefault(r secgroup.Rule) bool {
	if !slices.Contains(everywhere, r) {
		return false
	}
	for w := range c.desired.All() {
		if w.Direction == secgroup.Egress {
			return false
		}
	}
	return true
}

func (c *comparison) asksCover() *secgroup.Cover {
	if c.asks == nil {
		c.asks = secgroup.NewCover(c.desired)
	}
	return c.asks
}

// explainedCover covers the desired rules and those that unexpired exceptions explain.
func (c *comparison) explainedCover() *secgroup.Cover {
	if c.explained == nil {
		c.excused = exemptions(c)
		c.explained = secgroup.NewCover(c.desired.Union(c.excused.now))
	}
	return c.explained
}

// compare orders rules. Of two rules with one identity, the described one comes before the
// assumed one.
func (p present) compare(q present) int {
	assumed := 0
	switch {
	case p.assumed && !q.assumed:
		assumed = 1
	case q.assumed && !p.assumed:
		assumed = -1
	}
	return cmp.Or(p.Rule.Compare(q.Rule), assumed, cmp.Compare(p.ID, q.ID))
}
