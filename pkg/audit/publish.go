package audit

import (
	"context"
	"errors"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// The limits of an event. It must stay below 256 KB, the bus's limit.
const (
	maxParts  = 100  // rules of the gap, and requests, that an event names
	maxWants  = 3    // rules that an event names for one request
	maxClosed = 1000 // closed drifts that an event names; a further event has the others
)

// event returns the event of a change.
func (c change) event() events.Out {
	if c.Closed != nil {
		return closedEvent(c.Notice)
	}
	return detected(c.drift, c.Notice)
}

// detected returns the event of a new or changed drift.
func detected(d *drift.Drift, n drift.Notice) events.DriftDetected {
	e := events.DriftDetected{
		Drift: d.ID, Kind: string(d.Kind), Severity: d.Severity.String(),
		Group:   events.Group{ID: d.Group.ID, Account: d.Group.Account, Region: d.Group.Region},
		Subject: d.Subject, Detail: d.Detail, Remedy: d.Remedy, Since: d.Since, Audit: n.Audit,
	}
	if n.Was != nil {
		e.Was = n.Was.String()
	}
	if d.HasRule() {
		e.Rule = &d.Rule
	}
	for _, gap := range d.Gap[:min(len(d.Gap), maxParts)] {
		e.Gap = append(e.Gap, secgroup.Entry{Rule: gap})
	}
	e.More = len(d.Gap) - len(e.Gap)
	for _, a := range d.Requests[:min(len(d.Requests), maxParts)] {
		e.Launches = append(e.Launches, requestEvent(a))
	}
	if c := d.Changed; c != (drift.Change{}) {
		e.Changed = &events.ChangedBy{EventID: c.EventID, Name: c.Name, Actor: c.Actor, At: c.At}
	}
	return e
}

// closedEvent returns the event of a closed drift.
func closedEvent(n drift.Notice) events.DriftClosed {
	d := n.Closed
	e := events.DriftClosed{
		Drift: d.ID, Kind: string(d.Kind), Severity: d.Severity.String(),
		Group:   events.Group{ID: d.Group.ID, Account: d.Group.Account, Region: d.Group.Region},
		Subject: d.Subject, Since: d.Since, Audit: n.Audit,
	}
	if d.HasRule() {
		e.Rule = &d.Rule
	}
	return e
}

func requestEvent(a drift.Request) events.DriftLaunch {
	e := events.DriftLaunch{
		Launch: a.Launch.Name, Account: a.Launch.Account, Since: a.Since, Until: a.Until, Status: string(a.Status),
		Relation: string(a.Relation),
	}
	for _, w := range a.Wants[:min(len(a.Wants), maxWants)] {
		e.Wants = append(e.Wants, secgroup.Entry{Rule: w})
	}
	e.More = a.More + len(a.Wants) - len(e.Wants)
	return e
}

// completed returns the events that an audit is complete, without the closed drifts.
func (r *Recorder) completed(report *drift.Report, all bool, detected int) events.AuditCompleted {
	e := events.AuditCompleted{
		Audit: report.ID, Installation: report.Installation, Started: report.Started, Finished: report.Finished,
		All: all, Groups: report.Read, Unreadable: report.Unreadable(), Unverified: report.Unverified(),
		Drifts: make(map[string]int), Detected: detected, Excepted: report.Excepted,
	}
	counts := report.Counts()
	for s := drift.Informational; s <= drift.Critical; s++ {
		e.Drifts[s.String()] = counts[s]
	}
	if r.Store != nil {
		e.Report = r.Store.Where(report.ID)
	}
	return e
}

// ring rings for the groups that the run read and that lack desired rules. Ensure then decides
// again and opens them. It repairs no other drift.
func (r *Recorder) ring(ctx context.Context, run *Run, record *Record) error {
	if r.Ringer == nil {
		return nil
	}
	read, rung := run.read(), make(map[claim.Group]bool)
	var failed []error
	for _, d := range record.Report.Drifts {
		if !d.Lacks() || !d.Unverified.IsZero() || !read[d.Group] || rung[d.Group] {
			continue
		}
		rung[d.Group] = true
		if err := r.Ringer.Ring(ctx, d.Group); err != nil {
			failed = append(failed, err)
			continue
		}
		record.Rung++
	}
	return errors.Join(failed...)
}
