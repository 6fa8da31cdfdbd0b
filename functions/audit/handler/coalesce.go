package handler

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// coalesce leaves the groups that an audit must read now. Many events about one group come within
// seconds, in many batches:
//
//   - The first event is audited at once.
//   - An event that an audit already covers is dropped.
//   - Other events about a group that was audited less than [drift.Settle] ago are postponed. They
//     come back as one message of each batch, and so ten batches come back as one.
//
// A message that comes again is neither dropped nor postponed: the audit that covers it may have
// failed after it stored its report.
func (d *dispatcher) coalesce(ctx context.Context) {
	if len(d.order) == 0 {
		return
	}
	latest, now, err := d.latest(ctx)
	if err != nil || latest == nil { // the audit itself reports the error
		return
	}
	var later []claim.Group
	var wait time.Duration
	done := make(map[claim.Group]bool)
	for _, g := range d.order {
		t := d.targets[g]
		if t.Named || t.again {
			continue
		}
		fresh := latest.Fresh(g, now)
		switch {
		case latest.Covers(g, t.Changes):
			d.ignore(ctx, "a later audit has read the group", "group", g.String())
			done[g] = true
		case fresh > 0:
			later, wait = append(later, g), max(wait, fresh)
		}
	}
	if d.postpone(ctx, later, wait) {
		for _, g := range later {
			done[g] = true
		}
	}
	d.order = slices.DeleteFunc(d.order, func(g claim.Group) bool { return done[g] })
}

// maxPostponed is the size of a message of postponed events, in bytes. SQS takes 256 KiB.
const maxPostponed = 250_000

// postpone sends the events about some groups to the function's queue, so that they come back
// after a while. It reports whether it did so. Otherwise they are audited now.
func (d *dispatcher) postpone(ctx context.Context, groups []claim.Group, wait time.Duration) bool {
	if d.recorder.Queue == nil || len(groups) == 0 {
		return false
	}
	var texts []string
	for _, g := range groups {
		for _, text := range d.targets[g].texts {
			if !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
	}
	body, err := events.Postponed(texts)
	if err != nil || len(body) > maxPostponed || len(texts) > events.MaxTargets {
		return false
	}
	if err := d.recorder.Queue.Send(ctx, body, wait); err != nil {
		d.log.WarnContext(ctx, "events were not postponed, and are audited now", "events", len(texts), "error", err)
		return false
	}
	d.log.DebugContext(ctx, "postponed", "events", len(texts), "groups", groups, "wait_ms", wait.Milliseconds())
	return true
}

// reading is the latest report as it was read.
type reading struct {
	report *drift.Report
	at     time.Time // by the store's clock
}

// latest returns the latest report, and when the store returned it by the store's clock. The
// report is nil if there is none. It is read once.
func (d *dispatcher) latest(ctx context.Context) (*drift.Report, time.Time, error) {
	if d.recorder.Store == nil {
		return nil, time.Time{}, nil
	}
	if d.read == nil {
		report, version, err := d.recorder.Store.Latest(ctx)
		if err != nil {
			return nil, time.Time{}, fmt.Errorf("look for changed groups: %w", err)
		}
		d.read = &reading{report, version.At}
	}
	return d.read.report, d.read.at, nil
}
