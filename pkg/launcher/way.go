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
	// Send returns when sgkeeper is bound to process the event. The result is nil if the way
	// gives no answer.
	Send(ctx context.Context, event events.Out) (*events.Result, error)
}

// Bus sends events through an event bus, by its name or ARN, with the given source. The caller
// needs events:PutEvents on it. EventBridge accepts and drops events for a bus that does not
// exist.
//
// Only a bus tells sgkeeper the publisher's account. So accounts other than sgkeeper's own
// must use it.
func Bus(client *eventbridge.Client, bus, source string) Way {
	return busWay{eventbus.New(client, bus), source}
}

type busWay struct {
	bus    *eventbus.Bus
	source string
}

// Send implements Way.
func (w busWay) Send(ctx context.Context, event events.Out) (*events.Result, error) {
	return nil, w.bus.Put(ctx, w.source, event)
}

// Queue sends events through a queue that feeds the function, by its URL. The caller needs
// sqs:SendMessage on it, and acts for sgkeeper's account.
func Queue(client *sqs.Client, url string) Way { return queueWay{client, url} }

type queueWay struct {
	client *sqs.Client
	url    string
}

// Send implements Way.
func (w queueWay) Send(ctx context.Context, event events.Out) (*events.Result, error) {
	body, err := bare(event)
	if err != nil {
		return nil, err
	}
	_, err = w.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &w.url, MessageBody: aws.String(string(body))})
	return nil, err
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
func (w functionWay) Send(ctx context.Context, event events.Out) (*events.Result, error) {
	payload, err := bare(event)
	if err != nil {
		return nil, err
	}
	out, err := w.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &w.name, Payload: payload})
	if err != nil {
		return nil, err
	}
	if out.FunctionError != nil {
		return nil, fmt.Errorf("the function %s failed: %s", w.name, problemOf(out.Payload))
	}
	var result events.Result
	if err := json.Unmarshal(out.Payload, &result); err != nil {
		return nil, fmt.Errorf("the answer of the function %s is not sgkeeper's: %w", w.name, err)
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
