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

// Recorder runs an audit from start to end: it audits, concludes with the latest report, stores the
// report, and then delivers it to the outputs. All fields but Auditor and Log may be nil. A nil
// field skips its step.
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

	// Commit replaces the latest report if that still has the version over, and returns the new
	// version. If not, it returns ErrChanged. After any other error, the report may be stored.
	Commit(ctx context.Context, latest *drift.Report, over Version) (Version, error)

	// Render writes the pages of the latest report, and the report of one audit. Both can be written
	// again at any time. The latest report has the version.
	Render(ctx context.Context, latest, found *drift.Report, version Version) error

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

// Bus publishes events. It returns an error for each event: nil if the bus took it.
type Bus interface {
	Deliver(ctx context.Context, out ...events.Out) []error
}

// Hub imports a report's drifts as findings, and archives those of closed drifts. It returns the ids
// of the drifts whose findings it may not have taken, and the reasons.
type Hub interface {
	Import(ctx context.Context, r *drift.Report) (refused map[string]bool, err error)
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
	// Completed is the event that was published. Its closed drifts may include those of earlier
	// audits.
	Completed events.AuditCompleted
	// Detected are the drifts that the previous report does not have.
	Detected []drift.Drift
	// Oldest is the time of the oldest change that an output has not confirmed; zero if there is
	// none.
	Oldest     time.Time
	Rung       int  // groups for which ensure was rung
	Unfinished bool // another invocation must continue it
	Repeated   bool // the run was finished before
	Passed     bool // no group belongs in a report, so nothing was recorded
}

// Begin runs an audit of a scope.
func (r *Recorder) Begin(ctx context.Context, s Scope) (Record, error) {
	b, err := r.latest(ctx)
	if err != nil {
		return Record{}, err
	}
	return r.work(ctx, b.auditor.Start(s), b)
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
	b, err := r.latest(ctx)
	if err != nil {
		return Record{ID: id}, err
	}
	return r.work(ctx, run, b)
}

// base is the latest report as it was read or written.
type base struct {
	report  *drift.Report // nil if there is none
	version Version
	auditor *Auditor // by the clock of the store
}

func (r *Recorder) latest(ctx context.Context) (b base, err error) {
	b.auditor = r.Auditor
	if r.Store == nil {
		return b, nil
	}
	asked := r.Auditor.clock()
	if b.report, b.version, err = r.Store.Latest(ctx); err == nil {
		b.auditor = r.Auditor.by(b.version.At, asked)
	}
	return b, err
}

// work continues a run. If the run is complete, it records it; otherwise another invocation
// continues it.
func (r *Recorder) work(ctx context.Context, run *Run, b base) (Record, error) {
	record := Record{ID: run.Report.ID}
	if b.report != nil && b.report.Has(record.ID) {
		record.Repeated = true
		r.settle(ctx, run, b)
		return record, nil
	}
	if run.begun = b.version.At; run.Scope.All && b.report != nil {
		b.report.MakeLean()
	}
	done, err := b.auditor.Continue(ctx, run, b.report)
	if err != nil {
		return record, fmt.Errorf("audit %s: %w", record.ID, err)
	}
	if !done {
		record.Unfinished = true
		return record, r.postpone(ctx, run)
	}
	if run.passes(b.report) {
		record.Passed = true
		r.settle(ctx, run, b)
		return record, nil
	}
	if err := r.record(ctx, run, &record, b); err != nil {
		return record, fmt.Errorf("audit %s: %w", record.ID, err)
	}
	r.drop(ctx, run)
	return record, nil
}

// settle ends a run that records nothing: it delivers what earlier audits left in the outbox.
func (r *Recorder) settle(ctx context.Context, run *Run, b base) {
	if b.report != nil && len(b.report.Outbox) > 0 {
		_, failed := r.deliver(ctx, nil, nil, b)
		r.warn(ctx, run.Report.ID, failed)
	}
	r.drop(ctx, run)
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

// drop deletes a run that was stored. If that fails, the run does no harm: its id is in the history.
func (r *Recorder) drop(ctx context.Context, run *Run) {
	if r.Runs == nil || run.Invocations < 2 {
		return
	}
	if err := r.Runs.DropRun(ctx, run.Report.ID); err != nil {
		r.Log.WarnContext(ctx, "a run that ended was not deleted", "audit", run.Report.ID, "error", err)
	}
}

// maxSaves limits the attempts to store an audit if other audits store theirs meanwhile.
const maxSaves = 5

// record concludes a run and stores the report, which has the changes in its outbox. From then on,
// no failure makes the message come again: the outbox of the stored report keeps each change until
// its output takes it.
func (r *Recorder) record(ctx context.Context, run *Run, record *Record, b base) error {
	stored, err := r.commit(ctx, run, record, b)
	if err != nil {
		return err
	}
	record.Completed = r.completed(record.Report, run.Scope.All, len(record.Detected))
	for _, d := range record.Report.Closed[:min(len(record.Report.Closed), maxClosed)] {
		record.Completed.Closed = append(record.Completed.Closed, d.ID)
	}
	failed := r.ring(ctx, run, record)
	stored, undelivered := r.deliver(ctx, run, record, stored)
	record.Oldest = stored.report.Oldest()
	failed = errors.Join(failed, undelivered)
	if r.Store != nil {
		rendering, cancel := share(ctx, 1)
		failed = errors.Join(failed, r.Store.Render(rendering, stored.report, run.only(record.Report), stored.version))
		cancel()
	}
	r.warn(ctx, record.ID, failed)
	return nil
}

func (r *Recorder) warn(ctx context.Context, id string, failed error) {
	if failed != nil {
		r.Log.ErrorContext(ctx, "the report is stored, but a later step failed", "audit", id, "error", failed)
	}
}

// commit concludes a run and stores the report. It does so again if another audit stored its report
// meanwhile. If a reply was lost, the history of the stored report shows whether it is this one.
func (r *Recorder) commit(ctx context.Context, run *Run, record *Record, b base) (base, error) {
	for attempt := 1; ; attempt++ {
		record.Report, record.Detected = b.auditor.Finish(run, b.report, r.outputs()...)
		if r.Store == nil {
			return base{record.Report, Version{}, b.auditor}, nil
		}
		if record.Report.HasLean() { // a group stays as the previous report has it
			latest, version, err := r.Store.Latest(ctx)
			if err != nil {
				return b, err
			}
			b.report, b.version = latest, version
			continue
		}
		b.report = nil // is not needed any more, and has much memory
		version, err := r.Store.Commit(ctx, record.Report, b.version)
		if err == nil {
			return base{record.Report, version, b.auditor}, nil
		}
		latest, version, failed := r.Store.Latest(ctx)
		switch {
		case failed != nil:
			return b, errors.Join(err, failed)
		case latest != nil && latest.Has(record.ID):
			return base{latest, version, b.auditor}, nil
		case !errors.Is(err, ErrChanged), attempt == maxSaves:
			return b, err
		}
		b.report, b.version = latest, version
	}
}
