package drift

import (
	"fmt"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

const removeForeign = "remove the rule, let a launch request it, or declare it as an exception; " +
	"sgkeeper never revokes a rule that it did not make"

// removeWorld is the remedy for a rule that the built-in guardrails refuse to a launch, or
// that is as dangerous.
const removeWorld = "remove the rule, narrow it to the addresses that need it, or declare it as an exception; " +
	"sgkeeper never revokes a rule that it did not make"

// unexplained returns the drift of a foreign rule that nothing explains. Its kind depends on the
// traffic that the rule allows.
func (c *comparison) unexplained(p *existing) Drift {
	r := p.Rule
	d := Drift{Rule: p.Entry, Gap: c.explainedCover().Gaps(r), Requests: c.requestsWithin(r), Remedy: removeForeign}
	world := c.worldwide(r, d.Gap)
	account := c.foreignAccount(r)
	switch {
	case world.whole:
		d.Kind, d.Remedy = AllTrafficWorld, removeWorld
		d.Detail = fmt.Sprintf("%s allows every protocol and port from %s.%s",
			name(p.Entry), world.from(r), parts(d.Requests))
	case world.sensitive:
		d.Kind, d.Remedy = WorldOpenSensitive, removeWorld
		d.Detail = fmt.Sprintf("%s opens sensitive ports to %s.%s", name(p.Entry), world.from(r), parts(d.Requests))
	case c.serving[r]:
		d.Kind, d.Requests = c.widened(r), c.requestsServed(r)
		d.Detail = fmt.Sprintf("%s serves %s, and allows more than was requested: %s.",
			name(p.Entry), requestedRules(d.Requests), ruleList(d.Gap))
		d.Remedy = "remove the rule, and sgkeeper opens exactly the requested rules; " +
			"or narrow it to them, or declare it as an exception"
	case account != "":
		d.Kind = CrossAccount
		refers := fmt.Sprintf("%s, which no launch requested, refers to a group of account %s", name(p.Entry),
			word(account))
		d.Detail = refers + ", which is not a known account."
		if known, ok := c.policy.Accounts[account]; ok {
			d.Detail = fmt.Sprintf("%s (%s).", refers, quote(known))
		}
	case c.redundant(p):
		return c.superfluous(p)
	default:
		d.Kind = Unexpected
		d.Detail = fmt.Sprintf("%s was requested by no launch, and no exception explains it.%s",
			name(p.Entry), parts(d.Requests))
		if past := c.requestsFor(r, c.past); len(past) > 0 {
			d.Detail = fmt.Sprintf("%s is not sgkeeper's. It was requested by %s. "+
				"No live launch requests it, and no exception explains it.",
				name(p.Entry), launches(past))
		}
	}
	d.Detail += c.madeElsewhere(p)
	return d
}

// madeElsewhere returns a sentence for a rule with another installation's tags, or "". If the
// audit does not know its own installation, the sentence only names the one in the tags.
func (c *comparison) madeElsewhere(p *existing) string {
	other := p.Tags[plan.TagInstallation]
	switch {
	case other == "" || other == c.policy.Installation:
		return ""
	case c.policy.Installation == "":
		return fmt.Sprintf(" Its tags say that sgkeeper made it, as the installation %s. "+
			"This audit does not know its own installation.", quote(other))
	}
	return fmt.Sprintf(" Its tags say that another installation of sgkeeper made it, %s.", quote(other))
}

// foreignAccount returns the owner of the group that a rule refers to, or "" if that is the
// group's own account.
func (c *comparison) foreignAccount(r secgroup.Rule) string {
	account, _, ok := r.Peer.Group()
	if !ok || account == c.Group.Account {
		return ""
	}
	return account
}

// widened returns the kind of a rule that allows more than the requests it serves. A wider
// source comes before a wider protocol, and that before wider ports.
func (c *comparison) widened(r secgroup.Rule) Kind {
	kind := WidenedPorts
	for _, covered := range c.diff.Covered {
		w := covered.Rule
		if !w.Overlaps(r) || !slices.Contains(covered.By, r) {
			continue
		}
		if wider(r.Peer, w.Peer) {
			return WidenedSource
		}
		if r.Protocol != w.Protocol {
			kind = WidenedProtocol
		}
	}
	return kind
}

// wider reports whether p has more addresses than q.
func wider(p, q secgroup.Peer) bool {
	a, isA := p.Prefix()
	b, isB := q.Prefix()
	return isA && isB && a.Bits() < b.Bits()
}

// superfluous returns the drift of a redundant rule.
func (c *comparison) superfluous(p *existing) Drift {
	c.replaced[p.Rule] = true
	return Drift{
		Kind: Redundant, Rule: p.Entry, Requests: c.requestsWithin(p.Rule),
		Detail: fmt.Sprintf("%s was not requested itself, and other rules of the group allow all of its traffic.",
			name(p.Entry)),
		Remedy: "remove the rule: it opens no port, and it counts toward the quota",
	}
}

// redundant reports whether the other rules allow all traffic of p. For example, tcp 80 from
// 10.0.0.0/8 makes tcp 80 from 10.1.0.0/16 redundant. Rules already found redundant do not
// count.
func (c *comparison) redundant(p *existing) bool {
	var others []secgroup.Rule
	for i := range c.rules {
		q := &c.rules[i]
		if q.Rule != p.Rule && !c.replaced[q.Rule] && q.Rule.Overlaps(p.Rule) {
			others = append(others, q.Rule)
		}
	}
	return len(others) > 0 && secgroup.NewCover(secgroup.SetOf(others...)).Covers(p.Rule)
}

// joined returns gap, and the rules of more that are not in it.
func joined(gap, more []secgroup.Rule) []secgroup.Rule {
	for _, r := range more {
		if !slices.Contains(gap, r) {
			gap = append(gap, r)
		}
	}
	return gap
}
