package drift

import (
	"fmt"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// missing finds desired rules that existing rules do not cover.
func (c *comparison) missing() {
	if len(c.diff.Missing) == 0 {
		return
	}
	actual := secgroup.NewCover(secgroup.Rules(c.entries()))
	certain := secgroup.NewCover(secgroup.Rules(c.state.Certain()))
	for _, w := range c.diff.Missing {
		switch {
		case c.tooYoung(w):
		case slices.Contains(c.unsure, w):
			c.fileUnconfirmed(w, certain.Gaps(w))
		default:
			c.fileMissing(w, actual.Gaps(w))
		}
	}
}

// fileMissing files the one drift of a desired rule that is not wholly open.
func (c *comparison) fileMissing(w secgroup.Rule, gaps []secgroup.Rule) {
	d := Drift{Kind: Missing, Rule: secgroup.Entry{Rule: w}, Gap: gaps, Requests: c.requestsFor(w, c.live)}
	d.Remedy = c.opening()
	switch {
	case c.asContested(&d):
	case c.asModified(&d):
	case c.asSwapped(&d):
	case len(gaps) == 1 && gaps[0] == w && c.familyGap(w):
		d.Kind = FamilyGap
		d.Detail = fmt.Sprintf("%s is requested by %s together with the other address family. "+
			"That one is open; this one is not.", w, launches(d.Requests))
	case len(gaps) == 1 && gaps[0] == w:
		d.Detail = fmt.Sprintf("%s is requested by %s, and no rule allows it.", w, launches(d.Requests))
	default:
		d.Kind = narrowed(w, gaps)
		d.Detail = fmt.Sprintf("%s is requested by %s, and open in part: %s is not open.",
			w, launches(d.Requests), ruleList(gaps))
	}
	for _, l := range c.state.Leaving() {
		if l.Pending && l.Rule.Matches(w) {
			d.Detail += fmt.Sprintf(" EC2 describes %s, but its revoke is pending.", name(l.Entry))
		}
	}
	if c.waitsForQuota(w) {
		d.Detail += " In the last round it did not fit the group's quota."
		d.Remedy = "end launches that no longer need their rules, or raise the quota; sgkeeper then opens it"
	}
	c.add(d)
}

// fileUnconfirmed files the drift of a rule that new launches request, if the only rule that
// allows it has not been described by EC2 yet.
func (c *comparison) fileUnconfirmed(w secgroup.Rule, gaps []secgroup.Rule) {
	d := Drift{Kind: Missing, Rule: secgroup.Entry{Rule: w}, Gap: gaps, Remedy: c.opening()}
	for i := range c.live {
		if r := &c.live[i]; c.isNew(r) && c.hasRule(r, w) {
			d.Requests = append(d.Requests, requestOf(*r))
		}
	}
	if len(gaps) != 1 || gaps[0] != w {
		d.Kind = narrowed(w, gaps)
	}
	d.Detail = fmt.Sprintf("%s is requested by %s. A rule that was made a moment ago allows it, "+
		"and EC2 does not describe that rule yet.", w, launches(d.Requests))
	c.add(d)
}

// isNew reports whether no round has served a request yet.
func (c *comparison) isNew(r *claim.Request) bool { return !c.Ledger.Served.Has(*r) }

// opening returns the remedy for a missing rule.
func (c *comparison) opening() string {
	if c.Ledger.Frozen.Holds() {
		return fmt.Sprintf("the group is frozen (%s): run `sgkeeper thaw --group %s`, and sgkeeper opens it",
			quote(c.Ledger.Frozen.String()), c.Group.ID)
	}
	return "sgkeeper opens it at the next sweep"
}

// narrowed returns the kind of a rule that is open in part. For example, it is NarrowedSource
// if the rule is open to half of the addresses.
func narrowed(w secgroup.Rule, gaps []secgroup.Rule) Kind {
	for _, g := range gaps {
		if g.Peer != w.Peer {
			return NarrowedSource
		}
	}
	return NarrowedPorts
}

// tooYoung reports whether all launches that lack a rule requested it just now, and a round is
// due or under way.
func (c *comparison) tooYoung(w secgroup.Rule) bool {
	unsure := slices.Contains(c.unsure, w)
	for i := range c.live {
		r := &c.live[i]
		lacks := c.hasRule(r, w) && (!unsure || c.isNew(r))
		young := c.now.Sub(r.Received) < Grace && (c.busy() || c.isNew(r))
		if lacks && !young {
			return false
		}
	}
	return true
}

// waitsForQuota reports whether a request for the rule waits for room in the quota.
func (c *comparison) waitsForQuota(w secgroup.Rule) bool {
	for i := range c.live {
		if len(c.Ledger.Served.Waiting) > 0 && c.hasRule(&c.live[i], w) && c.Ledger.Served.Waits(c.live[i]) {
			return true
		}
	}
	return false
}

// asContested turns d into a Contested drift if an outsider keeps removing the rule.
func (c *comparison) asContested(d *Drift) bool {
	if !claim.Contested(c.Ledger.Made, d.Rule.Rule, c.now) {
		return false
	}
	d.Kind = Contested
	d.Detail = fmt.Sprintf("%s, requested by %s, was made three times within an hour. "+
		"An outsider removed it each time, and sgkeeper stopped making it.", d.Rule.Rule, launches(d.Requests))
	d.Remedy = "find the caller that removes it (CloudTrail: RevokeSecurityGroupIngress or Egress), " +
		"and agree to end the launch or to keep the rule"
	return true
}

// asModified turns d into a Modified drift if an outsider modified our rule.
func (c *comparison) asModified(d *Drift) bool {
	p := c.modifiedFrom(d.Rule.Rule)
	if p == nil {
		return false
	}
	c.replaced[p.Rule] = true
	was := d.Rule.Rule
	d.Kind, d.Rule, d.Requests = Modified, p.Entry, instead(d.Requests, was)
	d.Gap = joined(d.Gap, c.explainedCover().Gaps(p.Rule))
	d.Detail = fmt.Sprintf("%s was made by sgkeeper as %s for %s, and an outsider modified it to %s.",
		name(p.Entry), was, launches(d.Requests), p.Rule)
	d.Remedy = c.opening() + "; remove the modified rule by hand, because it is no longer sgkeeper's"
	return true
}

// modifiedFrom returns the existing rule that we made as w and an outsider modified, or nil. The
// ledger shows that, or the seals in the rule's tag.
func (c *comparison) modifiedFrom(w secgroup.Rule) *existing {
	for i := range c.rules {
		p := &c.rules[i]
		if !p.ours && !c.replaced[p.Rule] && c.madeAs(p.ID, w) {
			return p
		}
	}
	for i := range c.rules {
		p := &c.rules[i]
		_, known := c.made(p.ID)
		was := secgroup.Entry{Rule: w, Tags: p.Tags}
		if c.broken(p) && !known && !c.replaced[p.Rule] && akin(p.Rule, w) && c.state.Owner().Owns(was) {
			return p
		}
	}
	return nil
}

// madeAs reports whether the ledger says that a rule was made as w.
func (c *comparison) madeAs(id string, w secgroup.Rule) bool {
	if m, ok := c.made(id); ok {
		return c.in(m.Rule).Matches(w)
	}
	proof := plan.Untagged(secgroup.Entry{Rule: w, ID: id}, time.Time{})
	return slices.ContainsFunc(c.Ledger.Untagged, func(u claim.Untagged) bool {
		return u.ID == id && u.Seal == proof.Seal
	})
}

// akin reports whether one modification can turn one rule into the other. For example, it can
// change the ports of tcp 80 from 10.0.0.0/8, or its source.
func akin(r, w secgroup.Rule) bool {
	return r.Direction == w.Direction && (r.Peer.Matches(w.Peer) || r.Protocol == w.Protocol)
}

// asSwapped turns d into a PeerKindSwap drift if the same traffic is open to another kind of
// peer. For example, the launch requested a CIDR, and a rule for a group is there.
func (c *comparison) asSwapped(d *Drift) bool {
	w := d.Rule.Rule
	for i := range c.rules {
		p := &c.rules[i]
		switch {
		case p.ours, c.broken(p), c.replaced[p.Rule], c.Stale[p.Rule]:
			continue
		case !sameTraffic(p.Rule, w), sameKind(p.Rule.Peer, w.Peer):
			continue
		case c.explainedCover().Covers(p.Rule), c.worldwide(p.Rule, []secgroup.Rule{p.Rule}).any,
			c.foreignAccount(p.Rule) != "":
			continue
		}
		c.replaced[p.Rule] = true
		d.Kind, d.Rule, d.Requests = PeerKindSwap, p.Entry, instead(d.Requests, w)
		d.Gap = joined(d.Gap, c.explainedCover().Gaps(p.Rule))
		d.Detail = fmt.Sprintf("%s is requested by %s. In its place is %s, which has another kind of peer.",
			w, launches(d.Requests), name(p.Entry))
		d.Remedy = c.opening() + "; remove the other rule, or declare it as an exception"
		return true
	}
	return false
}

func sameTraffic(r, w secgroup.Rule) bool {
	return r.Direction == w.Direction && r.Protocol == w.Protocol && r.Ports == w.Ports
}

func sameKind(p, q secgroup.Peer) bool {
	_, a := p.Prefix()
	_, b := q.Prefix()
	_, _, c := p.Group()
	_, _, d := q.Group()
	return a == b && c == d
}

// familyGap reports whether launches requested the port for both 0.0.0.0/0 and ::/0, and the
// other family is open.
func (c *comparison) familyGap(w secgroup.Rule) bool {
	if !w.Peer.World() {
		return false
	}
	other := w
	for _, world := range defaultEgress {
		if world.Peer != w.Peer {
			other.Peer = world.Peer
		}
	}
	return c.desired.Contains(other) && !slices.Contains(c.diff.Missing, other)
}
