package launcher

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/aws/eventbus"
)

// Way sends events to sgkeeper.
type Way interface {
	// Send returns when AWS has accepted the event, so that sgkeeper will process it.
	Send(ctx context.Context, event events.Out) (Receipt, error)
}

// Receipt says that AWS has accepted an event.
type Receipt struct {
	Event  string         // PutEvents's EventId, or SendMessage's MessageId; "": a function was invoked
	Source string         // of the event on the bus; "": it came by another way
	Result *events.Result // the answer of a function; nil: the way gives none
}

// Bus sends events through an event bus, by its name or ARN, with the given source. The caller
// needs events:PutEvents on it. EventBridge accepts and drops events for a bus that does not
// exist.
//
// Only a bus shows sgkeeper the publisher's account. So accounts other than sgkeeper's own must
// use it.
func Bus(client *eventbridge.Client, bus, source string) Way {
	return busWay{eventbus.New(client, bus), source}
}

type busWay struct {
	bus    *eventbus.Bus
	source string
}

// Send implements Way.
func (w busWay) Send(ctx context.Context, event events.Out) (Receipt, error) {
	id, err := w.bus.PutOne(ctx, w.source, event)
	return Receipt{Event: id, Source: w.source}, err
}

// Queue sends events through a queue that feeds the function, by its URL. The caller needs
// sqs:SendMessage on it, and acts for sgkeeper's account.
func Queue(client *sqs.Client, url string) Way { return queueWay{client, url} }

type queueWay struct {
	client *sqs.Client
	url    string
}

// Send implements Way.
func (w queueWay) Send(ctx context.Context, event events.Out) (Receipt, error) {
	body, err := bare(event)
	if err != nil {
		return Receipt{}, err
	}
	out, err := w.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &w.url,
		MessageBody: aws.String(string(body))})
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{Event: aws.ToString(out.MessageId)}, nil
}

// Function invokes the ensure function directly, by its name or ARN. The result has the
// outcome. The caller needs lambda:InvokeFunction on it, and acts for sgkeeper's account. If
// sgkeeper could not serve the event now, Send returns an error, and the caller must send it
// again.
func Function(client *lambda.Client, name string) Way { return functionWay{client, name} }

type functionWay struct {
	client *lambda.Client
	name   string
}

// Send implements Way.
func (w functionWay) Send(ctx context.Context, event events.Out) (Receipt, error) {
	payload, err := bare(event)
	if err != nil {
		return Receipt{}, err
	}
	result, err := invoke(ctx, w.client, w.name, payload)
	return Receipt{Result: result}, err
}

// FunctionError says that an invoked function failed.
type FunctionError struct {
	Function string // its name or ARN
	Problem  string // in the function's words
}

// Error names the function and its problem.
func (e *FunctionError) Error() string {
	return fmt.Sprintf("the function %s failed: %s", e.Function, e.Problem)
}

// invoke invokes a function and returns its answer.
func invoke(ctx context.Context, client *lambda.Client, name string, payload []byte) (*events.Result, error) {
	out, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &name, Payload: payload})
	if err != nil {
		return nil, err
	}
	if out.FunctionError != nil {
		return nil, &FunctionError{name, problemOf(out.Payload)}
	}
	var result events.Result
	if err := json.Unmarshal(out.Payload, &result); err != nil {
		return nil, fmt.Errorf("the answer of the function %s is not sgkeeper's: %w", name, err)
	}
	return &result, nil
}

// problemOf returns the message of a function that failed.
func problemOf(payload []byte) string {
	var failure struct{ ErrorMessage string }
	if json.Unmarshal(payload, &failure) != nil || failure.ErrorMessage == "" {
		return string(payload)
	}
	return failure.ErrorMessage
}
