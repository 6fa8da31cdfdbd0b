package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/launcher"
)

// pollEvery is the interval between reads of a group. EC2 lets an account describe rules 20
// times a second, and all waiting launchers share that rate.
const pollEvery = 2 * time.Second

// openWatch reads a group until it admits all of a request. With the table, it also waits
// until the request is on record, finds a refusal, and can name the holder of the lease.
type openWatch struct {
	launcher launcher.Launcher
	request  events.Request // its group by id
	group    claim.Group
	table    *dynamo.Table // nil: unknown
	launch   claim.Launch  // of the request; set if there is a table
	refusals *refusalWatch // likewise
	remedy   func(error) error
	spinner  spinner
}

// watch finds the group, if necessary by its name.
func (f *openFlags) watch(ctx context.Context, c aws.Config, r events.Request) (w *openWatch, err error) {
	client := ec2.NewFromConfig(c)
	w = &openWatch{launcher: launcher.Launcher{Groups: client}, request: r, group: claim.Group{ID: r.Group.ID}}
	w.remedy = func(err error) error { return f.table.remedy(c, err) }
	if f.table.name() != "" {
		w.table = dynamo.New(dynamodb.NewFromConfig(c), f.table.name())
		if w.launch, err = f.launch(ctx, c, &f.table, r.Launch.Name); err == nil {
			w.group, err = f.table.find(ctx, c, r.Group)
		}
	} else if r.Group.ID == "" {
		w.group.ID, err = ec2sg.New(client).Find(ctx, w.group, r.Group.Name, r.Group.VPC)
	}
	if err != nil {
		return nil, w.unreadable("group", err)
	}
	w.request.Group = events.Group{ID: w.group.ID}
	return w, nil
}

func (w *openWatch) unreadable(what string, err error) error {
	return fmt.Errorf("the request was published, but the %s cannot be read: %w", what, w.remedy(err))
}

// wait returns nil once the group admits all, or else the missing rules and the reason.
func (w *openWatch) wait(ctx context.Context) ([]secgroup.Rule, error) {
	defer w.spinner.done()
	missing := secgroup.Compare(secgroup.Rules(w.request.Rules), secgroup.Set{}).Missing
	for {
		found, err := w.launcher.Missing(ctx, w.request)
		switch {
		case ctx.Err() != nil:
			return missing, w.late(ctx, missing)
		case err != nil:
			return missing, w.unreadable("group", err)
		}
		missing = found
		taken, err := w.taken(ctx)
		if err != nil || taken && len(missing) == 0 {
			return missing, err
		}
		w.spinner.say(w.awaited(missing))
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return missing, w.late(ctx, missing)
		}
	}
}

// awaited describes the reason for the wait.
func (w *openWatch) awaited(missing []secgroup.Rule) string {
	if len(missing) == 0 {
		return "waiting for sgkeeper to take the request"
	}
	return fmt.Sprintf("waiting for %s on %s", console.Count(len(missing), "rule", "rules"), w.group.ID)
}

// recorded returns the request in the table, by a launch of that name in any account; nil if
// there is none.
func (w *openWatch) recorded(ctx context.Context) (*claim.Request, error) {
	requests, err := w.table.Requests(ctx, w.group)
	for _, r := range requests {
		if r.Launch.Name == w.request.Launch.Name && r.Digest() == w.digest() {
			return &r, nil
		}
	}
	if err != nil {
		return nil, w.unreadable("table", err)
	}
	return nil, nil
}

func (w *openWatch) digest() string { return w.request.On(w.group, time.Time{}).Digest() }

// taken reports whether the request is on record, as far as the table shows. It fails if the
// request was refused or is over.
func (w *openWatch) taken(ctx context.Context) (bool, error) {
	if w.table == nil {
		return true, nil
	}
	r, err := w.recorded(ctx)
	switch {
	case ctx.Err() != nil:
		return false, nil // the time is up, and wait reports it
	case err != nil:
		return false, err
	case r == nil:
		return false, w.refused(ctx)
	case r.Status == claim.Open:
		return true, nil
	case r.Status == claim.Refused:
		return false, flagFaults(r.Reasons)
	case r.Status == claim.Ended:
		return false, w.endedError()
	}
	return false, fmt.Errorf("the request is %s", statusText(*r))
}

// refused fails if a refusal of the request is on record: its event was refused, or its launch
// has ended.
func (w *openWatch) refused(ctx context.Context) error {
	reasons, err := w.refusals.reasons(ctx, w.group, w.digest())
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return w.unreadable("table", err)
	case reasons != nil:
		return flagFaults(reasons)
	}
	return w.ended(ctx)
}

// ended fails if an end of the launch is on record.
func (w *openWatch) ended(ctx context.Context) error {
	trace, err := w.table.Trace(ctx, w.launch)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return w.unreadable("table", err)
	case trace.Ended || !trace.EndedIn[w.group].IsZero():
		return w.endedError()
	}
	return nil
}

func (w *openWatch) endedError() error {
	return flagFaults(claim.Faults{claim.EndedFault(w.request.Launch.Name)})
}

// late returns the error after the time is up: the missing rules, and the cause of the wait.
func (w *openWatch) late(ctx context.Context, missing []secgroup.Rule) error {
	var text strings.Builder
	text.WriteString("the request was published, ")
	if len(missing) > 0 {
		text.WriteString("but these rules are still missing")
	} else {
		text.WriteString("and other rules admit all of it, but sgkeeper has not taken it")
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		text.WriteString(" at the end of --timeout")
	}
	text.WriteString(":\n")
	for _, rule := range missing {
		fmt.Fprintf(&text, "  %s\n", ruleText(secgroup.Entry{Rule: rule}, w.group.ID))
	}
	text.WriteString(w.why(context.WithoutCancel(ctx)))
	return errors.New(text.String())
}

// why returns the cause of the wait, as far as the table shows.
func (w *openWatch) why(ctx context.Context) string {
	if w.table == nil {
		return "sgkeeper may have refused them: look for Launch Rejected on the bus, or in the function's log; with " +
			"--table this says who is at work on the group"
	}
	ctx, cancel := context.WithTimeout(ctx, lastWord)
	defer cancel()
	r, err := w.recorded(ctx)
	if err != nil {
		return err.Error()
	}
	if r == nil {
		return "it is not in the table, and neither is a refusal: sgkeeper has not read it, " +
			"or has refused more events of the account today than it records; find Launch Rejected " +
			"on the bus or in the function's log, and check that --bus and --table are of one installation"
	}
	return fmt.Sprintf("it is in the table since %s, with the status %s\n%s",
		clock(r.Received), r.Status, leaseText(ctx, w.table, w.group))
}

// lastWord is the longest time to find the cause of the wait after the time is up.
const lastWord = 10 * time.Second
