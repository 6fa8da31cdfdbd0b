package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// clockSkew is the largest difference between the clocks of this machine and of the bus.
const clockSkew = 15 * time.Minute

// refusalWatch finds a refusal of a launch's event. It reads the launch's refusals before the
// event is published. A refusal that is not among them is new, even if the clocks differ.
type refusalWatch struct {
	table  *dynamo.Table
	launch claim.Launch
	since  time.Time
	known  map[refusalID]bool
}

// refusalID identifies a refusal among those of one launch.
type refusalID struct {
	event, group string
	sent         int64 // in milliseconds
}

func idOf(r claim.Refusal) refusalID { return refusalID{r.Event, r.Group.ID, r.Sent.UnixMilli()} }

// refusals begins a watch for refusals of a launch. It returns nil if the command does not
// wait, or has no table.
func (f *openFlags) refusals(ctx context.Context, c aws.Config, launch string) (*refusalWatch, error) {
	if !f.wait || f.table.name() == "" {
		return nil, nil
	}
	table, err := f.table.open(c)
	if err != nil {
		return nil, err
	}
	watched, err := f.launch(ctx, c, &f.table, launch)
	if err != nil {
		return nil, err
	}
	w := &refusalWatch{
		table: table, launch: watched,
		since: time.Now().Add(-clockSkew), known: make(map[refusalID]bool),
	}
	refusals, err := table.RefusalsOf(ctx, w.launch, w.since)
	for _, r := range refusals {
		w.known[idOf(r)] = true
	}
	return w, f.table.remedy(c, err)
}

// reasons returns the reasons of a request's refusal since the watch began, or nil if there is
// none. An unreadable refused event may be any request.
func (w *refusalWatch) reasons(ctx context.Context, group claim.Group, digest string) (claim.Faults, error) {
	refusals, err := w.table.RefusalsOf(ctx, w.launch, w.since)
	for _, r := range refusals {
		sameGroup := r.Group.ID == group.ID || r.Group.ID == ""
		sameRules := r.Digest == digest || r.Digest == ""
		if !r.End && !w.known[idOf(r)] && sameGroup && sameRules {
			return r.Reasons, nil
		}
	}
	return nil, err
}
