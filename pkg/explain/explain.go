// Package explain answers why a port of a security group is open, and why it is
// closed: which rules admit it, whose they are, and what became of everything
// that launches asked there. It is pure, and it decides as ensure does, by the
// same cover, fold and plan.
package explain

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Group is all that is known of a group. What is not known is zero: offline
// there is no head, no ledger and no clock.
type Group struct {
	Entries  []secgroup.Entry
	Requests []claim.Request // all of them, whatever their status
	Refusals []claim.Refusal // events about the group that were refused before they became requests
	Owner    plan.Installation
	Quota    plan.Quota
	Head     lease.Head
	Ledger   claim.Ledger
	Now      time.Time
}

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
	Claims  []Claim
	// Refused are the refused events that asked for some of it, and Unclear those
	// whose rules are not all known, such as malformed ones. Both are in the order in
	// which they were refused.
	Refused, Unclear []claim.Refusal
}

// About answers a question about the group.
func (g Group) About(q Question) Answer {
	a := Answer{Verdict: q.verdict(g.Entries), Claims: g.claims(q)}
	a.Rules = g.rules(q, a.Claims)
	a.Refused, a.Unclear = g.refused(q)
	return a
}

// refused returns the refused events that asked for some of the question's traffic,
// and those that may have.
func (g Group) refused(q Question) (refused, unclear []claim.Refusal) {
	for _, r := range claim.RefusalsInOrder(g.Refusals) {
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

// plan is what ensure would do now.
func (g Group) plan() plan.Plan {
	return plan.Make(plan.Input{
		Entries: g.Entries, Requests: claim.OpenOf(g.Requests), Served: g.Ledger.Served,
		Ours: plan.Ownership(g.Owner, g.Ledger.Untagged), Quota: g.Quota,
	})
}
