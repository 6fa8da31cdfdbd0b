package sqs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
)

func text(s string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &s}
}

// The digests were recorded from AWS.
func TestSendMessageDigests(t *testing.T) {
	f := setup(t, nil)
	out, err := f.SendMessage(t.Context(), &client.SendMessageInput{
		QueueUrl: f.jobs, MessageBody: aws.String("msg"),
		MessageAttributes: map[string]types.MessageAttributeValue{
			"Hello": text("There"), "General": text("Kenobi"), "Help.Me": text("Me"),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := *out.MD5OfMessageBody; got != "6e2baaf3b97dbeef01c0043275f9a0e7" {
		t.Errorf("body: %s", got)
	}
	if got := *out.MD5OfMessageAttributes; got != "4c360f3fdafd970e05fae2f149d997f5" {
		t.Errorf("attributes: %s", got)
	}
	for _, tt := range []struct {
		names []string
		want  string
	}{
		{[]string{"All"}, "4c360f3fdafd970e05fae2f149d997f5"},
		{[]string{".*"}, "4c360f3fdafd970e05fae2f149d997f5"},
		{[]string{"Hello", "Absent"}, "a311262e065454b75da111d535b8dacd"}, // of the returned attributes
		{[]string{"Hel.*"}, "83fee93c1bcd8b9a5a923ffacdc636c7"},
		{nil, ""},
	} {
		out, err := f.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: f.jobs,
			MessageAttributeNames: tt.names})
		if err != nil || len(out.Messages) != 1 {
			t.Fatalf("receive: %v, %v", out, err)
		}
		if got := aws.ToString(out.Messages[0].MD5OfMessageAttributes); got != tt.want {
			t.Errorf("attributes %q: digest %q, want %q", tt.names, got, tt.want)
		}
		f.show(t, out.Messages[0].ReceiptHandle)
	}
}

func (f fixture) show(t *testing.T, handle *string) {
	t.Helper()
	_, err := f.ChangeMessageVisibility(t.Context(), &client.ChangeMessageVisibilityInput{QueueUrl: f.jobs,
		ReceiptHandle: handle})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSendMessageRefused(t *testing.T) {
	f := setup(t, nil)
	attribute := func(name string, v types.MessageAttributeValue) client.SendMessageInput {
		return client.SendMessageInput{MessageBody: aws.String("x"),
			MessageAttributes: map[string]types.MessageAttributeValue{name: v}}
	}
	tests := []struct {
		in         client.SendMessageInput
		code, text string
	}{
		{client.SendMessageInput{MessageBody: aws.String("")}, "MissingParameter", "MessageBody"},
		{client.SendMessageInput{MessageBody: aws.String("a\x00b")}, "InvalidMessageContents", "#x9"},
		{client.SendMessageInput{MessageBody: aws.String("a\uffffb")}, "InvalidMessageContents", "#x9"},
		{client.SendMessageInput{MessageBody: aws.String(strings.Repeat("x", 1<<20+1))}, "InvalidParameterValue",
			"shorter than 1048576 bytes"},
		{client.SendMessageInput{MessageBody: aws.String("x"), DelaySeconds: 901}, "InvalidParameterValue",
			"DelaySeconds"},
		{client.SendMessageInput{MessageBody: aws.String("x"), MessageGroupId: aws.String("g")},
			"AWS.SimpleQueueService.UnsupportedOperation", `"MessageGroupId"`},
		{attribute("ErrorDetails", text("")), "InvalidParameterValue",
			"Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'."},
		{attribute("aws.x", text("v")), "InvalidParameterValue", "'aws.x'"},
		{attribute("x", types.MessageAttributeValue{DataType: aws.String("Text"), StringValue: aws.String("v")}),
			"InvalidParameterValue", "type"},
	}
	for _, tt := range tests {
		tt.in.QueueUrl = f.jobs
		_, err := f.SendMessage(t.Context(), &tt.in)
		wantCode(t, err, tt.code, tt.text)
	}
	f.send(t, strings.Repeat("x", 1<<20)) // just fits
}

func TestSendMessageBatch(t *testing.T) {
	f := setup(t, nil)
	entry := func(id, body string) types.SendMessageBatchRequestEntry {
		return types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &body}
	}
	out, err := f.SendMessageBatch(t.Context(), &client.SendMessageBatchInput{
		QueueUrl: f.jobs, Entries: []types.SendMessageBatchRequestEntry{entry("a", "one"), entry("b", "\x01"),
			entry("c", "two")},
	})
	if err != nil || len(out.Successful) != 2 || len(out.Failed) != 1 {
		t.Fatalf("SendMessageBatch = %+v, %v", out, err)
	}
	if e := out.Failed[0]; *e.Id != "b" || *e.Code != "InvalidMessageContents" || !e.SenderFault {
		t.Errorf("failed entry: %+v", e)
	}
	if diff := cmp.Diff([]string{"one", "two"}, f.bodies(t, f.jobs)); diff != "" {
		t.Errorf("bodies (-want +got):\n%s", diff)
	}
	half := strings.Repeat("x", 1<<19)
	for _, tt := range []struct {
		code    string
		entries []types.SendMessageBatchRequestEntry
	}{
		{"AWS.SimpleQueueService.EmptyBatchRequest", []types.SendMessageBatchRequestEntry{}},
		{"AWS.SimpleQueueService.TooManyEntriesInBatchRequest", make11(entry)},
		{"AWS.SimpleQueueService.BatchEntryIdsNotDistinct", []types.SendMessageBatchRequestEntry{entry("a", "1"),
			entry("a", "2")}},
		{"AWS.SimpleQueueService.InvalidBatchEntryId", []types.SendMessageBatchRequestEntry{entry("a:b", "1")}},
		{"AWS.SimpleQueueService.BatchRequestTooLong", []types.SendMessageBatchRequestEntry{entry("a", half),
			entry("b", half+"x")}},
	} {
		_, err := f.SendMessageBatch(t.Context(), &client.SendMessageBatchInput{QueueUrl: f.jobs, Entries: tt.entries})
		wantCode(t, err, tt.code, "")
	}
}

func make11(entry func(id, body string) types.SendMessageBatchRequestEntry) (entries []types.SendMessageBatchRequestEntry) {
	for i := range 11 {
		entries = append(entries, entry(string(rune('a'+i)), "x"))
	}
	return entries
}
