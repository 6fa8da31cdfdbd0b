// Package ensure is the write use case. It opens the rules that live launches ask for,
// each exactly once, however many launches race, and closes each with the last launch
// that needs it.
//
// A launch takes one path through the package:
//
//   - [Ensurer.Serve] looks up the names and tags that messages depend on (lookup.go). It
//     refuses wrong requests (serve.go, record.go) and sorts the others by group.
//   - A pass takes one group through the protocol of package lease (pass.go). It performs
//     each effect that [lease.Step] names.
//   - Outside the lease it writes requests and ends, or takes the fast path of a repeat
//     (claim.go), and changes the head (head.go, coalesce.go).
//   - A round observes the group (observe.go). The result is a [group.State], and
//     [group.State.Decide] returns the decision that follows from it.
//   - The round applies the decision (refuse.go, revoke.go, authorize.go, narrow.go). Each
//     effect returns a new State, and the decision is made anew.
//   - It announces the outcome (publish.go, fit.go) and releases the lease.
//   - outcome.go answers each message. [Ensurer.Sweep] makes passes that no message causes.
//
// crew.go bounds how many groups are served at a time. ending.go brings the end of a
// launch to all its groups, from one invocation to the next.
package ensure

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/guard"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
)

// Ensurer serves launch events. All fields but Reach, Bus, Refusals and Now are
// required.
type Ensurer struct {
	Groups Groups
	Names  Names
	Claims Claims
	Ends   Ends
	Leases Leases
	Dues   Dues
	Bus    Bus // nil: no events go out
	Facts  Facts
	Lists  Lists
	Guard  *guard.Guard // nil: none could be loaded, so that requests must come again
	Log    *slog.Logger

	Account  string            // served groups are in this account
	Region   string            // and Region
	Reach    Reach             // and in others
	Owner    plan.Installation // its rules are ours
	Quota    plan.Quota
	Refusals Refusals // nil: no record is kept of refused events
	Observe  bool     // decide and record, but write nothing to EC2
	// Instances and Launches have EC2 instances be launches; nil: they are not.
	Instances Instances
	Launches  Launches
	// InstancesOff: events about instances are refused. Sweeps end the requests of
	// instances all the same when these terminate.
	InstancesOff bool
	Outages      *Outages // nil: a sweep describes instances although the call has failed just now
	// Untagged: rules are made without tags. Their ids in the ledger, and their signed
	// descriptions, prove that they are ours.
	Untagged bool

	// Invocation names the invocation on the leases that it holds, for people: the
	// function's request id, as its log has it. "" where there is none.
	Invocation string

	// Contested, where it is not nil, counts the rules that a round held back
	// since somebody else keeps removing them.
	Contested *atomic.Int64

	// HistoryLost, if it is not nil, counts the rounds that revoked nothing because the
	// table has forgotten launches whose rules exist.
	HistoryLost *atomic.Int64

	// Swept, if it is not nil, is called with the counts of each sweep.
	Swept func(Swept)

	// Now reads the clock; nil means time.Now.
	Now func() time.Time
}

func (e *Ensurer) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}
