// Package explain answers why a port of a security group is open or closed: which rules
// allow it, who made them, and what became of each request for it. It is pure.
//
// It asks the group's [group.State], as ensure and the audit do.
package explain

import (
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
}

// About answers a question about a group.
func About(s group.State, q Question) Answer {
	g := view{State: s, decision: s.Decide()}
	a := Answer{Verdict: q.verdict(s.Existing()), Claims: g.claims(q)}
	a.Rules = g.rules(q, a.Claims)
	a.Leaving = g.leaving(q, a.Claims)
	return a
}

// view is a state and the decision that follows from it.
type view struct {
	group.State
	decision group.Decision
}
