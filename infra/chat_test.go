package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestChat: only the rules of chat publish to its topic, over TLS, and they pass on the message for
// people. By default there is no such topic.
func TestChat(t *testing.T) {
	tp := of(t, "full")
	policy := policyOfTopic(t, tp, "Chat")
	for _, want := range []string{
		`"aws:SecureTransport":"false"`, `"Service":"events.amazonaws.com"`, `"ArnEquals":{"aws:SourceArn":[`,
		`"Rulechatdrifts`, `"Rulechatrefusals`,
	} {
		if !strings.Contains(policy, want) {
			t.Errorf("the topic's policy has no %s: %s", want, policy)
		}
	}
	for _, name := range []string{"keeper-chat-drifts", "keeper-chat-refusals"} {
		rule := tp.named(t, "AWS::Events::Rule", "Name", name)
		wantAt(t, rule, "$.detail.chat", "Targets", 0, "InputPath")
		if topic, _ := at(rule.Properties, "Targets", 0, "Arn", "Ref").(string); !strings.HasPrefix(topic, "Chat") {
			t.Errorf("%s sends to %s, want the topic of chat", name, topic)
		}
	}
	if n := len(of(t, "installation").all("AWS::SNS::Topic")); n != 1 {
		t.Errorf("by default there are %d topics, want that of alarms alone", n)
	}
}

// TestChatPatterns puts the rules' patterns on a bus. They pass drifts of the least severity and above,
// and refused launches.
func TestChatPatterns(t *testing.T) {
	account := fakeaws.New(fakeaws.Options{})
	config := aws.Config{Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, HTTPClient: account}
	bus, queues := eventbridge.NewFromConfig(config), sqs.NewFromConfig(config)
	queue, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("chat")})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"chat-drifts", "chat-refusals"} {
		rule := of(t, "full").named(t, "AWS::Events::Rule", "Name", "keeper-"+name)
		if _, err := bus.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: aws.String(name),
			EventPattern: aws.String(rendered(t, rule.Properties["EventPattern"]))}); err != nil {
			t.Fatal(err)
		}
		target := types.Target{Id: aws.String("queue"), Arn: aws.String("arn:aws:sqs:us-east-1:111122223333:chat")}
		if _, err := bus.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String(name),
			Targets: []types.Target{target}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		source, detailType, severity string
		through                      bool
	}{
		{"sgkeeper", "Drift Detected", "critical", true},
		{"sgkeeper", "Drift Detected", "high", true},
		{"sgkeeper", "Drift Detected", "medium", false},
		{"sgkeeper", "Drift Closed", "high", true},
		{"sgkeeper", "Drift Closed", "low", false},
		{"sgkeeper", "Launch Rejected", "", true},
		{"sgkeeper", "Ports Ensured", "", false},
		{"sgkeeper", "Audit Completed", "", false},
		{"batch", "Drift Detected", "critical", false},
		{"batch", "Launch Rejected", "", false},
	} {
		if _, err := account.Emit(fakeaws.Entry{Source: row.source, DetailType: row.detailType,
			Detail: fmt.Sprintf(`{"severity":%q}`, row.severity)}); err != nil {
			t.Fatal(err)
		}
		got, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl,
			MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		if through := len(got.Messages) == 1; through != row.through {
			t.Errorf("%+v came through: %v", row, through)
		}
	}
}
