// Package explain answers why a port of a security group is open or closed. An answer has the
// rules that allow the traffic, their owners, and the state of each request for it. The
// package is pure. It uses the group's [group.State], as ensure and the audit do.
package explain

import (
	"slices"
	"sync"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
)

// Verdict says how much of the question's traffic a group admits. A higher one admits more.
type Verdict int

const (
	Closed  Verdict = iota
	Members         // without a peer in the question: only members of groups have some
	Partly          // some of it is admitted
	Open
)

var verdictNames = [...]string{"closed", "closed except to members", "partly open", "open"}

// String returns "closed", "closed except to members", "partly open" or "open".
func (v Verdict) String() string { return verdictNames[v] }

// Answer is the verdict on a question's traffic, with the reasons.
type Answer struct {
	Verdict Verdict
	Rules   []Rule // that admit some of the traffic, in order
	// Leaving are rules that EC2 still describes, but that were revoked or have a pending
	// revoke. They do not count as open.
	Leaving []Rule
	Claims  []Claim
	// Refused are the refused events that requested some of the traffic. Unclear are those with
	// unknown rules, such as malformed events. Both are in the order of refusal.
	Refused, Unclear []claim.Refusal
}

// About answers a question about a group. The refusals are the group's events that were
// refused before they became requests.
func About(s group.State, q Question, refusals ...claim.Refusal) Answer {
	g := view{State: s, decide: sync.OnceValue(s.Decide)}
	a := Answer{Verdict: q.verdict(s.Existing()), Claims: g.claims(q)}
	a.Rules = g.rules(q, a.Claims)
	a.Leaving = g.leaving(q, a.Claims)
	a.Refused, a.Unclear = refusedOf(q, refusals)
	return a
}

// refusedOf returns the refused events that requested some of the question's traffic, and
// those that may have done so.
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

// view is a state with its decision.
type view struct {
	group.State
	decide func() group.Decision
}
