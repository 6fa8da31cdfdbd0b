package group

import (
	"sync"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Match is a request for a rule, or for a part of it.
type Match struct {
	Request claim.Request
	// Exact: the request contains this rule itself.
	Exact bool
	// Parts are the rules of the request that lie within the rule, if it is not Exact.
	// For example, "tcp 8000 from 0.0.0.0/0" is part of "all from 0.0.0.0/0".
	Parts []secgroup.Rule
}

// RequestsFor returns the requests for the rule, or for a part of it, in their order. It leaves
// out a request with rules that only overlap the rule.
func RequestsFor(rule secgroup.Rule, requests []claim.Request) (matches []Match) {
	within := sync.OnceValue(func() *secgroup.Cover { return secgroup.NewCover(secgroup.SetOf(rule)) })
	for _, r := range requests {
		if requestsRule(r, rule) {
			matches = append(matches, Match{Request: r, Exact: true})
			continue
		}
		var parts []secgroup.Rule
		for _, e := range r.Rules {
			if e.Rule.Overlaps(rule) && within().Covers(e.Rule) {
				parts = append(parts, e.Rule)
			}
		}
		if len(parts) > 0 {
			matches = append(matches, Match{Request: r, Parts: parts})
		}
	}
	return matches
}
