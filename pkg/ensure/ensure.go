// Package ensure is the write use case. It opens the rules of live launches, each exactly
// once, however many launches race. It closes each rule with the last launch that needs it.
//
// A launch takes one path through the package:
//
//   - [Ensurer.Serve] looks up the names and tags that messages need (lookup.go). It refuses
//     wrong requests (serve.go, record.go) and sorts the others by group.
//   - A pass takes one group through the protocol of package lease (pass.go). It performs
//     each effect that [lease.Step] names.
//   - Outside the lease it writes requests and ends, or takes the fast path of a repeat
//     (claim.go), and changes the head (head.go, coalesce.go).
//   - A round observes the group (observe.go, share.go). The result is a [group.State], and
//     [group.State.Decide] returns the decision.
//   - The round applies the decision (refuse.go, revoke.go, authorize.go, narrow.go). Each
//     effect returns a new State, and the round decides again. If EC2 throttles, passes take
//     turns (pace.go).
//   - It announces the outcome (publish.go, event_size.go) and releases the lease.
//   - outcome.go answers each message. [Ensurer.Sweep] makes passes without a message.
//
// parallel.go bounds how many groups are served at a time. ending.go continues the end of a
// launch in all its groups, from one invocation to the next.
package ensure

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/trace"
)

// Ensurer serves launch events. A field is required unless its comment allows nil or zero.
type Ensurer struct {
	Groups Groups
	Names  Names
	Claims Claims
	Ends   Ends
	Leases Leases
	Dues   Dues
	Bus    Bus // nil: no events are published
	Facts  Facts
	Lists  Lists
	Guard  *guard.Guard // nil: guardrails could not be loaded, so requests return to the queue
	Log    *slog.Logger

	Account  string            // its groups are served
	Region   string            // of the served groups
	Reach    Reach             // further accounts and Regions; zero: none
	Owner    plan.Installation // it owns the rules
	Quota    plan.Quota
	Refusals Refusals // nil: no record is kept of refused events
	Observe  bool     // decide and record, but write nothing to EC2
	// Instances and Launches make EC2 instances launches; nil: they are not.
	Instances Instances
	Launches  Launches
	// InstancesOff: events about instances are refused. Sweeps still end the requests of
	// terminated instances.
	InstancesOff bool
	Outages      *Outages // nil: a sweep repeats a failed call to describe instances at once
	// Untagged: rules are made without tags. The ledger's rule ids and the rules' signed
	// descriptions prove that sgkeeper owns them.
	Untagged bool

	// Invocation is the function's request id, which operators find in the log. The leases of
	// this invocation name it. It is "" if there is none.
	Invocation string

	// Contested, if it is not nil, counts the rules that a round held back because an outsider
	// keeps removing them.
	Contested *atomic.Int64

	// HistoryLost, if it is not nil, counts the rounds that revoked nothing because the table
	// has forgotten launches with existing rules.
	HistoryLost *atomic.Int64

	// Trace, if it is not nil, is called with each step of each pass, by several goroutines at
	// once. It sets the line's Function.
	Trace func(context.Context, trace.Line)

	// Swept, if it is not nil, is called with the counts of each sweep.
	Swept func(Swept)

	// Now reads the clock; nil means time.Now.
	Now func() time.Time

	sharing *sharing // of one invocation
}

func (e *Ensurer) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}
