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
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/launcher"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// pollEvery is how often a group is read: EC2 lets an account describe rules 20
// times a second, which many who wait must share.
const pollEvery = 2 * time.Second

// openWatch reads a group until it admits what a request asks. Where it has the
// table, it also sees a refusal, and can say whom the request waits for.
type openWatch struct {
	launcher launcher.Launcher
	request  events.Request // its group by id
	group    claim.Group
	table    *dynamo.Table // nil: not known
	spinner  spinner
}

// watch finds the group, by its name if need be.
func (f *openFlags) watch(ctx context.Context, c aws.Config, r events.Request) (w *openWatch, err error) {
	client := ec2.NewFromConfig(c)
	w = &openWatch{launcher: launcher.Launcher{Groups: client}, request: r, group: claim.Group{ID: r.Group.ID}}
	if f.table.name() != "" {
		w.group, err = f.table.find(ctx, c, r.Group)
		w.table = dynamo.New(dynamodb.NewFromConfig(c), f.table.name())
	} else if r.Group.ID == "" {
		w.group.ID, err = ec2sg.New(client).Find(ctx, w.group, r.Group.Name, r.Group.VPC)
	}
	if err != nil {
		return nil, fmt.Errorf("the request was published, but the group cannot be read: %w", f.table.explain(c, err))
	}
	w.request.Group = events.Group{ID: w.group.ID}
	return w, nil
}

// wait returns nil once the group admits all, and else what is missing and why.
func (w *openWatch) wait(ctx context.Context) ([]secgroup.Rule, error) {
	defer w.spinner.done()
	missing := secgroup.Compare(secgroup.Rules(w.request.Rules), secgroup.Set{}).Missing
	for {
		found, err := w.launcher.Missing(ctx, w.request)
		switch {
		case ctx.Err() != nil:
			return missing, w.stillMissing(ctx, missing)
		case err != nil:
			return missing, fmt.Errorf("the request was published, but the group cannot be read: %w", err)
		case len(found) == 0:
			return nil, nil
		}
		missing = found
		if err := w.refused(ctx); err != nil {
			return missing, err
		}
		w.spinner.say(fmt.Sprintf("waiting for %s on %s", count(len(missing), "rule", "rules"), w.group.ID))
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return missing, w.stillMissing(ctx, missing)
		}
	}
}

// asked is the request as it stands in the table, by any account's launch of that
// name; nil where it is not there.
func (w *openWatch) asked(ctx context.Context) (*claim.Request, error) {
	requests, err := w.table.Requests(ctx, w.group)
	if err != nil {
		return nil, fmt.Errorf("the request was published, but the table cannot be read: %w", err)
	}
	digest := claim.New(w.request, w.group, time.Time{}).Digest()
	for _, r := range requests {
		if r.Launch.Name == w.request.Launch.Name && r.Digest() == digest {
			return &r, nil
		}
	}
	return nil, nil
}

// refused says that the request is over, where the table tells.
func (w *openWatch) refused(ctx context.Context) error {
	if w.table == nil {
		return nil
	}
	r, err := w.asked(ctx)
	switch {
	case err != nil && ctx.Err() == nil:
		return err
	case err != nil, r == nil, r.Status == claim.Open:
		return nil
	case r.Status == claim.Refused:
		return flagFaults(r.Reasons)
	}
	return fmt.Errorf("the request is %s", statusText(*r))
}

func (w *openWatch) stillMissing(ctx context.Context, missing []secgroup.Rule) error {
	var text strings.Builder
	text.WriteString("the request was published, but these rules are still missing")
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		text.WriteString(" at the end of --timeout")
	}
	text.WriteString(":\n")
	for _, rule := range missing {
		fmt.Fprintf(&text, "  %s\n", rule)
	}
	text.WriteString(w.why(context.WithoutCancel(ctx)))
	return errors.New(text.String())
}

// why says whom the request waits for, as far as the table tells.
func (w *openWatch) why(ctx context.Context) string {
	if w.table == nil {
		return "sgkeeper may have refused them: look for Launch Rejected on the bus, or in the function's log; with --table this says who is at work on the group"
	}
	ctx, cancel := context.WithTimeout(ctx, lastWord)
	defer cancel()
	r, err := w.asked(ctx)
	if err != nil {
		return err.Error()
	}
	if r == nil {
		return "it is not in the table: sgkeeper has not read it, or has refused it; look at the function's log, and whether --bus and --table are of one installation"
	}
	return fmt.Sprintf("it is in the table since %s, %s\n%s", clock(r.Received), r.Status, leaseText(ctx, w.table, w.group))
}

// lastWord is how long it may take to find out whom a request waits for, once the
// time to wait for it is over.
const lastWord = 10 * time.Second

// leaseText says who holds a group's lease, for an error.
func leaseText(ctx context.Context, t *dynamo.Table, g claim.Group) string {
	head, ledger, err := t.Head(ctx, g)
	if err != nil {
		return err.Error()
	}
	l := leaseOf(dynamo.Headed{Group: g, Head: head, Ledger: ledger}, time.Now())
	text := g.ID + ": " + l.String()
	if note := l.note(); note != "" {
		text += "; " + note
	}
	return printable(text)
}
