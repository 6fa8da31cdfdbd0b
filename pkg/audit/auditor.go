package audit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// Auditor reads requests and groups, and compares them. All fields but Subjects, TableName, Now
// and Progress are required.
//
// It reads the groups that have the managed tag, and those in the table, in batches. One
// describe serves up to MaxIDs groups. Only the part of a batch that the report keeps stays in
// memory.
//
// The table is read before EC2, and launches come and go in between. So a group with drifts is
// read from the table again, and compared once more.
type Auditor struct {
	EC2    EC2
	Table  Table
	Policy drift.Policy
	// Places are the accounts and Regions to audit. A group of the table that is elsewhere is
	// an unknown drift.
	Places []Place
	// Subjects are inputs of the policy that were read before the audit, or that could not be.
	Subjects []Subject

	// TableName is the table's name for the report; "" if no command may name it.
	TableName string
	// Now reads the clock; nil means time.Now.
	Now func() time.Time
	// Progress is called now and then.
	Progress func(Progress)

	ahead time.Duration // of the clock of Now before that of the store of reports
}

// Subject is an input of the verdicts that was read before the audit.
type Subject struct {
	Input drift.Input // "" if no verdict depends on it
	Name  string      // as an unknown drift names it
	// Unread says why it could not be read; "" if it was. Then the last known exceptions apply, no
	// guardrails do, and an unknown drift says so.
	Unread string
}

// Progress says how far an audit has come.
type Progress struct {
	Groups int // read so far
	Known  int // known so far; it grows in an audit of all groups
	Rules  int
	Drifts int
}

// Scope selects the groups of an audit.
type Scope struct {
	All     bool     `json:"all,omitempty"` // every managed or requested group
	Targets []Target `json:"targets,omitempty"`
}

// Target is a group to audit, with the changes that caused the audit.
type Target struct {
	Group claim.Group `json:"group"`
	// Named says that a user named the group. Then the report has it even if it is neither
	// managed nor in the table.
	Named   bool         `json:"named,omitempty"`
	Changes []drift.Call `json:"changes,omitempty"` // the latest last
}

func (s Scope) changes() map[claim.Group][]drift.Call {
	changes := make(map[claim.Group][]drift.Call)
	for _, t := range s.Targets {
		changes[t.Group] = append(changes[t.Group], t.Changes...)
	}
	return changes
}

// named returns the groups that a user named.
func (s Scope) named() map[claim.Group]bool {
	named := make(map[claim.Group]bool)
	for _, t := range s.Targets {
		if t.Named {
			named[t.Group] = true
		}
	}
	return named
}

// Managed reports whether the tags of a group have the managed tag, which is key=value.
func Managed(tags map[string]string, managedTag string) bool {
	key, value, _ := strings.Cut(managedTag, "=")
	found, ok := tags[key]
	return ok && found == value
}

// ErrUnfinished says that the deadline came before every group was read.
var ErrUnfinished = errors.New("the deadline came before every group was read")

// Audit audits the groups of a scope and concludes with the previous report, which may be nil.
// It returns [ErrUnfinished] if time runs out.
func (a *Auditor) Audit(ctx context.Context, s Scope, previous *drift.Report) (*drift.Report, error) {
	run := a.Start(s)
	done, err := a.Continue(ctx, run, previous)
	if err == nil && !done {
		err = ErrUnfinished
	}
	if err != nil {
		return nil, err
	}
	report, _ := a.Finish(run, previous)
	return report, nil
}

// Start returns a new run. It reads nothing.
func (a *Auditor) Start(s Scope) *Run {
	now := a.now()
	r := &drift.Report{ID: newID(now), Installation: a.Policy.Installation, Table: a.TableName,
		Started: now.UTC()}
	return &Run{Scope: s, Report: r}
}

// newID returns an ID that sorts by time.
func newID(now time.Time) string {
	var suffix [4]byte
	rand.Read(suffix[:])
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(suffix[:])
}

// Finish returns the report of a complete run and its new drifts, by [drift.Conclude]. It leaves
// the run unchanged but for the order of its groups. The report's outbox has the changes for
// the outputs.
func (a *Auditor) Finish(r *Run, previous *drift.Report, outputs ...string) (*drift.Report, []drift.Drift) {
	r.Report.Sort()
	found := drift.Run{
		Report: *r.Report, All: r.Scope.All, Complete: r.Scope.All && !r.Unlisted, Passed: r.Passed,
		Gone: r.Gone, Readable: r.Readable, Outputs: outputs,
	}
	found.Finished, found.Read = a.now().UTC(), len(found.Groups)
	found.Exceptions = a.knowing(previous).Policy.Exceptions
	if found.Whole = found.Started; !r.Scope.All {
		found.Whole = time.Time{}
	}
	return drift.Conclude(previous, found)
}

// knowing returns the auditor with the last known exceptions if they could not be read.
func (a *Auditor) knowing(previous *drift.Report) *Auditor {
	if previous == nil || !slices.Contains(a.unread(), drift.Exceptions) {
		return a
	}
	known := *a
	known.Policy.Exceptions = previous.Exceptions
	return &known
}

// unread returns the inputs that could not be read before the audit.
func (a *Auditor) unread() (inputs []drift.Input) {
	for _, s := range a.Subjects {
		if s.Unread != "" {
			inputs = append(inputs, s.Input)
		}
	}
	return inputs
}

// now returns the time by the clock of the store of reports, if by has set that.
func (a *Auditor) now() time.Time { return a.clock().Add(-a.ahead) }

func (a *Auditor) clock() time.Time {
	if a.Now != nil {
		return a.Now()
	}
	return time.Now()
}

// accuracy is the difference between two clocks that does not count. The store's clock is read with
// an accuracy of a second, and its answer takes a while.
const accuracy = 2 * time.Second

// by returns the auditor with the store's clock. The store answered at a time by its clock, and after
// a time by the auditor's clock. So audits by functions with wrong clocks have their readings in
// order.
func (a *Auditor) by(store, asked time.Time) *Auditor {
	corrected := *a
	corrected.ahead = 0
	if store.IsZero() || store.After(asked.Add(-accuracy)) && store.Before(a.clock().Add(accuracy)) {
		return &corrected
	}
	corrected.ahead = asked.Sub(store)
	return &corrected
}
