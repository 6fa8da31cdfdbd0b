package audit

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// asker returns a request's launch, with its begin and end.
func asker(r claim.Request) Asker {
	until := r.ExpiresAt
	if r.Status != claim.Open && !r.Finished.IsZero() {
		until = r.Finished
	}
	return Asker{Launch: r.Launch, Since: r.Received, Until: until, Status: r.Status, Purpose: r.Purpose}
}

// asking is one rule of one request.
type asking struct {
	rule        secgroup.Rule // with self resolved to the group
	request     *claim.Request
	description string
}

// index arranges the requests by their rules.
func (c *comparison) index() {
	c.asking = make(map[secgroup.Rule][]asking)
	for _, requests := range [][]claim.Request{c.live, c.past} {
		for i := range requests {
			for _, e := range requests[i].Rules {
				a := asking{c.in(e.Rule), &requests[i], e.Description}
				c.asking[a.rule.WithoutOwner()] = append(c.asking[a.rule.WithoutOwner()], a)
			}
		}
	}
}

// asksFor reports whether a request contains exactly this rule.
func (c *comparison) asksFor(r *claim.Request, w secgroup.Rule) bool {
	return slices.ContainsFunc(c.asking[w.WithoutOwner()], func(a asking) bool { return a.request == r && a.rule.Matches(w) })
}

// askersOf returns those of the given requests, live or past, that contain exactly this rule.
func (c *comparison) askersOf(w secgroup.Rule, requests ...[]claim.Request) (all []Asker) {
	asks := make(map[*claim.Request]bool)
	for _, a := range c.asking[w.WithoutOwner()] {
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

// askersWithin returns the live requests for the rule or for part of it.
func (c *comparison) askersWithin(r secgroup.Rule) (all []Asker) {
	for _, a := range group.RequestsFor(r, c.live) {
		if a.Exact {
			all = append(all, asker(a.Request))
		} else {
			all = append(all, asker(a.Request).wanting(Part, a.Parts...))
		}
	}
	return all
}

// askersServed adds to askersWithin the requests that the rule serves only together with other
// rules.
func (c *comparison) askersServed(r secgroup.Rule) (all []Asker) {
	all = c.askersWithin(r)
	for i := range c.live {
		var wants []secgroup.Rule
		for _, covered := range c.diff.Covered {
			if slices.Contains(covered.By, r) && covered.Rule.Overlaps(r) && c.asksFor(&c.live[i], covered.Rule) {
				wants = append(wants, covered.Rule)
			}
		}
		known := slices.ContainsFunc(all, func(a Asker) bool { return a.Launch == c.live[i].Launch })
		if len(wants) > 0 && !known {
			all = append(all, asker(c.live[i]).wanting(Overlap, wants...))
		}
	}
	return all
}

// instead marks launches as having requested another rule, which the drift's rule replaces.
func instead(asked []Asker, of secgroup.Rule) []Asker {
	asked = slices.Clone(asked)
	for i := range asked {
		asked[i] = asked[i].wanting(Instead, of)
	}
	return asked
}
