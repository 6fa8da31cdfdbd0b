package audit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// Auditor reads what launches ask and what groups hold, and compares. All fields
// but Unread, Now and Progress are required.
//
// It reads the groups that bear the managed tag, and those in the table, in
// batches: one describe serves up to MaxIDs groups, and of one batch only what
// the report keeps stays in memory. A group that seems to have drifted is
// compared once more with what is asked of it now: what was read of the table
// is older than what was read of EC2, and launches come and go between.
type Auditor struct {
	Groups Groups
	Around Around
	Claims Claims
	Policy Policy
	// Places are those that are audited. A group in the table that is elsewhere
	// is unknown.
	Places []Place
	// Unread is what could not be read before the audit began, and why. Each is
	// an unknown drift.
	Unread map[string]string

	// Now reads the clock; nil means time.Now.
	Now func() time.Time
	// Progress is told, now and then, how far an audit is.
	Progress func(Progress)
}

// Progress is how far an audit is.
type Progress struct {
	Groups int // looked at
	Known  int // so far known of; of an audit of all groups it grows
	Rules  int
	Drifts int
}

// Scope says which groups an audit looks at.
type Scope struct {
	All     bool     `json:"all,omitempty"` // every group there is
	Targets []Target `json:"targets,omitempty"`
}

// Target is a group to look at, and what changed it.
type Target struct {
	Group   claim.Group `json:"group"`
	Changes []Change    `json:"changes,omitempty"` // the latest last
}

func (s Scope) changes() map[claim.Group][]Change {
	changes := make(map[claim.Group][]Change)
	for _, t := range s.Targets {
		changes[t.Group] = append(changes[t.Group], t.Changes...)
	}
	return changes
}

// managed reports whether a group bears the managed tag.
func (a *Auditor) managed(tags map[string]string) bool {
	key, value, _ := strings.Cut(a.Policy.ManagedTag, "=")
	found, ok := tags[key]
	return ok && found == value
}

// ErrUnfinished: the deadline came before every group was looked at.
var ErrUnfinished = errors.New("the deadline came before every group was looked at")

// Audit looks at all groups of a scope and concludes by the audit before; nil:
// there was none. The error is [ErrUnfinished] where time ran out.
func (a *Auditor) Audit(ctx context.Context, s Scope, previous *Report) (*Report, error) {
	run := a.Start(s)
	done, err := a.Continue(ctx, run, previous)
	if err == nil && !done {
		err = ErrUnfinished
	}
	if err != nil {
		return nil, err
	}
	return a.Finish(run, previous), nil
}

// Start begins a run. It reads nothing.
func (a *Auditor) Start(s Scope) *Run {
	now := a.now()
	return &Run{Scope: s, Report: &Report{ID: newID(now), Installation: a.Policy.Installation, Started: now.UTC()}}
}

// newID returns an ID in the order of time.
func newID(now time.Time) string {
	var suffix [4]byte
	rand.Read(suffix[:])
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(suffix[:])
}

// Finish concludes a run that is done, as Conclude does. It leaves the run as it
// is. What an audit of some groups did not look at is as the audit before found
// it, and so is what that one looked at later than this.
func (a *Auditor) Finish(r *Run, previous *Report) *Report {
	report := *r.Report
	report.Finished = a.now().UTC()
	report.Looked = len(report.Groups)
	report.Groups, report.Drifts = slices.Clone(report.Groups), slices.Clone(report.Drifts)
	if report.Whole = report.Started; !r.Scope.All {
		report.Whole = time.Time{}
	}
	if previous != nil {
		report.merge(previous, r.Scope.All)
	}
	report.known(previous)
	Conclude(&report, previous, r.Scope.All && !r.Blind)
	return &report
}

func (a *Auditor) now() time.Time {
	if a.Now != nil {
		return a.Now()
	}
	return time.Now()
}
