package guard

import (
	"iter"
	"net/netip"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Exposure says which traffic some rules open to the world together, by [Worldly]. For example,
// TCP 22 from 52.0.0.0/8 and TCP 22 from 53.0.0.0/8 are a /7, which counts as the world.
type Exposure struct{ opened *opened }

// NewExposure returns the exposure by the ingress rules from addresses and prefix lists. Lists
// are the known prefix lists; a rule for another list does not count.
func NewExposure(rules iter.Seq[secgroup.Rule], lists map[string]List) *Exposure {
	x := &Exposure{newOpened(&anyWorld)}
	for r := range rules {
		if addresses := addressesOf(r.Peer, lists); r.Direction == secgroup.Ingress && len(addresses) > 0 {
			x.opened.add([]part{{rule: r, addresses: addresses}})
		}
	}
	return x
}

// addressesOf returns the addresses of a peer; none for a group.
func addressesOf(p secgroup.Peer, lists map[string]List) []netip.Prefix {
	if prefix, ok := p.Prefix(); ok {
		return []netip.Prefix{prefix}
	}
	id, _ := p.PrefixList()
	return lists[id].Entries
}

// Worldly returns the traffic of an ingress rule that is open to the world: for each such part
// the traffic at which it begins, for example one port, and the rules that together open it. The
// peer of the rule does not matter.
func (x *Exposure) Worldly(r secgroup.Rule) iter.Seq2[secgroup.Rule, []secgroup.Rule] {
	return func(yield func(secgroup.Rule, []secgroup.Rule) bool) {
		if r.Direction != secgroup.Ingress {
			return
		}
		traffic := part{rule: r}
		x.opened.beginAt(traffic)
		for at := range x.opened.under(traffic) {
			if Worldly(at.blocks...) && !yield(at.at, at.rules()) {
				return
			}
		}
	}
}

// Opens reports whether the rules together open some of an ingress rule's traffic to the world.
func (x *Exposure) Opens(r secgroup.Rule) bool {
	for range x.Worldly(r) {
		return true
	}
	return false
}

func (p *place) rules() []secgroup.Rule {
	rules := make([]secgroup.Rule, len(p.parts))
	for i, part := range p.parts {
		rules[i] = part.rule
	}
	return rules
}
