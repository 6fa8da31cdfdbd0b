package provider

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

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
	config    aws.Config
	way       launcher.Way
	functions *lambda.Client
	waiter    string // the alias that answers waits
	source    string
	account   string // the publisher's; "": the installation's own
	tableName string
	table     *dynamo.Table
	groups    *ec2sg.Groups
}

func newKeeper(c aws.Config, m providerModel) *keeper {
	source := cmp.Or(m.Source.ValueString(), defaultSource)
	table := cmp.Or(m.Table.ValueString(), defaultTable)
	return &keeper{
		config:    c,
		way:       launcher.Bus(eventbridge.NewFromConfig(c), cmp.Or(m.Bus.ValueString(), defaultBus), source),
		functions: lambda.NewFromConfig(c),
		waiter:    cmp.Or(m.Waiter.ValueString(), defaultWaiter),
		source:    source,
		account:   m.Account.ValueString(),
		tableName: table,
		table:     dynamo.New(dynamodb.NewFromConfig(c), table),
		groups:    ec2sg.New(ec2.NewFromConfig(c)),
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
func (k *keeper) publish(ctx context.Context, kind string, detail json.RawMessage) error {
	if _, err := k.way.Send(ctx, event{kind, detail}); err != nil {
		return fmt.Errorf("the event %q was not published: %w", kind, err)
	}
	return nil
}

// question is the payload of a wait. Exactly one of Request and End is set.
type question struct {
	SGKeeper string          `json:"sgkeeper"`
	Request  json.RawMessage `json:"request,omitempty"`
	End      json.RawMessage `json:"end,omitempty"`
	Source   string          `json:"source,omitempty"`
	Account  string          `json:"account,omitempty"`
	Seconds  int             `json:"seconds"`
}

// errUnserved says that the function failed, and that the same question may succeed later.
var errUnserved = errors.New("the function failed")

// ask sends one question to the waiter, which holds the call for at most the given seconds.
func (k *keeper) ask(ctx context.Context, q question) ([]events.Outcome, error) {
	q.SGKeeper, q.Source, q.Account = "wait", k.source, k.account
	payload, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	out, err := k.functions.Invoke(ctx, &lambda.InvokeInput{FunctionName: &k.waiter, Payload: payload})
	if throttled, ok := errors.AsType[*lambdatypes.TooManyRequestsException](err); ok {
		return nil, fmt.Errorf("%w: %w", errUnserved, throttled)
	}
	if _, absent := errors.AsType[*lambdatypes.ResourceNotFoundException](err); absent {
		return nil, fmt.Errorf("there is no function %s in %s: check the provider's waiter and region: %w",
			k.waiter, k.config.Region, err)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot wait by %s: %w", k.waiter, err)
	}
	if out.FunctionError != nil {
		return nil, fmt.Errorf("%w: %s", errUnserved, out.Payload)
	}
	var result events.Result
	if err := json.Unmarshal(out.Payload, &result); err != nil {
		return nil, fmt.Errorf("the answer of %s is not sgkeeper's: %w", k.waiter, err)
	}
	return result.Outcomes, nil
}

// firstSeconds is how long the function may hold the first call of a wait. Later calls are not
// held, so that waiting launches do not occupy the account's concurrency.
const firstSeconds = 5

// every is the interval between later calls.
const every = 2 * time.Second

// await asks until the outcome is known. If ctx ends first, the error is a [lateError].
func (k *keeper) await(ctx context.Context, q question) ([]events.Outcome, error) {
	var late lateError
	q.Seconds = firstSeconds
	if deadline, ok := ctx.Deadline(); ok {
		q.Seconds = max(0, min(q.Seconds, int(time.Until(deadline).Seconds())-1))
	}
	for {
		outcomes, err := k.ask(ctx, q)
		switch {
		case ctx.Err() != nil:
			late.cause = ctx.Err()
			return nil, &late
		case errors.Is(err, errUnserved):
			late.reasons = claim.Faults{{Problem: err.Error()}}
		case err != nil:
			return nil, err
		case settled(outcomes):
			return outcomes, nil
		default:
			late.reasons = reasonsOf(outcomes)
		}
		q.Seconds = 0
		select {
		case <-time.After(every - every/4 + rand.N(every/2)):
		case <-ctx.Done():
			late.cause = ctx.Err()
			return nil, &late
		}
	}
}

// settled reports whether no outcome is open.
func settled(outcomes []events.Outcome) bool {
	for _, o := range outcomes {
		if o.Status == events.Queued {
			return false
		}
	}
	return len(outcomes) > 0
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

// lateError says that sgkeeper had not answered when the time was up.
type lateError struct {
	reasons claim.Faults // of the last answer; may be nil
	cause   error        // the context's error
}

// Error names the last known reasons.
func (e *lateError) Error() string {
	text := "sgkeeper has not served the launch when the wait ended (" + e.cause.Error() + ")"
	if len(e.reasons) > 0 {
		text += ": " + e.reasons.Error()
	}
	return text
}

// Unwrap returns the context's error.
func (e *lateError) Unwrap() error { return e.cause }

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
