package main

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// patterns are event patterns of the stack's rules, on the default bus of an embedded account. All
// rules send to one queue.
type patterns struct {
	account *fakeaws.Account
	queues  *sqs.Client
	queue   *string
}

func newPatterns(t *testing.T, texts ...string) patterns {
	t.Helper()
	p := patterns{account: fakeaws.New(fakeaws.Options{})}
	config := aws.Config{Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, HTTPClient: p.account}
	p.queues = sqs.NewFromConfig(config)
	made, err := p.queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("target")})
	if err != nil {
		t.Fatal(err)
	}
	p.queue = made.QueueUrl
	bus := eventbridge.NewFromConfig(config)
	target := types.Target{Id: aws.String("queue"), Arn: aws.String("arn:aws:sqs:us-east-1:111122223333:target")}
	for i, text := range texts {
		name := fmt.Sprint("rule-", i)
		if _, err := bus.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: &name, EventPattern: &text}); err != nil {
			t.Fatal(err)
		}
		if _, err := bus.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: &name,
			Targets: []types.Target{target}}); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// pass reports whether exactly one rule passes an event.
func (p patterns) pass(t *testing.T, e fakeaws.Entry) bool {
	t.Helper()
	if _, err := p.account.Emit(e); err != nil {
		t.Fatal(err)
	}
	got, err := p.queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: p.queue,
		MaxNumberOfMessages: 10})
	if err != nil {
		t.Fatal(err)
	}
	return len(got.Messages) == 1
}
