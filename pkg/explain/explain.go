// Package explain answers why a port of a security group is open or closed: which rules
// allow it, who made them, and what became of each request for it. It is pure.
//
// It asks the group's [group.State], as ensure and the audit do.
package explain

import (
	"slices"
	"sync"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
)

// Verdict says whether a group admits what is asked about. A higher one admits
// more.
type Verdict int

const (
	Closed  Verdict = iota
	Members         // of anybody, only the members of groups may have some of it
	Partly          // some of it is admitted
	Open
)

var verdictNames = [...]string{"closed", "closed but to members", "partly open", "open"}

// String returns "closed", "closed but to members", "partly open" or "open".
func (v Verdict) String() string { return verdictNames[v] }

// Answer says whether the traffic of a question is admitted, and why.
type Answer struct {
	Verdict Verdict
	Rules   []Rule // that admit some of it, in order
	// Leaving are rules that EC2 still describes and that admit nothing: they were
	// revoked, or their revoke is pending.
	Leaving []Rule
	Claims  []Claim
	// Refused are the refused events that asked for some of it, and Unclear those
	// whose rules are not all known, such as malformed ones. Both are in the order in
	// which they were refused.
	Refused, Unclear []claim.Refusal
}

// About answers a question about a group. The refusals are the events about the group
// that were refused before they became requests.
func About(s group.State, q Question, refusals ...claim.Refusal) Answer {
	g := view{State: s, decide: sync.OnceValue(s.Decide)}
	a := Answer{Verdict: q.verdict(s.Existing()), Claims: g.claims(q)}
	a.Rules = g.rules(q, a.Claims)
	a.Leaving = g.leaving(q, a.Claims)
	a.Refused, a.Unclear = refusedOf(q, refusals)
	return a
}

// refusedOf returns the refused events that asked for some of the question's traffic,
// and those that may have.
func refusedOf(q Question, refusals []claim.Refusal) (refused, unclear []claim.Refusal) {
	for _, r := range claim.RefusalsInOrder(refusals) {
		switch {
		case r.End:
		case slices.ContainsFunc(r.Rules, q.touches):
			refused = append(refused, r)
		case len(r.Rules) == 0, r.More > 0:
			unclear = append(unclear, r)
		}
	}
	return refused, unclear
}

// view is a state and the decision that follows from it.
type view struct {
	group.State
	decide func() group.Decision
}
