package audit

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// asker is who made a request, on a timeline.
func asker(r claim.Request) Asker {
	until := r.ExpiresAt
	if r.Status != claim.Open && !r.Settled.IsZero() {
		until = r.Settled
	}
	return Asker{Launch: r.Launch, Since: r.Received, Until: until, Status: r.Status}
}

// asking is one rule that a request asks for.
type asking struct {
	rule        secgroup.Rule // as it is in the group
	request     *claim.Request
	description string
}

// kin is a rule without the owner of the group that it refers to: rules that
// match have the same.
func kin(r secgroup.Rule) secgroup.Rule {
	if _, id, ok := r.Peer.Group(); ok {
		r.Peer = secgroup.Group(id)
	}
	return r
}

// index arranges what is asked by what it is asked of.
func (c *comparison) index() {
	c.asking = make(map[secgroup.Rule][]asking)
	for _, requests := range [][]claim.Request{c.live, c.past} {
		for i := range requests {
			for _, e := range requests[i].Rules {
				a := asking{c.in(e.Rule), &requests[i], e.Description}
				c.asking[kin(a.rule)] = append(c.asking[kin(a.rule)], a)
			}
		}
	}
}

// asksFor reports whether a request asks for exactly this rule.
func (c *comparison) asksFor(r *claim.Request, w secgroup.Rule) bool {
	for _, a := range c.asking[kin(w)] {
		if a.request == r && a.rule.Matches(w) {
			return true
		}
	}
	return false
}

// askersOf returns those of the requests, which are live or past, that ask for
// exactly this rule.
func (c *comparison) askersOf(w secgroup.Rule, requests ...[]claim.Request) (all []Asker) {
	asks := make(map[*claim.Request]bool)
	for _, a := range c.asking[kin(w)] {
		if a.rule.Matches(w) {
			asks[a.request] = true
		}
	}
	for _, some := range requests {
		for i := range some {
			if len(asks) > 0 && asks[&some[i]] {
				all = append(all, asker(some[i]))
			}
		}
	}
	return all
}

// askersOver returns the live requests for traffic that the rule admits.
func (c *comparison) askersOver(r secgroup.Rule) (all []Asker) {
	for i := range c.live {
		over := func(e secgroup.Entry) bool { return c.in(e.Rule).Overlaps(r) }
		if slices.ContainsFunc(c.live[i].Rules, over) {
			all = append(all, asker(c.live[i]))
		}
	}
	return all
}
