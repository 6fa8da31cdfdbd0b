package sqs_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
)

// receive receives one message, and waits for it up to 20 seconds.
func (f fixture) receive(t *testing.T, url *string) types.Message {
	t.Helper()
	out, err := f.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{
		QueueUrl: url, WaitTimeSeconds: 20, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Messages) != 1 {
		t.Fatalf("received %d messages, want 1", len(out.Messages))
	}
	return out.Messages[0]
}

func TestReceiveMessageAttributes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, map[string]string{"VisibilityTimeout": "7"})
		f.send(t, "one")
		time.Sleep(2 * time.Second)
		f.receive(t, f.jobs)
		want := map[string]string{
			"ApproximateFirstReceiveTimestamp": "946684802000",
			"ApproximateReceiveCount":          "2",
			"SenderId":                         "AIDAEMBEDDEDACCOUNT00",
			"SentTimestamp":                    "946684800000",
		}
		if diff := cmp.Diff(want, f.receive(t, f.jobs).Attributes); diff != "" {
			t.Errorf("attributes (-want +got):\n%s", diff)
		}
		if got, want := time.Now().Unix(), int64(946684809); got != want {
			t.Errorf("visible again at %d, want %d", got, want)
		}
	})
}

func TestReceiveMessageWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, nil)
		start := time.Now()
		go func() {
			time.Sleep(3 * time.Second)
			f.send(t, "late")
		}()
		if m := f.receive(t, f.jobs); *m.Body != "late" || time.Since(start) != 3*time.Second {
			t.Errorf("received %q after %v", *m.Body, time.Since(start))
		}
		out, err := f.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: f.jobs, WaitTimeSeconds: 5})
		if err != nil || len(out.Messages) > 0 || time.Since(start) != 8*time.Second {
			t.Errorf("empty receive = %v, %v after %v", out.Messages, err, time.Since(start))
		}
	})
}

func TestReceiveMessageClientGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := f.ReceiveMessage(ctx, &client.ReceiveMessageInput{QueueUrl: f.jobs, WaitTimeSeconds: 20})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v, want a deadline", err)
		}
	})
}

func TestReceiveMessageRefused(t *testing.T) {
	f := setup(t, nil)
	for _, tt := range []struct {
		in   client.ReceiveMessageInput
		text string
	}{
		{client.ReceiveMessageInput{MaxNumberOfMessages: 11},
			"Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."},
		{client.ReceiveMessageInput{WaitTimeSeconds: 21},
			"Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."},
		{client.ReceiveMessageInput{VisibilityTimeout: -1}, "VisibilityTimeout"},
	} {
		tt.in.QueueUrl = f.jobs
		_, err := f.ReceiveMessage(t.Context(), &tt.in)
		wantCode(t, err, "InvalidParameterValue", tt.text)
	}
}

func TestDelayAndRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, map[string]string{"MessageRetentionPeriod": "60"})
		_, err := f.SendMessage(t.Context(), &client.SendMessageInput{QueueUrl: f.jobs, MessageBody: aws.String("x"),
			DelaySeconds: 10})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		f.show(t, f.receive(t, f.jobs).ReceiptHandle)
		if got := time.Since(start); got != 10*time.Second {
			t.Errorf("received after %v, want 10s", got)
		}
		time.Sleep(50 * time.Second)
		if got := f.bodies(t, f.jobs); got != nil {
			t.Errorf("after the retention period: %q", got)
		}
	})
}

func TestDeleteMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, map[string]string{"VisibilityTimeout": "5"})
		f.send(t, "one")
		older := f.receive(t, f.jobs).ReceiptHandle
		latest := f.receive(t, f.jobs).ReceiptHandle
		remove := func(handle *string) error {
			_, err := f.DeleteMessage(t.Context(), &client.DeleteMessageInput{QueueUrl: f.jobs, ReceiptHandle: handle})
			return err
		}
		if err := remove(older); err != nil {
			t.Errorf("older handle: %v", err)
		}
		if got := f.attributes(t, f.jobs)["ApproximateNumberOfMessagesNotVisible"]; got != "1" {
			t.Errorf("in flight after a delete by an older handle: %s, want 1", got)
		}
		time.Sleep(6 * time.Second) // the timeout has passed, and no client has received it since
		for range 2 {
			if err := remove(latest); err != nil {
				t.Errorf("latest handle: %v", err)
			}
		}
		if got := f.bodies(t, f.jobs); got != nil {
			t.Errorf("after the delete: %q", got)
		}
		wantCode(t, remove(aws.String("garbage")), "ReceiptHandleIsInvalid",
			`The input receipt handle "garbage" is not a valid receipt handle.`)
		_, err := f.ChangeMessageVisibility(t.Context(), &client.ChangeMessageVisibilityInput{QueueUrl: f.jobs,
			ReceiptHandle: latest, VisibilityTimeout: 3})
		wantCode(t, err, "InvalidParameterValue",
			"Message does not exist or is not available for visibility timeout change.")
	})
}

func TestChangeMessageVisibilityAndDeleteBatch(t *testing.T) {
	f := setup(t, nil)
	f.send(t, "one", "two")
	one, two := f.receive(t, f.jobs), f.receive(t, f.jobs)
	_, err := f.ChangeMessageVisibilityBatch(t.Context(), &client.ChangeMessageVisibilityBatchInput{
		QueueUrl: f.jobs, Entries: []types.ChangeMessageVisibilityBatchRequestEntry{{Id: aws.String("1"),
			ReceiptHandle: one.ReceiptHandle}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"one"}, f.bodies(t, f.jobs)); diff != "" {
		t.Errorf("visible (-want +got):\n%s", diff)
	}
	out, err := f.DeleteMessageBatch(t.Context(), &client.DeleteMessageBatchInput{
		QueueUrl: f.jobs, Entries: []types.DeleteMessageBatchRequestEntry{
			{Id: aws.String("1"), ReceiptHandle: aws.String("garbage")},
			{Id: aws.String("2"), ReceiptHandle: two.ReceiptHandle},
		},
	})
	if err != nil || len(out.Successful) != 1 || len(out.Failed) != 1 ||
		*out.Failed[0].Code != "ReceiptHandleIsInvalid" {
		t.Errorf("DeleteMessageBatch = %+v, %v", out, err)
	}
}

func TestKeepDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, nil)
		times := 1
		f.service.KeepDeleted(func(arn, _ string) bool {
			times--
			return arn == arnJobs && times >= 0
		})
		f.send(t, "again")
		for _, count := range []string{"1", "2"} {
			m := f.receive(t, f.jobs)
			if got := m.Attributes["ApproximateReceiveCount"]; got != count {
				t.Errorf("receive count %s, want %s", got, count)
			}
			if _, err := f.DeleteMessage(t.Context(), &client.DeleteMessageInput{QueueUrl: f.jobs,
				ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
		}
		if err := f.service.WaitEmpty(t.Context(), arnJobs); err != nil {
			t.Error(err)
		}
	})
}
