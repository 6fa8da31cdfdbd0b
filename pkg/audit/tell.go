package audit

import (
	"context"
	"errors"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// The limits of one audit's events. One event must stay below 1 MB, the bus's limit.
const (
	// maxDetected is the number of drifts that get an event, the severest first. The report
	// has all.
	maxDetected = 1000

	maxParts  = 100
	maxClosed = 1000
)

// since returns the drifts that the previous report does not have, in order.
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

// only returns the report of only the groups that one run read.
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

// tell publishes the detected drifts that were not published yet.
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

// Unreadable counts the drifts about groups and other things that could not be read.
func (r *Report) Unreadable() (n int) {
	for i := range r.Drifts {
		if r.Drifts[i].Kind == Unknown {
			n++
		}
	}
	return n
}

// heal rings for the groups that lack desired rules. Ensure then decides anew and writes.
// Other drifts are not mended.
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

// lacks reports whether a desired rule is not wholly open, so that ensure would open it. A
// contested rule does not count, because ensure does not open it.
func (d Drift) lacks() bool {
	switch d.Kind {
	case Missing, NarrowedPorts, NarrowedSource, FamilyGap, PeerKindSwap:
		return true
	case Modified:
		return len(d.Asked) > 0
	}
	return false
}
