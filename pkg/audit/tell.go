package audit

import (
	"context"
	"errors"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// What bounds the events of one audit, and one event, which must stay below the
// bus's 1 MB.
const (
	// maxDetected is how many drifts of one audit have an event of their own,
	// the severest. All are in the report.
	maxDetected = 1000

	maxParts  = 100
	maxClosed = 1000
)

// since returns the drifts that the report before does not know, in order.
func (r *Report) since(previous *Report) (fresh []Drift) {
	known := make(map[string]bool)
	if previous != nil {
		for _, drifts := range [][]Drift{previous.Drifts, previous.Carried} {
			for i := range drifts {
				known[drifts[i].ID] = true
			}
		}
	}
	for _, d := range r.Drifts {
		if !known[d.ID] {
			fresh = append(fresh, d)
		}
	}
	return fresh
}

// only is the report of what one run looked at.
func (r *Report) only(run *Run) *Report {
	if run.Scope.All {
		return r
	}
	looked := run.looked()
	found := *r
	found.Groups, found.Drifts, found.Carried = nil, nil, nil
	for _, g := range r.Groups {
		if looked[g.Group] {
			found.Groups = append(found.Groups, g)
		}
	}
	for _, d := range r.Drifts {
		if looked[d.Group] {
			found.Drifts = append(found.Drifts, d)
		}
	}
	return &found
}

// tell publishes what is new and was not told.
func (r *Recorder) tell(ctx context.Context, record *Record, told map[string]bool) error {
	var out []events.Out
	for _, d := range record.Detected[:min(len(record.Detected), maxDetected)] {
		if !told[d.ID] {
			out = append(out, detected(d, record.ID))
			told[d.ID] = true
		}
	}
	return r.publish(ctx, out...)
}

func detected(d Drift, id string) events.DriftDetected {
	e := events.DriftDetected{
		Drift: d.ID, Kind: string(d.Kind), Severity: d.Severity.String(),
		Group:   events.Group{ID: d.Group.ID, Account: d.Group.Account, Region: d.Group.Region},
		Subject: d.Subject, Detail: d.Detail, Remedy: d.Remedy, Since: d.Since, Audit: id,
	}
	if d.hasRule() {
		e.Rule = &d.Rule
	}
	for _, gap := range d.Gap[:min(len(d.Gap), maxParts)] {
		e.Gap = append(e.Gap, secgroup.Entry{Rule: gap})
	}
	e.More = len(d.Gap) - len(e.Gap)
	for _, a := range d.Asked[:min(len(d.Asked), maxParts)] {
		e.Asked = append(e.Asked, askerEvent(a))
	}
	if c := d.Changed; c != (Change{}) {
		e.Changed = &events.ChangedBy{EventID: c.EventID, Name: c.Name, Actor: c.Actor, At: c.At}
	}
	return e
}

func askerEvent(a Asker) events.Asker {
	e := events.Asker{
		Launch: a.Launch.Name, Account: a.Launch.Account, Since: a.Since, Until: a.Until, Status: string(a.Status),
		Relation: string(a.Relation),
	}
	for _, w := range a.Wants[:min(len(a.Wants), named)] {
		e.Wants = append(e.Wants, secgroup.Entry{Rule: w})
	}
	e.More = a.More + len(a.Wants) - len(e.Wants)
	return e
}

func (r *Recorder) completed(run *Run, record *Record) events.AuditCompleted {
	report := record.Report
	e := events.AuditCompleted{
		Audit: report.ID, Installation: report.Installation, Started: report.Started, Finished: report.Finished,
		All: run.Scope.All, Groups: report.Looked, Unreadable: report.Unreadable(), Drifts: make(map[string]int),
		Detected: len(record.Detected), Excepted: report.Excepted,
	}
	counts := report.Counts()
	for s := Informational; s <= Critical; s++ {
		e.Drifts[s.String()] = counts[s]
	}
	for _, d := range report.Closed[:min(len(report.Closed), maxClosed)] {
		e.Closed = append(e.Closed, d.ID)
	}
	if r.Store != nil {
		e.Report = r.Store.Where(report.ID)
	}
	return e
}

// Unreadable is how many things could not be read: groups, and what is no group.
func (r *Report) Unreadable() (n int) {
	for i := range r.Drifts {
		if r.Drifts[i].Kind == Unknown {
			n++
		}
	}
	return n
}

// heal rings for the groups that lack rules which are asked. Ensure then decides
// anew, and writes. Nothing else is mended.
func (r *Recorder) heal(ctx context.Context, run *Run, record *Record) error {
	if r.Bells == nil {
		return nil
	}
	looked, rung := run.looked(), make(map[claim.Group]bool)
	var failed []error
	for _, d := range record.Report.Drifts {
		if !d.lacks() || !looked[d.Group] || rung[d.Group] {
			continue
		}
		rung[d.Group] = true
		if err := r.Bells.Ring(ctx, d.Group); err != nil {
			failed = append(failed, err)
			continue
		}
		record.Rung++
	}
	return errors.Join(failed...)
}

// lacks reports whether a rule that is asked is not open, or not wholly: what
// ensure would open. A contested one it holds back by itself.
func (d Drift) lacks() bool {
	switch d.Kind {
	case Missing, NarrowedPorts, NarrowedSource, FamilyGap, PeerKindSwap:
		return true
	case Modified:
		return len(d.Asked) > 0
	}
	return false
}
