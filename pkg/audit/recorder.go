package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// Recorder runs an audit from start to end: it audits, concludes with the latest report,
// publishes new drifts, and stores the report. All fields but Auditor and Log may be nil. A
// nil field skips its step.
type Recorder struct {
	Auditor *Auditor
	Store   Store
	Runs    Runs // required if there is a Queue
	Bus     Bus
	Hub     Hub
	Ringer  Ringer
	Queue   Queue
	Log     *slog.Logger
}

// Store keeps reports.
type Store interface {
	// Latest returns the latest results for every group and their version. The report is nil
	// if there is none.
	Latest(ctx context.Context) (r *drift.Report, version Version, err error)

	// Save stores the report of one audit. It also replaces the latest report if that still
	// has the version over; if not, it returns ErrChanged.
	Save(ctx context.Context, latest, found *drift.Report, over Version) error

	// Where returns the URI of an audit's report.
	Where(id string) string
}

// Version identifies a stored report as it was read.
type Version struct {
	Tag string // "" if there is no report
	// At is the time of the answer by the store's clock, which is AWS's; zero if unknown.
	At time.Time
}

// Runs keeps unfinished runs.
type Runs interface {
	// Run returns a run, or nil if it is not kept.
	Run(ctx context.Context, id string) (*Run, error)
	SaveRun(ctx context.Context, r *Run) error
	DropRun(ctx context.Context, id string) error
}

// Bus publishes events.
type Bus interface {
	Publish(ctx context.Context, out ...events.Out) error
}

// Hub imports a report's drifts as findings, and archives those of closed drifts.
type Hub interface {
	Import(ctx context.Context, r *drift.Report) error
}

// Ringer rings for a group, so that ensure serves it.
type Ringer interface {
	Ring(ctx context.Context, g claim.Group) error
}

// Queue sends a message to another invocation, which receives it after a delay. For example, that
// invocation continues a run.
type Queue interface {
	Send(ctx context.Context, body string, delay time.Duration) error
}

// ErrChanged says that another audit replaced the latest report after it was read.
var ErrChanged = errors.New("another audit replaced the latest report after it was read")

// Record is the outcome of one audit.
type Record struct {
	ID     string
	Report *drift.Report // nil if the audit did not finish
	// Completed is the event that was published.
	Completed events.AuditCompleted
	// Detected are the drifts that the previous report does not have.
	Detected   []drift.Drift
	Rung       int  // groups for which ensure was rung
	Unfinished bool // another invocation must continue it
	Repeated   bool // the run was finished before
	Passed     bool // no group belongs in a report, so nothing was recorded
}

// Begin runs an audit of a scope.
func (r *Recorder) Begin(ctx context.Context, s Scope) (Record, error) {
	return r.work(ctx, r.Auditor.Start(s))
}

// Resume continues an unfinished run. If the run is not kept, it was finished before.
func (r *Recorder) Resume(ctx context.Context, id string) (Record, error) {
	if r.Runs == nil {
		return Record{}, fmt.Errorf("continue %s: this installation stores no reports, and so no runs", id)
	}
	run, err := r.Runs.Run(ctx, id)
	switch {
	case err != nil:
		return Record{}, fmt.Errorf("continue %s: %w", id, err)
	case run == nil:
		return Record{ID: id, Repeated: true}, nil
	}
	return r.work(ctx, run)
}

// work continues a run. If the run is complete, it records it; otherwise another invocation
// continues it.
func (r *Recorder) work(ctx context.Context, run *Run) (Record, error) {
	record := Record{ID: run.Report.ID}
	previous, version, err := r.latest(ctx)
	if err != nil {
		return record, err
	}
	if previous != nil && previous.Has(record.ID) {
		record.Repeated = true
		return record, r.drop(ctx, run)
	}
	run.begun = version.At
	done, err := r.Auditor.Continue(ctx, run, previous)
	if err != nil {
		return record, fmt.Errorf("audit %s: %w", record.ID, err)
	}
	if !done {
		record.Unfinished = true
		return record, r.postpone(ctx, run)
	}
	if run.passes(previous) {
		record.Passed = true
		return record, r.drop(ctx, run)
	}
	if err := r.record(ctx, run, &record, previous, version); err != nil {
		return record, fmt.Errorf("audit %s: %w", record.ID, err)
	}
	return record, r.drop(ctx, run)
}

func (r *Recorder) latest(ctx context.Context) (*drift.Report, Version, error) {
	if r.Store == nil {
		return nil, Version{}, nil
	}
	return r.Store.Latest(ctx)
}

// postpone stores a run and sends the message with which another invocation continues it.
func (r *Recorder) postpone(ctx context.Context, run *Run) error {
	if r.Queue == nil || r.Runs == nil {
		return fmt.Errorf("audit %s: %w, and without a queue and a store no other invocation can continue it",
			run.Report.ID, ErrUnfinished)
	}
	if err := r.Runs.SaveRun(ctx, run); err != nil {
		return err
	}
	if err := r.Queue.Send(ctx, `{"sgkeeper":"audit","continue":"`+run.Report.ID+`"}`, 0); err != nil {
		return fmt.Errorf("send the message that continues the audit %s: %w", run.Report.ID, err)
	}
	return nil
}

// drop deletes a run that was stored.
func (r *Recorder) drop(ctx context.Context, run *Run) error {
	if r.Runs == nil || run.Invocations < 2 {
		return nil
	}
	return r.Runs.DropRun(ctx, run.Report.ID)
}

// maxSaves limits the attempts to store an audit if other audits store theirs meanwhile.
const maxSaves = 5

// record concludes a run, publishes its new drifts, and stores the report. It does so again if
// another audit stored its report meanwhile. It publishes new drifts before it stores them, so
// that none is lost. Some may be published twice.
func (r *Recorder) record(
	ctx context.Context, run *Run, record *Record, previous *drift.Report, version Version,
) error {
	published := make(map[string]bool)
	for attempt := 1; ; attempt++ {
		report, added := r.Auditor.Finish(run, previous)
		record.Report, record.Detected = report, added
		if err := r.publishDetected(ctx, record, published); err != nil {
			return err
		}
		err := r.save(ctx, report, run, version)
		if err == nil {
			break
		}
		if !errors.Is(err, ErrChanged) || attempt == maxSaves {
			return err
		}
		if previous, version, err = r.latest(ctx); err != nil {
			return err
		}
	}
	failed := r.ring(ctx, run, record)
	if r.Hub != nil {
		failed = errors.Join(failed, r.Hub.Import(ctx, run.only(record.Report)))
	}
	if failed != nil { // the next audit repeats the work
		r.Log.ErrorContext(ctx, "the report is stored, but a later step failed", "audit", record.ID, "error", failed)
	}
	record.Completed = r.completed(run, record)
	return r.publish(ctx, record.Completed)
}

func (r *Recorder) save(ctx context.Context, latest *drift.Report, run *Run, version Version) error {
	if r.Store == nil {
		return nil
	}
	return r.Store.Save(ctx, latest, run.only(latest), version)
}

func (r *Recorder) publish(ctx context.Context, out ...events.Out) error {
	if r.Bus == nil || len(out) == 0 {
		return nil
	}
	return r.Bus.Publish(ctx, out...)
}
