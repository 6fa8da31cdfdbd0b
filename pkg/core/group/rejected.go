package group

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// rejected splits the live requests by EC2's answers in this round. It returns those to
// refuse, because EC2 rejects one of their rules, and all others. A request that was served,
// or may have been announced, is among the others: it waits for the rule.
func (s State) rejected() (refused []plan.Refusal, requests []claim.Request) {
	if len(s.round.faults) == 0 {
		return nil, s.Live()
	}
	for _, r := range s.Live() {
		reasons, absent := s.faultsOf(r)
		keeps := s.Ledger.Served.Has(r) || !absent && s.MayHaveBeenAnnounced(r)
		if reasons == nil || keeps {
			requests = append(requests, r)
		} else {
			refused = append(refused, plan.Refusal{Request: r, Reasons: reasons})
		}
	}
	return refused, requests
}

// faultsOf returns the distinct reasons why EC2 rejects rules of a request. absent is true if
// one of them means that no round can have served the request.
func (s State) faultsOf(r claim.Request) (reasons claim.Faults, absent bool) {
	seen := make(map[claim.Fault]bool)
	for _, e := range r.Rules {
		f, rejected := s.round.faults[e.Rule.WithoutOwner()]
		if !rejected {
			continue
		}
		absent = absent || f.Absent
		if reason := (claim.Fault{Field: f.Field, Problem: f.Problem}); !seen[reason] {
			seen[reason] = true
			reasons = append(reasons, reason)
		}
	}
	return reasons, absent
}

// Needed returns the rules that the round must still authorize. It drops a rule that EC2 has
// answered for in this round, and a rule that no remaining live request contains. It keeps the
// latter if an earlier call may have made it, because the answer shows whether it exists.
func (s State) Needed(rules []secgroup.Entry) []secgroup.Entry {
	_, requests := s.rejected()
	asked := make(map[secgroup.Rule][]secgroup.Rule)
	for _, q := range requests {
		for _, e := range q.Rules {
			key := e.Rule.WithoutOwner()
			asked[key] = append(asked[key], e.Rule)
		}
	}
	return slices.DeleteFunc(slices.Clone(rules), func(e secgroup.Entry) bool {
		key := e.Rule.WithoutOwner()
		_, rejected := s.round.faults[key]
		_, possible := s.round.possible[key]
		return rejected || s.round.confirmed[key] || s.round.uncertain[key] ||
			!possible && !slices.ContainsFunc(asked[key], e.Rule.Matches)
	})
}

// CountRequests returns the number of live requests with any of the rules. It leaves out those
// that EC2's answers in this round refuse.
func (s State) CountRequests(rules []secgroup.Entry) (n int) {
	_, requests := s.rejected()
	for _, q := range requests {
		if slices.ContainsFunc(rules, func(e secgroup.Entry) bool { return requestsRule(q, e.Rule) }) {
			n++
		}
	}
	return n
}

// requestsRule reports whether a request contains exactly this rule.
func requestsRule(r claim.Request, rule secgroup.Rule) bool {
	return slices.ContainsFunc(r.Rules, func(e secgroup.Entry) bool { return e.Rule.Matches(rule) })
}
