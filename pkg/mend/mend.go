// Package mend carries out the plans of package repair in EC2, and undoes them.
//
// [Mender.Prepare] reads a group and returns a [Job] with its plan, and [Mender.Undo] one that gives
// the group its former rules again. [Mender.Perform] performs a job:
//
//   - It takes the group's lease, so that ensure writes nothing meanwhile.
//   - It reads the group again. If the plan would be another one now, it changes nothing.
//   - It makes one call for each step. After a failed authorize, it leaves the rules that the new rule
//     was to replace.
//   - It records the rules that serve launches as sgkeeper's, and frees the lease. The next sweep
//     serves the group.
//
// The caller writes the job's [Undo] to a file before it performs the job. Only people run this
// package, with their own credentials; the functions do not.
package mend

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/repair"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// Groups reads and writes security groups in EC2. Its errors are those of package ensure.
type Groups interface {
	Rules(ctx context.Context, g claim.Group) ([]secgroup.Entry, error)
	Facts(ctx context.Context, g claim.Group) (guard.Facts, error)
	Entries(ctx context.Context, account, region, id string) ([]netip.Prefix, error)
	Authorize(ctx context.Context, g claim.Group, rules []secgroup.Entry) ([]secgroup.Entry, error)
	Revoke(ctx context.Context, g claim.Group, rules []secgroup.Entry) error
	Tag(ctx context.Context, g claim.Group, id string, tags map[string]string) error
	Untag(ctx context.Context, g claim.Group, id string, tags map[string]string) error
	Describe(ctx context.Context, g claim.Group, e secgroup.Entry, description string) error
}

// Table is sgkeeper's table.
type Table interface {
	Load(ctx context.Context, g claim.Group) (ensure.GroupRecord, error)
	Perform(ctx context.Context, g claim.Group, s lease.State, l *claim.Ledger) (lease.Reply, claim.Ledger, error)
	Adopt(ctx context.Context, g claim.Group, rules []claim.Untagged) error
}

// Mender mends groups. Table may be nil: then Recorded holds its content, and no lease is taken.
type Mender struct {
	Groups Groups
	Table  Table
	// Recorded is the part of the table's content that a report has. It counts only without a Table.
	Recorded map[claim.Group]Recorded
	// Policy holds the installation, the exceptions and the guardrails.
	Policy drift.Policy
	Now    func() time.Time // nil: time.Now
}

// Recorded is the part of the table's record of a group that a report has.
type Recorded struct {
	Requests []claim.Request
	Frozen   string // why the group is frozen; "" if it is not
}

// Job is a plan for one group, and its results.
type Job struct {
	Group   claim.Group
	Plan    repair.Plan
	Former  repair.Former
	Results []Result // of the steps so far, in their order
	Err     error    // why the job ended early or was not begun; nil if every step was tried
	make    func(repair.Input) repair.Plan
	about   []secgroup.Entry // further rules with prefix lists that matter
}

// Result is the outcome of one step.
type Result struct {
	Step repair.Step
	// Err is nil if the step was done, or had no effect because it was done before.
	Err error
}

// ErrBusy says that a function writes to the group now.
var ErrBusy = errors.New("a function of sgkeeper serves the group now: run the command again in a minute")

// ErrChanged says that the group is not the one that was planned for.
var ErrChanged = errors.New("the group or its requests have changed since the plan was made, so nothing was changed: " +
	"run the command again")

// errSkipped says that a rule was kept because its replacement failed.
var errSkipped = errors.New("not tried, because a rule that replaces a part of it could not be made")

// Prepare returns the job that mends some drifts of a group.
func (m *Mender) Prepare(ctx context.Context, g claim.Group, drifts []drift.Drift) (*Job, error) {
	j := &Job{Group: g, make: func(in repair.Input) repair.Plan {
		in.Drifts = drifts
		return repair.Make(in)
	}}
	return j, m.plan(ctx, j)
}

// Undo returns the job that gives a group its former rules again. With force, it also restores rules
// that the guardrails refuse.
func (m *Mender) Undo(ctx context.Context, g claim.Group, f repair.Former, force bool) (*Job, error) {
	j := &Job{Group: g, about: f.Revoked, make: func(in repair.Input) repair.Plan { return repair.Back(in, f, force) }}
	return j, m.plan(ctx, j)
}

func (m *Mender) plan(ctx context.Context, j *Job) error {
	in, err := m.read(ctx, j)
	if err != nil {
		return err
	}
	j.Plan = j.make(in)
	j.Former = j.Plan.Former(in.Tags)
	return nil
}

// read reads the group as it is now.
func (m *Mender) read(ctx context.Context, j *Job) (in repair.Input, err error) {
	now := m.now()
	in = repair.Input{Group: j.Group, Installation: plan.Installation(m.Policy.Installation), Now: now,
		Requests: m.Recorded[j.Group].Requests, Frozen: m.Recorded[j.Group].Frozen, Guard: m.Policy.Guard}
	facts, err := m.Groups.Facts(ctx, j.Group)
	if err != nil {
		return in, err
	}
	in.Facts, in.Tags = &facts, facts.Tags
	in.Intended = m.Policy.Intended(j.Group, facts.Name, facts.Tags, now)
	var state group.State // without a table, no history is lost
	if m.Table != nil {
		record, err := m.Table.Load(ctx, j.Group)
		if err != nil {
			return in, err
		}
		in.Requests, in.Keys = claim.ApplyEnds(record.Requests, record.Ends), record.Ledger.ValidKeys(now)
		in.Frozen = record.Ledger.Frozen.String()
		state = group.State{Group: j.Group, Installation: in.Installation, Loaded: now, Head: record.Head,
			Ledger: record.Ledger}
	}
	if in.Entries, err = m.Groups.Rules(ctx, j.Group); err != nil {
		return in, err
	}
	in.HistoryLost = state.Observe(in.Entries, now).HistoryLost()
	in.Lists = m.lists(ctx, j, in)
	return in, nil
}

// lists reads the prefix lists that the guardrails may judge. An unreadable list stays unknown, so
// that the guardrails refuse to open it.
func (m *Mender) lists(ctx context.Context, j *Job, in repair.Input) map[string]guard.List {
	lists := make(map[string]guard.List)
	if in.Guard == nil {
		return lists
	}
	rules := slices.Concat(in.Entries, j.about)
	for _, r := range in.Requests {
		rules = append(rules, r.Rules...)
	}
	for _, e := range rules {
		id, ok := e.Rule.Peer.PrefixList()
		if _, known := lists[id]; !ok || known {
			continue
		}
		entries, err := m.Groups.Entries(ctx, j.Group.Account, j.Group.Region, id)
		if err != nil {
			lists[id] = guard.List{Problem: fmt.Sprintf("the entries of %s cannot be read: %v", id, err)}
			continue
		}
		lists[id] = guard.List{Entries: entries}
	}
	return lists
}

func (m *Mender) now() time.Time {
	if m.Now != nil {
		return m.Now()
	}
	return time.Now()
}
