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

// asksFor reports whether a request asks for exactly this rule.
func (c *comparison) asksFor(r *claim.Request, w secgroup.Rule) bool {
	return slices.ContainsFunc(r.Rules, func(e secgroup.Entry) bool { return c.in(e.Rule).Matches(w) })
}

// askersOf returns those of the requests that ask for exactly this rule.
func (c *comparison) askersOf(w secgroup.Rule, requests []claim.Request) (all []Asker) {
	for i := range requests {
		if c.asksFor(&requests[i], w) {
			all = append(all, asker(requests[i]))
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
