package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// The outputs, by their names in the outbox.
const (
	outputBus = "bus"
	outputHub = "securityhub"
)

// outputs returns the names of the outputs that are configured.
func (r *Recorder) outputs() (names []string) {
	if r.Bus != nil {
		names = append(names, outputBus)
	}
	if r.Hub != nil {
		names = append(names, outputHub)
	}
	return names
}

// deliver delivers the outbox of the stored report to each output, and confirms the changes that an
// output took. The run and its record are nil if the run has nothing to record. A failure of one
// output does not affect the others. If the confirmation fails, the next audit delivers again.
func (r *Recorder) deliver(ctx context.Context, run *Run, record *Record, stored base) (base, error) {
	took := make(map[string][]drift.Notice)
	var failed []error
	for i, output := range r.outputs() {
		delivering, cancel := r.share(ctx, len(r.outputs())-i+1)
		var err error
		switch output {
		case outputBus:
			took[output], err = r.publish(delivering, record, stored.report)
		case outputHub:
			took[output], err = r.importFindings(delivering, run, stored.report)
		}
		cancel()
		if err != nil {
			failed = append(failed, fmt.Errorf("deliver to %s: %w", output, err))
		}
	}
	stored, err := r.confirm(ctx, stored, took)
	return stored, errors.Join(append(failed, err)...)
}

// share returns a context with an equal share of the time that is left for some steps, by the clock of
// the deadline.
func (r *Recorder) share(ctx context.Context, steps int) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, deadline.Sub(r.Auditor.clock())/time.Duration(steps+1))
}

// confirm removes the changes that outputs took from the stored report's outbox. If another audit
// replaced the report meanwhile, it removes them from that one's.
func (r *Recorder) confirm(ctx context.Context, stored base, took map[string][]drift.Notice) (base, error) {
	if r.Store == nil || len(slices.Concat(took[outputBus], took[outputHub])) == 0 {
		return stored, nil
	}
	for attempt := 1; ; attempt++ {
		confirmed := stored.report
		for output, notices := range took {
			confirmed = confirmed.Confirm(output, notices)
		}
		version, err := r.Store.Commit(ctx, confirmed, stored.version)
		if err == nil {
			return base{confirmed, version, stored.auditor}, nil
		}
		if !errors.Is(err, ErrChanged) || attempt == maxSaves {
			return stored, fmt.Errorf("confirm what was delivered; the next audit delivers it again: %w", err)
		}
		latest, version, err := r.Store.Latest(ctx)
		if err != nil || latest == nil {
			return stored, err
		}
		stored.report, stored.version = latest, version
	}
}

// burst is the number of events after which the recorder gives up if the bus took none of them.
const burst = 100

// publish publishes the new and changed drifts, the severest first, and then that the audit is
// complete, with the closed drifts. It returns the changes that the bus took.
func (r *Recorder) publish(
	ctx context.Context, record *Record, report *drift.Report,
) (took []drift.Notice, err error) {
	found, closed := r.pending(report, outputBus)
	var failed []error
	for some := range slices.Chunk(found, burst) {
		out := make([]events.Out, len(some))
		for i, f := range some {
			out[i] = detected(f.drift, f.Notice)
		}
		before := len(took)
		for i, err := range r.Bus.Deliver(ctx, out...) {
			if err == nil {
				took = append(took, some[i].Notice)
			} else if !slices.Contains(failed, err) {
				failed = append(failed, err)
			}
		}
		if len(took) == before {
			break // the bus is down
		}
	}
	completed := r.completion(record, report)
	for first := true; first && record != nil || len(closed) > 0; first = false {
		some := closed[:min(len(closed), maxClosed)]
		closed = closed[len(some):]
		for _, n := range some {
			completed.Closed = append(completed.Closed, n.Drift)
		}
		if first && record != nil {
			record.Completed = completed
		}
		if err := r.Bus.Deliver(ctx, completed)[0]; err != nil {
			failed = append(failed, err)
			break
		}
		took, completed.Closed = append(took, some...), nil
	}
	return took, errors.Join(failed...)
}

// completion returns the event that an audit is complete, without its closed drifts. Without a record
// it is that of the latest audit, whose event may be lost.
func (r *Recorder) completion(record *Record, latest *drift.Report) events.AuditCompleted {
	if record != nil {
		completed := record.Completed
		completed.Closed = nil
		return completed
	}
	detected := 0
	for _, n := range latest.Outbox[outputBus].Notices {
		if n.Audit == latest.ID && n.Closed == nil && n.Was == nil {
			detected++
		}
	}
	return r.completed(latest, latest.Whole.Equal(latest.Started), detected)
}

// change is a notice with its drift.
type change struct {
	drift.Notice
	drift *drift.Drift
}

// pending returns the new and changed drifts that an output has not confirmed, the severest first,
// and the closed ones. Without a store there is no outbox of earlier audits.
func (r *Recorder) pending(report *drift.Report, output string) (found []change, closed []drift.Notice) {
	at := make(map[string]*drift.Drift)
	notices := report.Outbox[output].Notices
	for i := range notices {
		at[notices[i].Drift] = nil
	}
	for i := range report.Drifts {
		if d := &report.Drifts[i]; len(at) > 0 {
			if _, ok := at[d.ID]; ok {
				at[d.ID] = d
			}
		}
	}
	for _, n := range notices {
		if n.Closed != nil {
			at[n.Drift] = n.Closed
			closed = append(closed, n)
		}
	}
	for _, n := range notices {
		if d := at[n.Drift]; n.Closed == nil && d != nil {
			found = append(found, change{n, d})
		}
	}
	slices.SortStableFunc(found, func(a, b change) int { return cmp.Compare(b.drift.Severity, a.drift.Severity) })
	return found, closed
}

// importFindings imports the drifts of the groups that the run read, and those that Security Hub has
// not confirmed. It returns the changes that Security Hub took.
func (r *Recorder) importFindings(
	ctx context.Context, run *Run, report *drift.Report,
) (took []drift.Notice, err error) {
	found, closed := r.pending(report, outputHub)
	out := *report
	out.Closed, out.Drifts = nil, nil
	has := make(map[string]bool)
	if run != nil {
		out.Drifts = slices.Clone(run.only(report).Drifts)
		for i := range out.Drifts {
			has[out.Drifts[i].ID] = true
		}
	}
	for _, n := range closed {
		has[n.Drift] = true // of a closed drift, the finding is archived
		out.Closed = append(out.Closed, *n.Closed)
	}
	for _, f := range found {
		if !has[f.Notice.Drift] {
			out.Drifts = append(out.Drifts, *f.drift)
		}
	}
	refused, err := r.Hub.Import(ctx, &out)
	for _, f := range found {
		if !refused[f.Notice.Drift] {
			took = append(took, f.Notice)
		}
	}
	for _, n := range closed {
		if !refused[n.Drift] {
			took = append(took, n)
		}
	}
	return took, err
}
