package fakeaws_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func TestDynamoDB(t *testing.T) {
	account := fakeaws.New(fakeaws.Options{})
	client := dynamodb.NewFromConfig(config(account))
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("table"), BillingMode: dynamotypes.BillingModePayPerRequest,
		AttributeDefinitions: []dynamotypes.AttributeDefinition{{AttributeName: aws.String("pk"),
			AttributeType: dynamotypes.ScalarAttributeTypeS}},
		KeySchema: []dynamotypes.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: dynamotypes.KeyTypeHash}},
	})
	must(t, err)
	item := map[string]dynamotypes.AttributeValue{"pk": &dynamotypes.AttributeValueMemberS{Value: "a"}}
	put := &dynamodb.PutItemInput{
		TableName: aws.String("table"), Item: item, ConditionExpression: aws.String("attribute_not_exists(pk)"),
		ReturnValuesOnConditionCheckFailure: dynamotypes.ReturnValuesOnConditionCheckFailureAllOld,
	}
	_, err = client.PutItem(t.Context(), put)
	must(t, err)
	_, err = client.PutItem(t.Context(), put)
	failed, ok := errors.AsType[*dynamotypes.ConditionalCheckFailedException](err)
	if !ok || len(failed.Item) != 1 || failed.ErrorMessage() == "" {
		t.Errorf("again: %v, want a failed condition with the item", err)
	}
	account.Deny("dynamodb:*")
	_, err = client.PutItem(t.Context(), put)
	wantCode(t, "denied", err, "AccessDeniedException")
	if got := account.Calls().Of("dynamodb"); got != 4 {
		t.Errorf("%d calls, want 4", got)
	}
}

func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := fakeaws.New(fakeaws.Options{})
		client := sqs.NewFromConfig(config(account))
		_, err := client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("jobs")})
		wantCode(t, "an unknown queue", err, "AWS.SimpleQueueService.NonExistentQueue")
		queue, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("jobs")})
		must(t, err)
		_, err = client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: queue.QueueUrl,
			MessageBody: aws.String("one")})
		must(t, err)
		arn := "arn:aws:sqs:us-east-1:111122223333:jobs"
		must(t, account.Send(arn, "two"))

		ctx, cancel := context.WithCancel(t.Context())
		var got []string
		done := make(chan error)
		go func() {
			done <- account.Consume(ctx, arn, fakeaws.Mapping{MaximumConcurrency: 1},
				func(_ context.Context, payload []byte) ([]byte, error) {
					got = append(got, string(payload))
					return nil, nil
				})
		}()
		must(t, account.WaitEmpty(ctx, arn))
		cancel()
		must(t, <-done)
		all := strings.Join(got, "")
		if !strings.Contains(all, `"one"`) || !strings.Contains(all, `"two"`) || !strings.Contains(all, "aws:sqs") {
			t.Errorf("delivered %s", all)
		}
	})
}

func TestBusToQueue(t *testing.T) {
	account := fakeaws.New(fakeaws.Options{})
	bus, queues := eventbridge.NewFromConfig(config(account)), sqs.NewFromConfig(config(account))
	queue, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("launches")})
	must(t, err)
	_, err = bus.PutRule(t.Context(), &eventbridge.PutRuleInput{
		Name: aws.String("launches"), EventPattern: aws.String(`{"detail-type": ["Launch Requested"]}`),
	})
	must(t, err)
	_, err = bus.PutTargets(t.Context(), &eventbridge.PutTargetsInput{
		Rule: aws.String("launches"),
		Targets: []eventtypes.Target{{Id: aws.String("queue"),
			Arn: aws.String("arn:aws:sqs:us-east-1:111122223333:launches")}},
	})
	must(t, err)
	put := &eventbridge.PutEventsInput{Entries: []eventtypes.PutEventsRequestEntry{
		{Source: aws.String("test"), DetailType: aws.String("Launch Requested"), Detail: aws.String(`{"launch": "a"}`)},
		{Source: aws.String("test"), DetailType: aws.String("Something Else"), Detail: aws.String(`{"launch": "b"}`)},
	}}
	out, err := bus.PutEvents(t.Context(), put)
	must(t, err)
	if out.FailedEntryCount != 0 {
		t.Errorf("%d entries failed", out.FailedEntryCount)
	}
	got, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl,
		MaxNumberOfMessages: 10})
	must(t, err)
	if len(got.Messages) != 1 || !strings.Contains(*got.Messages[0].Body, `"Launch Requested"`) {
		t.Errorf("received %d messages, want the launch", len(got.Messages))
	}
	account.FailEntries(func(fakeaws.Entry) *fakeaws.Error { return &fakeaws.Error{Code: "ThrottlingException"} })
	out, err = bus.PutEvents(t.Context(), put)
	must(t, err)
	if out.FailedEntryCount != 2 {
		t.Errorf("%d entries failed, want both", out.FailedEntryCount)
	}
}
