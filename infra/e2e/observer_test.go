package e2e_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Longest waits, on a busy machine.
const (
	patience  = time.Minute
	scheduled = 4 * time.Minute // for a scheduled run, or an expiry
)

// observer receives the events that sgkeeper publishes on its bus.
type observer struct {
	queues   *sqs.Client
	url      *string
	received []published
}

// published are the checked fields of an event of sgkeeper.
type published struct {
	Type   string `json:"detail-type"`
	Detail struct {
		Launch     string
		Launches   []string
		Authorized []any
		Reasons    []struct{ Field, Problem string }
		Kind       string
		All        bool
		Report     string
		Rule       struct{ FromPort int }
	}
}

// about reports whether an event of a type is about a launch.
func (p published) about(kind, launch string) bool {
	return p.Type == kind && (p.Detail.Launch == launch || slices.Contains(p.Detail.Launches, launch))
}

// observe sends sgkeeper's events from now on to a queue.
func (w *world) observe(t *testing.T) *observer {
	t.Helper()
	queue, err := w.queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("observer")})
	if err != nil {
		t.Fatal(err)
	}
	bus := aws.String("sgkeeper")
	_, err = w.bus.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: aws.String("observer"), EventBusName: bus,
		EventPattern: aws.String(`{"source":["sgkeeper"]}`)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.bus.PutTargets(t.Context(), &eventbridge.PutTargetsInput{
		Rule: aws.String("observer"), EventBusName: bus, Targets: []types.Target{{Id: aws.String("queue"),
			Arn: aws.String(w.queueARN("observer"))}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &observer{queues: w.queues, url: queue.QueueUrl}
}

// receive takes the events from the queue.
func (o *observer) receive(ctx context.Context) error {
	got, err := o.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: o.url, MaxNumberOfMessages: 10,
		WaitTimeSeconds: 5})
	if err != nil {
		return err
	}
	for _, message := range got.Messages {
		var p published
		if err := json.Unmarshal([]byte(*message.Body), &p); err != nil {
			return err
		}
		o.received = append(o.received, p)
		if _, err := o.queues.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: o.url,
			ReceiptHandle: message.ReceiptHandle}); err != nil {
			return err
		}
	}
	return nil
}

// until waits for an event. The event may have arrived before.
func (o *observer) until(t *testing.T, what string, within time.Duration, is func(published) bool) published {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	for from := 0; ; {
		if i := slices.IndexFunc(o.received[from:], is); i >= 0 {
			return o.received[from+i]
		}
		from = len(o.received)
		if err := o.receive(ctx); err != nil {
			t.Fatalf("%s did not arrive within %s: %v; received %+v", what, within, err, o.received)
		}
	}
}

func (o *observer) ensured(t *testing.T, launch string) published {
	t.Helper()
	return o.until(t, "Ports Ensured for "+launch, patience,
		func(p published) bool { return p.about("Ports Ensured", launch) })
}

func (o *observer) released(t *testing.T, launch string, within time.Duration) published {
	t.Helper()
	return o.until(t, "Ports Released for "+launch, within, func(p published) bool {
		return p.about("Ports Released",
			launch)
	})
}
