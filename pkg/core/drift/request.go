package drift

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Request is a launch's request on a group, with its begin and its end.
type Request struct {
	Launch claim.Launch `json:"launch"`
	Since  time.Time    `json:"since,omitzero"` // received
	Until  time.Time    `json:"until,omitzero"` // its expiry or end; zero if live without an expiry
	Status claim.Status `json:"status"`
	// Purpose names the requester and the reason, in the publisher's words.
	Purpose claim.Purpose `json:"-"`
	// Relation is the relation of the request to the drift's rule.
	Relation Relation `json:"relation,omitempty"`
	// Wants are the first few requested rules, and More counts the others. They are empty if
	// Relation is Itself.
	Wants []secgroup.Rule `json:"wants,omitempty"`
	More  int             `json:"more,omitempty"`
}

// Relation is the relation of a request to the rule of a drift.
type Relation string

const (
	// Itself: the launch requested the rule itself, or the drift is about no rule.
	Itself Relation = ""
	// Part: it requested rules within the drift's rule. For example, it requested "tcp 8000
	// from 0.0.0.0/0", and the rule is "all from 0.0.0.0/0".
	Part Relation = "part"
	// Overlap: it requested rules that the drift's rule serves together with others.
	Overlap Relation = "overlap"
	// Instead: it requested another rule, and this one exists in its place.
	Instead Relation = "instead"
)

// maxWants is the number of rules that a drift names for one request.
const maxWants = 10

// related returns the request with its relation to a drift's rule, and the rules that it has.
func (r Request) related(relation Relation, rules ...secgroup.Rule) Request {
	n := min(len(rules), maxWants)
	r.Relation, r.Wants, r.More = relation, rules[:n:n], len(rules)-n
	return r
}

// requestOf returns a request as a report has it.
func requestOf(r claim.Request) Request {
	until := r.ExpiresAt
	if r.Status != claim.Open && !r.Finished.IsZero() {
		until = r.Finished
	}
	launch := claim.Launch{Account: shared(r.Launch.Account), Namespace: shared(r.Launch.Namespace),
		Name: shared(r.Launch.Name)} // the adapter's texts may hold a whole page of the table in memory
	return Request{Launch: launch, Since: r.Received, Until: until, Status: shared(r.Status), Purpose: r.Purpose}
}

// requestedRule is one rule of one request.
type requestedRule struct {
	rule        secgroup.Rule // with self resolved to the group
	request     *claim.Request
	description string
}

// index arranges the requests by their rules.
func (c *comparison) index() {
	c.requested = make(map[secgroup.Rule][]requestedRule)
	for _, requests := range [][]claim.Request{c.live, c.past} {
		for i := range requests {
			for _, e := range requests[i].Rules {
				a := requestedRule{c.in(e.Rule), &requests[i], e.Description}
				c.requested[a.rule.WithoutOwner()] = append(c.requested[a.rule.WithoutOwner()], a)
			}
		}
	}
}

// hasRule reports whether a request contains exactly this rule.
func (c *comparison) hasRule(r *claim.Request, w secgroup.Rule) bool {
	return slices.ContainsFunc(c.requested[w.WithoutOwner()], func(q requestedRule) bool {
		return q.request == r && q.rule.Matches(w)
	})
}

// requestsFor returns those of the given requests, live or past, that contain exactly this rule.
func (c *comparison) requestsFor(w secgroup.Rule, requests ...[]claim.Request) (all []Request) {
	has := make(map[*claim.Request]bool)
	for _, q := range c.requested[w.WithoutOwner()] {
		if q.rule.Matches(w) {
			has[q.request] = true
		}
	}
	for _, some := range requests {
		for i := range some {
			if has[&some[i]] {
				all = append(all, requestOf(some[i]))
			}
		}
	}
	return all
}

// requestsWithin returns the live requests for the rule or for part of it.
func (c *comparison) requestsWithin(r secgroup.Rule) (all []Request) {
	for _, a := range group.RequestsFor(r, c.live) {
		if a.Exact {
			all = append(all, requestOf(a.Request))
		} else {
			all = append(all, requestOf(a.Request).related(Part, a.Parts...))
		}
	}
	return all
}

// requestsServed adds to requestsWithin the requests that the rule serves only together with other
// rules.
func (c *comparison) requestsServed(r secgroup.Rule) (all []Request) {
	all = c.requestsWithin(r)
	for i := range c.live {
		var wants []secgroup.Rule
		for _, covered := range c.diff.Covered {
			if slices.Contains(covered.By, r) && covered.Rule.Overlaps(r) && c.hasRule(&c.live[i], covered.Rule) {
				wants = append(wants, covered.Rule)
			}
		}
		known := slices.ContainsFunc(all, func(a Request) bool { return a.Launch == c.live[i].Launch })
		if len(wants) > 0 && !known {
			all = append(all, requestOf(c.live[i]).related(Overlap, wants...))
		}
	}
	return all
}

// instead returns requests for another rule, which the drift's rule replaces.
func instead(requests []Request, of secgroup.Rule) []Request {
	requests = slices.Clone(requests)
	for i := range requests {
		requests[i] = requests[i].related(Instead, of)
	}
	return requests
}
