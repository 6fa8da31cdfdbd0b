package audit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// Auditor reads requests and groups, and compares them. All fields but Unread, TableName, Now
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
	// Unread maps things that could not be read before the audit to the reasons. Each is an
	// unknown drift.
	Unread map[string]string

	// TableName is the table's name for the report; "" if no command may name it.
	TableName string
	// Now reads the clock; nil means time.Now.
	Now func() time.Time
	// Progress is called now and then.
	Progress func(Progress)
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
// the run unchanged.
func (a *Auditor) Finish(r *Run, previous *drift.Report) (report *drift.Report, added []drift.Drift) {
	found := drift.Run{
		Report: *r.Report, All: r.Scope.All, Complete: r.Scope.All && !r.Unlisted, Passed: r.Passed,
	}
	found.Finished, found.Read = a.now().UTC(), len(found.Groups)
	if found.Whole = found.Started; !r.Scope.All {
		found.Whole = time.Time{}
	}
	return drift.Conclude(previous, found)
}

func (a *Auditor) now() time.Time {
	if a.Now != nil {
		return a.Now()
	}
	return time.Now()
}
