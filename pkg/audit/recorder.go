package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// Recorder takes an audit all the way: it looks, concludes by what is on record,
// publishes what is new, and puts it on record. All fields but Auditor and Log
// may be nil: nothing is kept, published, healed, or handed on then.
type Recorder struct {
	Auditor *Auditor
	Store   Store
	Runs    Runs // needed where there is a Queue
	Bus     Bus
	Hub     Hub
	Bells   Bells
	Queue   Queue
	Log     *slog.Logger
}

// Store keeps reports.
type Store interface {
	// Latest returns what is known of every group, nil where there is none, and
	// its version.
	Latest(ctx context.Context) (r *Report, version string, err error)

	// Save keeps what one audit found, and the latest over the version that was
	// read before. It returns ErrChanged where that is not the version any more.
	Save(ctx context.Context, latest, found *Report, over string) error

	// Where says where the report of an audit is kept, as an URI.
	Where(id string) string
}

// Runs keeps runs that are left unfinished.
type Runs interface {
	// Run returns a run, nil where there is none.
	Run(ctx context.Context, id string) (*Run, error)
	SaveRun(ctx context.Context, r *Run) error
	DropRun(ctx context.Context, id string) error
}

// Bus takes the events that go out, as that of package ensure.
type Bus interface {
	Publish(ctx context.Context, out ...events.Out) error
}

// Hub takes findings: what a report has found, and as archived what it closed.
type Hub interface {
	Import(ctx context.Context, r *Report) error
}

// Bells have ensure look at a group.
type Bells interface {
	Ring(ctx context.Context, g claim.Group) error
}

// Queue carries a message to whoever continues a run.
type Queue interface {
	Send(ctx context.Context, body string) error
}

// ErrChanged: another audit wrote the latest report since it was read.
var ErrChanged = errors.New("another audit wrote the latest report meanwhile")

// Record is what became of one audit.
type Record struct {
	ID     string
	Report *Report // nil: it was not finished
	// Completed is what was published of it.
	Completed events.AuditCompleted
	// Detected are the drifts that the audit before did not know.
	Detected []Drift
	Rung     int  // groups that ensure was rung for
	Left     bool // to be continued by another invocation
	Repeated bool // it was continued and finished before: there was nothing to do
}

// Begin takes an audit of a scope.
func (r *Recorder) Begin(ctx context.Context, s Scope) (Record, error) {
	return r.take(ctx, r.Auditor.Start(s))
}

// maxLegs is how often a run is continued: one that does not come to an end is
// given up.
const maxLegs = 100

// Resume continues a run that was left unfinished. One that is not there was
// finished before.
func (r *Recorder) Resume(ctx context.Context, id string) (Record, error) {
	if r.Runs == nil {
		return Record{}, fmt.Errorf("continue %s: no reports are kept, and so no runs", id)
	}
	run, err := r.Runs.Run(ctx, id)
	switch {
	case err != nil:
		return Record{}, fmt.Errorf("continue %s: %w", id, err)
	case run == nil:
		return Record{ID: id, Repeated: true}, nil
	case run.Legs >= maxLegs:
		return Record{}, errors.Join(fmt.Errorf("the audit %s did not end after %d invocations, and is given up", id, run.Legs), r.Runs.DropRun(ctx, id))
	}
	return r.take(ctx, run)
}

func (r *Recorder) take(ctx context.Context, run *Run) (Record, error) {
	record := Record{ID: run.Report.ID}
	previous, version, err := r.latest(ctx)
	if err != nil {
		return record, err
	}
	if previous.has(record.ID) {
		record.Repeated = true
		return record, r.drop(ctx, run)
	}
	done, err := r.Auditor.Continue(ctx, run, previous)
	if err != nil {
		return record, fmt.Errorf("audit %s: %w", record.ID, err)
	}
	if !done {
		record.Left = true
		return record, r.hand(ctx, run)
	}
	if err := r.record(ctx, run, &record, previous, version); err != nil {
		return record, fmt.Errorf("audit %s: %w", record.ID, err)
	}
	return record, r.drop(ctx, run)
}

func (r *Recorder) latest(ctx context.Context) (*Report, string, error) {
	if r.Store == nil {
		return nil, "", nil
	}
	return r.Store.Latest(ctx)
}

// has reports whether an audit is in the history.
func (r *Report) has(id string) bool {
	return r != nil && slices.ContainsFunc(r.History, func(p Point) bool { return p.ID == id })
}

// hand keeps a run and has another invocation continue it.
func (r *Recorder) hand(ctx context.Context, run *Run) error {
	if r.Queue == nil || r.Runs == nil {
		return fmt.Errorf("audit %s: %w, and there is no queue and store to hand on what is left", run.Report.ID, ErrUnfinished)
	}
	if err := r.Runs.SaveRun(ctx, run); err != nil {
		return err
	}
	if err := r.Queue.Send(ctx, `{"sgkeeper":"audit","continue":"`+run.Report.ID+`"}`); err != nil {
		return fmt.Errorf("hand on %s: %w", run.Report.ID, err)
	}
	return nil
}

// drop forgets a run that was handed on.
func (r *Recorder) drop(ctx context.Context, run *Run) error {
	if r.Runs == nil || run.Legs < 2 {
		return nil
	}
	return r.Runs.DropRun(ctx, run.Report.ID)
}

// saves is how often an audit is put on record anew since another one was
// meanwhile.
const saves = 5

// record concludes, publishes and keeps, until no other audit comes between.
// What is new is published before it is kept: rather twice than never.
func (r *Recorder) record(ctx context.Context, run *Run, record *Record, previous *Report, version string) error {
	told := make(map[string]bool)
	for attempt := 1; ; attempt++ {
		report := r.Auditor.Finish(run, previous)
		record.Report, record.Detected = report, report.since(previous)
		if err := r.tell(ctx, record, told); err != nil {
			return err
		}
		err := r.keep(ctx, report, run, version)
		if err == nil {
			break
		}
		if !errors.Is(err, ErrChanged) || attempt == saves {
			return err
		}
		if previous, version, err = r.latest(ctx); err != nil {
			return err
		}
	}
	var failed []error
	failed = append(failed, r.heal(ctx, run, record))
	if r.Hub != nil {
		failed = append(failed, r.Hub.Import(ctx, record.Report.only(run)))
	}
	r.complain(ctx, record.ID, errors.Join(failed...))
	record.Completed = r.completed(run, record)
	return r.publish(ctx, record.Completed)
}

// complain logs what failed after the audit was on record: the next one does it
// again.
func (r *Recorder) complain(ctx context.Context, id string, err error) {
	if err != nil {
		r.Log.ErrorContext(ctx, "the audit is on record, and not all came of it", "audit", id, "error", err)
	}
}

func (r *Recorder) keep(ctx context.Context, latest *Report, run *Run, version string) error {
	if r.Store == nil {
		return nil
	}
	return r.Store.Save(ctx, latest, latest.only(run), version)
}

func (r *Recorder) publish(ctx context.Context, out ...events.Out) error {
	if r.Bus == nil || len(out) == 0 {
		return nil
	}
	return r.Bus.Publish(ctx, out...)
}
