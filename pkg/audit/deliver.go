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
		delivering, cancel := share(ctx, len(r.outputs())-i+1)
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

// share returns a context with an equal share of the time that is left for some steps.
func share(ctx context.Context, steps int) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, time.Until(deadline)/time.Duration(steps+1))
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

// publish publishes the new and changed drifts, the severest first, then the closed ones, and that the
// audit is complete. It returns the changes that the bus took. Of a closed drift, these are its own
// event and the one that names its id.
func (r *Recorder) publish(
	ctx context.Context, record *Record, report *drift.Report,
) (took []drift.Notice, err error) {
	found, closed := r.pending(report, outputBus)
	took, err = r.announce(ctx, slices.Concat(found, closed))
	failed, named := []error{err}, make(map[string]bool)
	completed := r.completion(record, report)
	for first := true; first && record != nil || len(closed) > 0; first = false {
		completed.Closed = nil
		for _, c := range closed[:min(len(closed), maxClosed)] {
			completed.Closed = append(completed.Closed, c.Drift)
		}
		closed = closed[len(completed.Closed):]
		if first && record != nil {
			record.Completed = completed
		}
		if err := r.Bus.Deliver(ctx, completed)[0]; err != nil {
			failed = append(failed, err)
			break
		}
		for _, id := range completed.Closed {
			named[id] = true
		}
	}
	took = slices.DeleteFunc(took, func(n drift.Notice) bool { return n.Closed != nil && !named[n.Drift] })
	return took, errors.Join(failed...)
}

// announce publishes the event of each change, and returns the changes that the bus took.
func (r *Recorder) announce(ctx context.Context, changes []change) (took []drift.Notice, err error) {
	var failed []error
	for some := range slices.Chunk(changes, burst) {
		out := make([]events.Out, len(some))
		for i, c := range some {
			out[i] = c.event()
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
func (r *Recorder) pending(report *drift.Report, output string) (found, closed []change) {
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
			closed = append(closed, change{n, n.Closed})
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
	for _, c := range closed {
		has[c.Drift] = true // of a closed drift, the finding is archived
		out.Closed = append(out.Closed, *c.drift)
	}
	for _, f := range found {
		if !has[f.Drift] {
			out.Drifts = append(out.Drifts, *f.drift)
		}
	}
	refused, err := r.Hub.Import(ctx, &out)
	for _, c := range slices.Concat(found, closed) {
		if !refused[c.Drift] {
			took = append(took, c.Notice)
		}
	}
	return took, err
}
