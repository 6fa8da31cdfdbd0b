package group

import (
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
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
// A request whose rules only overlap the rule did not ask for it.
func AskersOf(rule secgroup.Rule, requests []claim.Request) (askers []Asker) {
	var cover *secgroup.Cover
	for i := range requests {
		a := Asker{Request: requests[i]}
		for _, e := range requests[i].Rules {
			if e.Rule.Matches(rule) {
				a.Exact = true
				break
			}
			if !e.Rule.Overlaps(rule) {
				continue
			}
			if cover == nil {
				cover = secgroup.NewCover(secgroup.SetOf(rule))
			}
			if cover.Covers(e.Rule) {
				a.Parts = append(a.Parts, e.Rule)
			}
		}
		if a.Exact {
			a.Parts = nil
		}
		if a.Exact || len(a.Parts) > 0 {
			askers = append(askers, a)
		}
	}
	return askers
}
