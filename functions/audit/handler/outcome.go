package handler

import (
	"context"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
)

// logChanges writes a line for each change of a group that is audited.
func (d *dispatcher) logChanges(ctx context.Context) {
	for _, g := range d.order {
		for _, c := range d.targets[g].Changes {
			d.log.InfoContext(ctx, "changed", "event", c.EventID, "call", c.Name, "actor", c.Actor, "group", g.String())
		}
	}
}

// logRecord writes the one line that reports an audit's outcome.
func (d *dispatcher) logRecord(ctx context.Context, r audit.Record, err error) {
	switch {
	case err != nil:
		d.log.ErrorContext(ctx, "audit failed", "audit", r.ID, "error", err)
	case r.Unfinished:
		d.log.InfoContext(ctx, "audit handed on", "audit", r.ID)
	case r.Passed:
		d.log.DebugContext(ctx, "audit found no managed group, so nothing was recorded", "audit", r.ID)
	case r.Repeated:
		d.log.InfoContext(ctx, "audit was finished before", "audit", r.ID)
	default:
		d.logReport(ctx, r)
	}
}

func (d *dispatcher) logReport(ctx context.Context, r audit.Record) {
	counts := r.Report.Counts()
	args := []any{
		"audit", r.ID, "groups", r.Report.Read, "unreadable", r.Report.Unreadable(),
		"unverified", r.Report.Unverified(),
		"detected", len(r.Detected), "closed", len(r.Report.Closed), "excepted", r.Report.Excepted, "rung", r.Rung,
		"took_ms", r.Report.Finished.Sub(r.Report.Started).Milliseconds(),
	}
	for s := drift.Critical; s >= drift.Informational; s-- {
		args = append(args, s.String(), counts[s])
	}
	if d.recorder.Store != nil {
		args = append(args, "report", d.recorder.Store.Where(r.ID))
	}
	d.log.InfoContext(ctx, "audit", args...)
}

// result returns the answer to a direct invocation.
func (d *dispatcher) result() events.AuditResult {
	result := events.AuditResult{Ignored: d.ignored, Reasons: d.faults}
	for _, r := range d.records {
		switch {
		case r.Passed:
			continue
		case r.Report == nil:
			result.Left = append(result.Left, r.ID)
			continue
		}
		result.Audits = append(result.Audits, r.Completed)
	}
	return result
}

// count writes an invocation's metrics, zeros too, so that alarms resolve. Metrics of groups
// come only from an invocation that finishes an audit.
func (h *Handler) count(d *dispatcher, cold bool, took time.Duration) {
	completed, left, rung, detected, closed := 0, 0, 0, 0, 0
	for _, r := range d.records {
		switch {
		case r.Unfinished:
			left++
		case r.Report != nil:
			completed++
			rung += r.Rung
			detected += len(r.Detected)
			closed += len(r.Report.Closed)
			h.countReport(d.owner, r)
		}
	}
	h.metrics.Emit(d.owner,
		runtime.Count("AuditsCompleted", completed),
		runtime.Count("AuditsHandedOn", left),
		runtime.Count("AuditsFailed", d.broken),
		runtime.Count("DriftsDetected", detected),
		runtime.Count("DriftsClosed", closed),
		runtime.Count("GroupsRung", rung),
		runtime.Count("EventsIgnored", d.ignored),
		runtime.Count("EventsRefused", d.refused),
		runtime.Metric{Name: "Duration", Unit: "Milliseconds", Value: float64(took.Milliseconds())},
	)
	if cold {
		h.metrics.Emit(d.owner, runtime.Count("ColdStart", 1))
	}
}

// countReport writes the metrics of all groups after an audit. There is no AuditAge before the first
// audit of all groups, so that its alarm does not resolve.
func (h *Handler) countReport(of plan.Installation, record audit.Record) {
	r := record.Report
	counts := r.Counts()
	since := func(at time.Time) float64 {
		if at.IsZero() {
			return 0
		}
		return max(0, h.now().Sub(at).Seconds())
	}
	metrics := []runtime.Metric{
		runtime.Count("DriftsCritical", counts[drift.Critical]),
		runtime.Count("DriftsHigh", counts[drift.High]),
		runtime.Count("DriftsMedium", counts[drift.Medium]),
		runtime.Count("DriftsLow", counts[drift.Low]),
		runtime.Count("DriftsInformational", counts[drift.Informational]),
		runtime.Count("GroupsAudited", r.Read),
		runtime.Count("GroupsKnown", len(r.Groups)),
		runtime.Count("Unreadable", r.Unreadable()),
		runtime.Count("DriftsUnverified", r.Unverified()),
		runtime.Count("RulesExcepted", r.Excepted),
		{Name: "OutboxAge", Unit: "Seconds", Value: since(record.Oldest)},
	}
	if !r.Whole.IsZero() {
		metrics = append(metrics, runtime.Metric{Name: "AuditAge", Unit: "Seconds", Value: since(r.Whole)})
	}
	h.metrics.Emit(of, metrics...)
}
