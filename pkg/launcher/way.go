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
	"github.com/sgkeeper/sgkeeper/pkg/eventbus"
)

// Way is how events reach sgkeeper.
type Way interface {
	// Send returns once sgkeeper is bound to take the event. The result is nil
	// where nobody answers.
	Send(ctx context.Context, event events.Out) (*events.Result, error)
}

// Bus is the way by an event bus, by name or ARN; source is the events'. The
// caller needs events:PutEvents on it. EventBridge takes events for a bus that
// does not exist, too, and drops them.
//
// It is the one way on which sgkeeper knows the account of who asks, and so the
// one for other accounts than sgkeeper's own.
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

// Queue is the way by a queue that the function is fed from, by its URL. The
// caller needs sqs:SendMessage on it, and speaks for sgkeeper's account.
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

// Function is the way by a direct invocation of the ensure function, by name or
// ARN, which answers what became of the event. The caller needs
// lambda:InvokeFunction on it, and speaks for sgkeeper's account. Where the event
// could not be served now, Send returns an error: nobody but the caller sends it again.
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
		return nil, fmt.Errorf("the function %s does not answer as sgkeeper's does: %w", w.name, err)
	}
	return &result, nil
}

// problemOf is the message in the payload of a function that failed.
func problemOf(payload []byte) string {
	var failure struct{ ErrorMessage string }
	if json.Unmarshal(payload, &failure) != nil || failure.ErrorMessage == "" {
		return string(payload)
	}
	return failure.ErrorMessage
}
