// Package group holds one value with everything that sgkeeper knows about a security group,
// and derives the decision from it. Ensure, the fast path, the audit, explain, adopt, claims
// and plan build a [State] and use the same methods. So no two of them can see two different
// groups.
//
// A round goes through the package in one direction:
//
//   - Fill a [State] with the requests, the ledger and the settings.
//   - [State.Observe] adds the rules that EC2 describes, and derives the existing rules. These
//     are the described and the recently made ones, without those recently revoked and the
//     pending revokes.
//   - [State.Decide] returns the requests to refuse, the rules to revoke, authorize and
//     confirm, and the requests that wait, with the reasons. It is pure.
//   - After each effect, one of the methods in effects.go returns the next State, for example
//     [State.Made]. Decide again.
//   - [State.Next] returns the ledger for the next round.
//
// A State is immutable. Each method returns a new one and does not change its receiver.
package group

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// State is the knowledge of one security group at one time. An unknown field is zero. For
// example, offline there is no head and no ledger.
type State struct {
	Group        claim.Group
	Installation plan.Installation // owns the rules; "" owns none by its tags
	Offline      bool              // no key is known, so a matching installation tag counts as proof
	Untagged     bool              // new rules are made without tags
	Quota        plan.Quota
	Caps         plan.Caps
	Judge        func() plan.Judge // judges the live requests together; nil: no guardrails

	// Requests are all requests that rounds read, of any status, from [claim.ApplyEnds]. Loaded
	// is when they were read.
	Requests []claim.Request
	Ends     []claim.End
	Loaded   time.Time
	Head     lease.Head
	Ledger   claim.Ledger

	// Interrupted reports that this round follows an unreleased one: EC2 may hold sgkeeper
	// rules that the ledger does not name.
	Interrupted bool
	// Early reports that the table was read before the describe, without the lease. A round
	// may have begun in between, so its rules do not prove a lost history.
	Early bool
	// Sweep reports that no message caused this round.
	Sweep bool
	// Repeated holds the keys of this pass's requests. They are announced again, even if they
	// were served before.
	Repeated map[string]bool

	// Set by Observe.
	Now        time.Time
	Exists     bool             // EC2 has the group
	Unreadable *claim.Fault     // why sgkeeper may not describe the group, or nil
	Described  []secgroup.Entry // the group's rules as EC2 describes them

	Added   []secgroup.Entry // authorized in this round
	Removed []secgroup.Entry // revoked in this round

	proofs  map[described]plan.Proof // of the described rules that sgkeeper owns
	rules   []Rule
	pending []secgroup.Entry // pending revokes, with their rules if known
	round   memory
}

// described identifies a rule of a describe. Rules from files may lack ids.
type described struct {
	id   string
	rule secgroup.Rule
}

// memory holds EC2's answers in this round, beyond the ledger.
type memory struct {
	confirmed map[secgroup.Rule]bool  // EC2's answer to a write shows that the rule exists
	uncertain map[secgroup.Rule]bool  // EC2's answer does not show whether the rule exists
	unknown   map[string]bool         // by key: a holder that died may have made rules of the request
	faults    map[secgroup.Rule]Fault // rules that EC2 rejects
	unrevoked map[string]denial       // by rule id: EC2 did not revoke it
	attempted map[string]bool         // ids of rules that EC2 may have revoked, without an answer
	unsure    bool                    // a write was not answered: EC2 may hold rules that the ledger does not name

	// possible has the rules that a failed call, or a holder that died, may have made, and the last
	// time at which it could.
	possible map[secgroup.Rule]time.Time
}

// denial is the reason why EC2 did not revoke a rule.
type denial int

const (
	notFound denial = iota + 1 // EC2 does not know the id, or not yet
	denied                     // the role lacks a permission
)

// Fault is the reason why EC2 rejects a rule.
type Fault struct {
	Field, Problem string
	// Absent: the group or the peer does not exist, so no round can have served a request for
	// the rule.
	Absent bool
	// Silent: the rejection does not show that the rule does not exist. For example, IAM denies
	// a call without a look at its rules, and a group may have room for one of two rules.
	Silent bool
}

// Times after which a sweep serves a group without a ring.
const (
	// Certain is the time after which a describe reflects every earlier write.
	Certain = claim.Lag + time.Minute
	// NewGroup is how long EC2 may not know a new group. It is also how long a group must be
	// missing before its requests are refused.
	NewGroup = 5 * time.Minute

	verifyAfter = 5 * time.Minute // after writes, because EC2's describe may lag
	blindFor    = 2 * time.Minute // how long each round tries a revoke if no describe shows the rule
	checkAfter  = time.Hour
	retireAfter = Certain + 2*verifyAfter // how long former keys stay valid after the first round with a new key
)

// Observe returns the state with the rules that EC2 describes. Call it once a round
// and for each further describe.
func (s State) Observe(described []secgroup.Entry, now time.Time) State {
	s.Described, s.Exists, s.Now = described, true, now
	if s.round.attempted == nil {
		s.round.attempted = idsOf(s.Ledger.PendingRevokes, pendingID)
	}
	s.Ledger.Missing = time.Time{}
	s.Ledger.Revoked = claim.Recent(s.Ledger.Revoked, now)
	visible := s.visible()
	s.Ledger.Made = claim.Described(s.Ledger.Made, visible, now)
	s.Ledger.Untagged = claim.Known(s.Ledger.Untagged, visible, now)
	s.Ledger.PendingRevokes = s.stillPending()
	s = s.prove().learnedLimit().recognise(visible).possiblyMade()
	return s.derive()
}

// ObserveMissing returns the state of a group that EC2 does not know.
func (s State) ObserveMissing(now time.Time) State {
	s.Described, s.Exists, s.Now = nil, false, now
	if s.Ledger.Missing.IsZero() && !s.tooNew() {
		s.Ledger.Missing = now
	}
	return s
}

// tooNew reports whether a live request is so recent that EC2 may not know its group
// everywhere yet.
func (s State) tooNew() bool {
	for _, r := range s.Live() {
		if s.Now.Sub(r.Received) < NewGroup {
			return true
		}
	}
	return false
}

// Live returns the requests that are neither refused, expired nor ended. It reads no clock: a
// request counts until a sweep has marked it as expired.
func (s State) Live() []claim.Request { return claim.OpenOf(s.Requests) }

// DescribeLags reports whether EC2's describe may still change because of sgkeeper's own calls: a
// revoke is pending, or a rule was recently revoked. It closes the fast path.
func DescribeLags(l claim.Ledger, now time.Time) bool {
	return now.Before(l.Until) || len(l.PendingRevokes)+len(claim.Recent(l.Revoked, now)) > 0
}
