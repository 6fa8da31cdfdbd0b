package group

import (
	"sync"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Asker is a request that asks for a rule or for part of it.
type Asker struct {
	Request claim.Request
	// Exact: the request asks for this rule itself.
	Exact bool
	// Parts are the rules of the request that lie within the rule, if it is not Exact.
	// For example, "tcp 8000 from 0.0.0.0/0" is part of "all from 0.0.0.0/0".
	Parts []secgroup.Rule
}

// AskersOf returns the requests that ask for the rule or for part of it, in their order.
// A request with rules that only overlap the rule did not ask for it.
func AskersOf(rule secgroup.Rule, requests []claim.Request) (askers []Asker) {
	within := sync.OnceValue(func() *secgroup.Cover { return secgroup.NewCover(secgroup.SetOf(rule)) })
	for _, r := range requests {
		if asksFor(r, rule) {
			askers = append(askers, Asker{Request: r, Exact: true})
			continue
		}
		var parts []secgroup.Rule
		for _, e := range r.Rules {
			if e.Rule.Overlaps(rule) && within().Covers(e.Rule) {
				parts = append(parts, e.Rule)
			}
		}
		if len(parts) > 0 {
			askers = append(askers, Asker{Request: r, Parts: parts})
		}
	}
	return askers
}
