package provider

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/launcher"
)

// keeper is one installation of sgkeeper, as a publisher sees it.
type keeper struct {
	config     aws.Config
	way        launcher.Way
	waiter     launcher.Outcomes
	waiterName string
	source     string
	account    string // the publisher's; "": the installation's own
	tableName  string
	table      *dynamo.Table
	groups     *ec2sg.Groups
}

func newKeeper(c aws.Config, m providerModel) *keeper {
	source := cmp.Or(m.Source.ValueString(), defaultSource)
	waiter := cmp.Or(m.Waiter.ValueString(), defaultWaiter)
	table := cmp.Or(m.Table.ValueString(), defaultTable)
	return &keeper{
		config:     c,
		way:        launcher.Bus(eventbridge.NewFromConfig(c), cmp.Or(m.Bus.ValueString(), defaultBus), source),
		waiter:     launcher.Waiter(lambda.NewFromConfig(c), waiter),
		waiterName: waiter,
		source:     source,
		account:    m.Account.ValueString(),
		tableName:  table,
		table:      dynamo.New(dynamodb.NewFromConfig(c), table),
		groups:     ec2sg.New(ec2.NewFromConfig(c)),
	}
}

// event is an event as the configuration has it. Its rules are not merged, so that a refusal
// names the user's own rule.
type event struct {
	kind   string
	detail json.RawMessage
}

// DetailType implements events.Out.
func (e event) DetailType() string { return e.kind }

// MarshalJSON implements events.Out.
func (e event) MarshalJSON() ([]byte, error) { return e.detail, nil }

// publish puts a Launch Requested or a Launch Ended on the bus.
func (k *keeper) publish(ctx context.Context, kind string, detail json.RawMessage) (launcher.Receipt, error) {
	receipt, err := k.way.Send(ctx, event{kind, detail})
	if err != nil {
		return receipt, fmt.Errorf("the event %q was not published: %w", kind, err)
	}
	return receipt, nil
}

// await waits until the outcome of a request or an end is known. If ctx ends first, the error is
// a [launcher.QueuedError].
func (k *keeper) await(ctx context.Context, w events.Wait, of launcher.Receipt) ([]events.Outcome, error) {
	w.Event, w.Source = of.Event, of.Source
	k.own(&w)
	outcomes, err := launcher.Await(ctx, k.waiter, w, 0, nil)
	return outcomes, k.explain(err)
}

// ask returns the outcomes of the live requests of a launch, as known now. While the function
// fails, it repeats the call until ctx ends.
func (k *keeper) ask(ctx context.Context, launch string, group events.Group) ([]events.Outcome, error) {
	w := events.Wait{Request: &events.Request{Launch: claim.Launch{Name: launch}, Group: group}, Source: k.source}
	k.own(&w)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	outcomes, err := launcher.Await(ctx, k.waiter, w, 0, func([]events.Outcome) { cancel(errAnswered) })
	if context.Cause(ctx) == errAnswered {
		return outcomes, nil
	}
	return outcomes, k.explain(err)
}

// errAnswered ends the wait of ask after one answer.
var errAnswered = errors.New("the function has answered")

// own sets the account that publishes the launch, if it is not the installation's.
func (k *keeper) own(w *events.Wait) {
	if w.Request != nil {
		w.Request.Launch.Account = k.account
	}
	if w.End != nil {
		w.End.Launch.Account = k.account
	}
}

// explain adds the remedy to the error of a waiter that does not exist.
func (k *keeper) explain(err error) error {
	if _, absent := errors.AsType[*lambdatypes.ResourceNotFoundException](err); absent {
		return fmt.Errorf("there is no function %s in %s: check the provider's waiter and region: %w",
			k.waiterName, k.config.Region, err)
	}
	if err != nil {
		return fmt.Errorf("the wait by %s: %w", k.waiterName, err)
	}
	return nil
}

func reasonsOf(outcomes []events.Outcome) (all claim.Faults) {
	for _, o := range outcomes {
		all = append(all, o.Reasons...)
	}
	return all
}

// rejectionOf returns the reasons if sgkeeper refused an event, and else nil.
func rejectionOf(outcomes []events.Outcome) (reasons claim.Faults) {
	for _, o := range outcomes {
		if o.Status == events.Rejected {
			reasons = append(reasons, o.Reasons...)
			if len(o.Reasons) == 0 {
				reasons = append(reasons, claim.Fault{Problem: "sgkeeper gave no reason"})
			}
		}
	}
	return reasons
}

// home returns the account of the table, which is the installation's. A table given by name is in
// the account of the credentials.
func (k *keeper) home(ctx context.Context) (string, error) {
	if table, err := arn.Parse(k.tableName); err == nil {
		return table.AccountID, nil
	}
	caller, err := sts.NewFromConfig(k.config).GetCallerIdentity(ctx, nil)
	if err != nil {
		return "", fmt.Errorf("the account of the credentials is not known: %w", err)
	}
	return aws.ToString(caller.Account), nil
}
