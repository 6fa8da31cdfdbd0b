package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/await"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// tablePollEvery is the interval between reads of the table.
const tablePollEvery = time.Second

// endWatch finds out from the table when an end is served. In each group, three things must
// hold: the launch's part has ended, a ticket was counted after the end was published, and
// that ticket is served.
type endWatch struct {
	table  *dynamo.Table
	launch claim.Launch
	group  claim.Group                  // the zero Group is every group of the launch
	before map[claim.Group]lease.Ticket // the last tickets counted before the end was published
	ticket map[claim.Group]lease.Ticket // the last tickets counted when the end was found recorded

	served   []servedGroup
	unserved []claim.Group // the groups in which the end is not served yet
	spinner  spinner
}

// watch begins to watch, before the end is published.
func (f *closeFlags) watch(ctx context.Context, c aws.Config, g *events.Group) (*endWatch, error) {
	table, err := f.table.open(c)
	if err != nil {
		return nil, err
	}
	launch, err := f.publishFlags.launch(ctx, c, &f.table, f.launch)
	if err != nil {
		return nil, err
	}
	w := &endWatch{
		table:  table,
		launch: launch,
		before: make(map[claim.Group]lease.Ticket),
		ticket: make(map[claim.Group]lease.Ticket),
	}
	if g != nil {
		if w.group, err = f.table.find(ctx, c, *g); err != nil {
			return nil, err
		}
	}
	return w, w.begin(ctx)
}

// begin notes the tickets counted so far.
func (w *endWatch) begin(ctx context.Context) error {
	trace, err := w.table.Trace(ctx, w.launch)
	if err != nil {
		return err
	}
	for _, g := range w.groups(trace) {
		head, _, err := w.table.Head(ctx, g)
		if err != nil {
			return err
		}
		w.before[g] = head.Want
	}
	return nil
}

// groups returns the groups of the end.
func (w *endWatch) groups(t await.Trace) []claim.Group {
	if w.group.ID != "" {
		return []claim.Group{w.group}
	}
	slices.SortFunc(t.Groups, func(g, h claim.Group) int { return cmp.Compare(g.ID, h.ID) })
	return t.Groups
}

// wait reads the table until the end was served, or ctx ends.
func (w *endWatch) wait(ctx context.Context) error {
	defer w.spinner.done()
	for {
		done, err := w.look(ctx)
		switch {
		case ctx.Err() != nil:
			return w.notServed(ctx)
		case err != nil:
			return fmt.Errorf("the end was published, but the table cannot be read: %w", err)
		case done:
			return nil
		}
		w.spinner.say("waiting for the end of " + w.launch.Name)
		select {
		case <-time.After(tablePollEvery):
		case <-ctx.Done():
			return w.notServed(ctx)
		}
	}
}

// look reports whether the end was served in all groups.
func (w *endWatch) look(ctx context.Context) (bool, error) {
	trace, err := w.table.Trace(ctx, w.launch)
	if err != nil {
		return false, err
	}
	w.served, w.unserved = nil, nil
	for _, g := range w.groups(trace) {
		head, ledger, err := w.table.Head(ctx, g)
		if err != nil {
			return false, err
		}
		if !trace.EndedIn[g].IsZero() && w.ticket[g] == 0 && head.Want > w.before[g] {
			w.ticket[g] = head.Want
		}
		if w.ticket[g] > 0 && head.Applied >= w.ticket[g] {
			w.served = append(w.served, servedGroup{g.ID, ledger.Frozen})
		} else {
			w.unserved = append(w.unserved, g)
		}
	}
	recorded := trace.Ended || w.group.ID != "" // the ticket is enough for a single group
	return recorded && len(w.unserved) == 0, nil
}

func (w *endWatch) notServed(ctx context.Context) error {
	var text strings.Builder
	text.WriteString("the end was published, but sgkeeper has not served it")
	ids := make([]string, len(w.unserved))
	for i, g := range w.unserved {
		ids[i] = g.ID
	}
	if len(ids) > 0 {
		text.WriteString(" in " + strings.Join(ids, ", "))
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		text.WriteString(" at the end of --timeout")
	}
	text.WriteString(": check the function's log, and that --bus and --table are of one installation")
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
	defer cancel()
	for _, g := range w.unserved {
		text.WriteString("\n" + leaseText(late, w.table, g))
	}
	return errors.New(text.String())
}
