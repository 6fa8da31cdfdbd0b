package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/await"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/launcher"
)

// defaultWaiter is the alias of an installation with the default name.
const defaultWaiter = "sgkeeper-ensure:wait"

// waiterFlags choose the source of outcomes: the function's alias, or the table.
type waiterFlags struct {
	waiter string
	table  tableFlags
}

func (f *waiterFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.waiter, "waiter", "",
		"`name` or ARN of the ensure function's alias that answers waits; by default $SGKEEPER_WAITER, or "+
			defaultWaiter)
	f.table.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("waiter", "table")
	complete(cmd, "waiter")
}

// name returns the alias that answers waits; "": the command reads the table.
func (f *waiterFlags) name() string {
	if f.waiter == "" && f.table.name() != "" {
		return ""
	}
	return cmp.Or(f.waiter, os.Getenv("SGKEEPER_WAITER"), defaultWaiter)
}

// outcomeWatch waits for the outcome of one launch.
type outcomeWatch struct {
	by     launcher.Outcomes
	flags  *waiterFlags
	region string
	launch claim.Launch // its account is "" if the function's own account published the event
}

// watch prepares a wait for a launch of the account that publishes the event. With the table, it
// checks that the table can be read.
func (f *waiterFlags) watch(
	ctx context.Context, c aws.Config, name, publisher string,
	account func(context.Context, aws.Config, *tableFlags) (string, error),
) (*outcomeWatch, error) {
	w := &outcomeWatch{flags: f, region: c.Region, launch: claim.Launch{Namespace: publisher, Name: name}}
	waiter := f.name()
	if waiter != "" {
		w.by = launcher.Waiter(lambda.NewFromConfig(c), waiter)
		if _, err := arn.Parse(waiter); err != nil {
			return w, nil // the function is in the caller's account
		}
	}
	var err error
	if w.launch.Account, err = account(ctx, c, &f.table); err != nil || waiter != "" {
		return w, err
	}
	table, err := f.table.open(c)
	if err != nil {
		return nil, err
	}
	owner, err := f.table.owner(ctx, c)
	if err != nil {
		return nil, err
	}
	if _, err := table.Trace(ctx, w.launch); err != nil {
		return nil, f.table.remedy(c, err)
	}
	w.by = tableWaiter{
		await.Waiter{Table: table, Names: ec2sg.New(ec2.NewFromConfig(c)), Guard: guard.Builtin(), Account: owner},
		w.launch, claim.Group{Account: owner, Region: c.Region},
	}
	return w, nil
}

// tableWaiter finds outcomes in the table.
type tableWaiter struct {
	waiter await.Waiter
	launch claim.Launch
	place  claim.Group // account and Region of the groups
}

// Outcomes implements launcher.Outcomes.
func (w tableWaiter) Outcomes(ctx context.Context, wait events.Wait) ([]events.Outcome, error) {
	m := events.Message{
		Launch: w.launch, Origin: claim.Origin{Account: w.launch.Account},
		Group: events.Group{Account: w.place.Account, Region: w.place.Region}, Wait: &wait,
	}
	named := &m.Group
	switch {
	case wait.Request != nil:
		*named = wait.Request.Group
	case wait.End != nil && wait.End.Group != nil:
		*named = *wait.End.Group
	}
	named.Account, named.Region = cmp.Or(named.Account, w.place.Account), cmp.Or(named.Region, w.place.Region)
	return w.waiter.Wait(ctx, m)
}

// wait waits until no outcome is queued, or until ctx ends.
func (w *outcomeWatch) wait(ctx context.Context, wait events.Wait, spin spinner) ([]events.Outcome, error) {
	defer spin.done()
	wait.Publisher = w.launch.Namespace
	switch {
	case wait.Request != nil:
		r := *wait.Request
		r.Launch.Account, wait.Request = w.launch.Account, &r
	case wait.End != nil:
		e := *wait.End
		e.Launch.Account, wait.End = w.launch.Account, &e
	}
	outcomes, err := launcher.Await(ctx, w.by, wait, 0, func(outcomes []events.Outcome) {
		spin.say("waiting: " + firstReason(outcomes))
	})
	if late, ok := errors.AsType[*launcher.QueuedError](err); ok {
		return outcomes, lateError(late)
	}
	return outcomes, w.remedy(err)
}

func firstReason(outcomes []events.Outcome) string {
	for _, o := range outcomes {
		if o.Status == events.Queued && len(o.Reasons) > 0 {
			return o.Reasons[0].Problem
		}
	}
	return "sgkeeper works on it"
}

// lateError is the error after the time is up: the last known reasons.
func lateError(late *launcher.QueuedError) error {
	var text strings.Builder
	text.WriteString("it is not served")
	if errors.Is(late.Cause, context.DeadlineExceeded) {
		text.WriteString(" at the end of --timeout")
	}
	text.WriteString(":")
	for _, o := range late.Outcomes {
		for _, why := range o.Reasons {
			if o.Status == events.Queued {
				fmt.Fprintf(&text, "\n  %s%s", prefixed(o.Group), printable(why.Problem))
			}
		}
	}
	if late.Problem != nil {
		fmt.Fprintf(&text, "\n  %s", printable(late.Problem.Error()))
	}
	if len(late.Outcomes) == 0 && late.Problem == nil {
		text.WriteString("\n  no answer came in time")
	}
	return errors.New(text.String())
}

func prefixed(g events.Group) string {
	if g.ID == "" && g.Name == "" {
		return ""
	}
	return groupText(g) + ": "
}

// remedy returns the remedy for a waiter that does not exist, or that may not be invoked.
func (w *outcomeWatch) remedy(err error) error {
	name := w.flags.name()
	const instead = "or give --table, to read sgkeeper's table"
	if _, missing := errors.AsType[*lambdatypes.ResourceNotFoundException](err); missing {
		return fmt.Errorf("there is no function %s in %s: deploy the version of sgkeeper that has the "+
			"alias, check --waiter, "+
			"--region and --profile, %s", name, w.region, instead)
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "AccessDeniedException" && name != "" {
		return fmt.Errorf("the call of %s is denied: allow lambda:InvokeFunction on it, %s: %w", name, instead, err)
	}
	return err
}

// unserved returns the error of the first outcome that was rejected or only observed, or nil.
func unserved(outcomes []events.Outcome) error {
	for _, o := range outcomes {
		switch o.Status {
		case events.Rejected:
			return flagFaults(o.Reasons)
		case events.Observed:
			return launcher.ErrObserved
		}
	}
	return nil
}

// outcomeText is one outcome as text. The error of the command has the reasons of a refusal and
// of a wait that was too short.
func outcomeText(o events.Outcome) string {
	where := "no group"
	if o.Group.ID != "" || o.Group.Name != "" {
		where = groupText(o.Group)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s on %s\n", o.Status, printable(o.Launch), printable(where))
	if o.Status == events.Queued || o.Status == events.Rejected {
		return text.String()
	}
	for _, why := range o.Reasons {
		fmt.Fprintf(&text, "  %s\n", printable(why.String()))
	}
	return text.String()
}
