package drift

import (
	"iter"
	"math"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/phrase"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// exposures are the addresses to which a group's rules open each traffic, together. The audit
// judges a rule by them, as the guardrails judge the requests of a group: a port is open to the
// world if the union of the rules is, in any split.
type exposures struct {
	all       *guard.Exposure // by the existing rules
	whole     *guard.Exposure // by those for every protocol and port
	explained *guard.Exposure // by the desired rules and those that exceptions explain
}

func (c *comparison) exposures() *exposures {
	if c.opens == nil {
		c.explainedCover()
		c.opens = &exposures{
			all:       guard.NewExposure(c.existingRules(func(secgroup.Rule) bool { return true }), c.prefixLists),
			whole:     guard.NewExposure(c.existingRules(allTraffic), c.prefixLists),
			explained: guard.NewExposure(c.desired.Union(c.exceptions.valid).All(), c.prefixLists),
		}
	}
	return c.opens
}

func allTraffic(r secgroup.Rule) bool { return r.Protocol == secgroup.All }

// existingRules returns the existing rules that fit.
func (c *comparison) existingRules(fits func(secgroup.Rule) bool) iter.Seq[secgroup.Rule] {
	return func(yield func(secgroup.Rule) bool) {
		for i := range c.rules {
			if r := c.rules[i].Rule; fits(r) && !c.Stale[r] && !yield(r) {
				return
			}
		}
	}
}

// opening is the unexplained traffic of a rule that the group's rules open to the world.
type opening struct {
	any       bool            // some of its traffic
	sensitive bool            // some sensitive port
	whole     bool            // every protocol and port
	with      []secgroup.Rule // the other rules without which it would not be, in order
}

// worldwide returns the part of a rule's unexplained traffic that is open to the world, by the
// rule alone or together with other rules of the group. Traffic that the explained rules alone
// open to the world does not count, because this rule adds nothing to that.
func (c *comparison) worldwide(r secgroup.Rule, unexplained []secgroup.Rule) (o opening) {
	if _, _, group := r.Peer.Group(); group || r.Direction != secgroup.Ingress || len(unexplained) == 0 {
		return o
	}
	if c.worldly(r.Peer) {
		return opening{any: true, sensitive: c.anySensitive(unexplained), whole: allTraffic(r)}
	}
	if !c.mayBeWorld() {
		return o
	}
	for _, gap := range unexplained {
		for _, part := range append(c.policy.sensitiveParts(gap), gap) {
			for at, by := range c.exposures().all.Worldly(part) {
				if c.exposures().explained.Opens(at) {
					continue
				}
				o.any = true
				o.sensitive = o.sensitive || c.policy.sensitive(at)
				o.note(by, r)
			}
		}
	}
	o.whole = o.any && allTraffic(r) && c.exposures().whole.Opens(r)
	return o
}

// from names the addresses from which a rule is open to the world.
func (o *opening) from(r secgroup.Rule) string {
	if len(o.with) == 0 {
		return r.Peer.String()
	}
	texts := make([]string, len(o.with))
	for i := range texts {
		texts[i] = o.with[i].String()
	}
	return "the world, together with " + phrase.Few(texts, maxTogether)
}

// maxTogether is the number of rules that a drift names as open to the world together.
const maxTogether = 20

// note adds the rules that open traffic together with r.
func (o *opening) note(by []secgroup.Rule, r secgroup.Rule) {
	for _, q := range by {
		if q != r && !slices.Contains(o.with, q) {
			o.with = append(o.with, q)
		}
	}
	slices.SortFunc(o.with, secgroup.Rule.Compare)
}

// mayBeWorld reports whether the addresses of the group's rules are enough for the world, if
// each address counts once a rule. Most groups end here.
func (c *comparison) mayBeWorld() bool {
	var v4, v6 float64 // in /8 and /16, the largest blocks that are not the world
	for i := range c.rules {
		switch prefix, ok := c.rules[i].Rule.Peer.Prefix(); {
		case !ok:
			if _, list := c.rules[i].Rule.Peer.PrefixList(); list {
				return true
			}
		case prefix.Addr().Is4():
			v4 += math.Ldexp(1, 8-prefix.Bits())
		default:
			v6 += math.Ldexp(1, 16-prefix.Bits())
		}
	}
	return v4 > 1 || v6 > 1
}

// sensitiveParts returns the rule's traffic to each sensitive port, apart.
func (p Policy) sensitiveParts(r secgroup.Rule) (parts []secgroup.Rule) {
	for _, s := range p.Sensitive {
		for _, protocol := range []secgroup.Protocol{secgroup.TCP, secgroup.UDP} {
			part := r
			part.Protocol, part.Ports = protocol, s
			switch {
			case r.Protocol == secgroup.All:
			case r.Protocol != protocol || r.Ports.Last < s.First || s.Last < r.Ports.First:
				continue
			default:
				part.Ports.First, part.Ports.Last = max(s.First, r.Ports.First), min(s.Last, r.Ports.Last)
			}
			parts = append(parts, part)
		}
	}
	return parts
}
