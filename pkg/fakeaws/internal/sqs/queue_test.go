package sqs_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

type attributeName = types.QueueAttributeName

func TestQueueAttributes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, map[string]string{"VisibilityTimeout": "60"})
		f.queue(t, "dead", nil)
		time.Sleep(time.Second)
		policy := `{"maxReceiveCount": "3", "deadLetterTargetArn": "` + arnDead + `"}`
		_, err := f.SetQueueAttributes(t.Context(), &client.SetQueueAttributesInput{
			QueueUrl: f.jobs, Attributes: map[string]string{"RedrivePolicy": policy, "DelaySeconds": "5"},
		})
		if err != nil {
			t.Fatal(err)
		}
		f.send(t, "one")
		want := map[string]string{
			"ApproximateNumberOfMessages":           "0",
			"ApproximateNumberOfMessagesDelayed":    "1",
			"ApproximateNumberOfMessagesNotVisible": "0",
			"CreatedTimestamp":                      "946684800",
			"DelaySeconds":                          "5",
			"LastModifiedTimestamp":                 "946684801",
			"MaximumMessageSize":                    "1048576",
			"MessageRetentionPeriod":                "345600",
			"QueueArn":                              arnJobs,
			"ReceiveMessageWaitTimeSeconds":         "0",
			"RedrivePolicy":                         `{"deadLetterTargetArn":"` + arnDead + `","maxReceiveCount":3}`,
			"SqsManagedSseEnabled":                  "true",
			"VisibilityTimeout":                     "60",
		}
		if diff := cmp.Diff(want, f.attributes(t, f.jobs)); diff != "" {
			t.Errorf("attributes (-want +got):\n%s", diff)
		}
	})
}

func TestCreateQueueRefused(t *testing.T) {
	f := setup(t, nil)
	tests := []struct {
		name       string
		attributes map[string]string
		code, text string
	}{
		{"q.fifo", nil, "AWS.SimpleQueueService.UnsupportedOperation", "FIFO"},
		{"q", map[string]string{"FifoQueue": "true"}, "AWS.SimpleQueueService.UnsupportedOperation", "FIFO"},
		{"a/b", nil, "InvalidParameterValue", "alphanumeric"},
		{"jobs", map[string]string{"DelaySeconds": "7"}, "QueueAlreadyExists", "attribute DelaySeconds"},
		{"q", map[string]string{"VisibilityTimeout": "43201"}, "InvalidAttributeValue", "VisibilityTimeout"},
		{"q", map[string]string{"KmsMasterKeyId": "k"}, "InvalidAttributeName", "KmsMasterKeyId"},
		{"q", map[string]string{"RedrivePolicy": "no"}, "InvalidParameterValue", "unsupported format"},
		{"q", map[string]string{"RedrivePolicy": `{"maxReceiveCount":3}`}, "InvalidParameterValue",
			"deadLetterTargetArn"},
		{"q", map[string]string{"RedrivePolicy": `{"maxReceiveCount":0,"deadLetterTargetArn":"` + arnJobs + `"}`},
			"InvalidParameterValue", "maxReceiveCount: 0"},
		{"q", map[string]string{"RedrivePolicy": `{"maxReceiveCount":3,"deadLetterTargetArn":"` + arnDead + `"}`},
			"InvalidParameterValue", "target does not exist"},
	}
	for _, tt := range tests {
		_, err := f.CreateQueue(t.Context(), &client.CreateQueueInput{QueueName: &tt.name, Attributes: tt.attributes})
		wantCode(t, err, tt.code, tt.text)
	}
	f.queue(t, "jobs", nil) // creating the same queue again succeeds
}

func TestQueueGoesAndComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, nil)
		if _, err := f.DeleteQueue(t.Context(), &client.DeleteQueueInput{QueueUrl: f.jobs}); err != nil {
			t.Fatal(err)
		}
		_, err := f.GetQueueUrl(t.Context(), &client.GetQueueUrlInput{QueueName: aws.String("jobs")})
		wantCode(t, err, "AWS.SimpleQueueService.NonExistentQueue", "does not exist")
		if _, ok := errors.AsType[*types.QueueDoesNotExist](err); !ok {
			t.Errorf("error = %T, want QueueDoesNotExist", err)
		}
		_, err = f.CreateQueue(t.Context(), &client.CreateQueueInput{QueueName: aws.String("jobs")})
		wantCode(t, err, "AWS.SimpleQueueService.QueueDeletedRecently", "60 seconds")
		time.Sleep(time.Minute)
		f.queue(t, "jobs", nil)
	})
}

func TestListQueuesPages(t *testing.T) {
	f := setup(t, nil)
	for _, name := range []string{"a-1", "a-2", "a-3"} {
		f.queue(t, name, nil)
	}
	var pages []int
	p := client.NewListQueuesPaginator(f, &client.ListQueuesInput{QueueNamePrefix: aws.String("a-"),
		MaxResults: aws.Int32(2)})
	for p.HasMorePages() {
		out, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, len(out.QueueUrls))
	}
	if diff := cmp.Diff([]int{2, 1}, pages); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

func TestPurgeQueue(t *testing.T) {
	f := setup(t, nil)
	f.send(t, "one", "two")
	if _, err := f.PurgeQueue(t.Context(), &client.PurgeQueueInput{QueueUrl: f.jobs}); err != nil {
		t.Fatal(err)
	}
	if got := f.bodies(t, f.jobs); got != nil {
		t.Errorf("after the purge: %q", got)
	}
	_, err := f.PurgeQueue(t.Context(), &client.PurgeQueueInput{QueueUrl: f.jobs})
	wantCode(t, err, "AWS.SimpleQueueService.PurgeQueueInProgress", "jobs")
}

func TestCallUnknown(t *testing.T) {
	f := setup(t, nil)
	for _, tt := range []struct{ op, input, code string }{
		{"TagQueue", `{}`, "InvalidAction"},
		{"CreateQueue", `{"QueueName": "q", "tags": {"a": "b"}}`, "UnsupportedOperation"},
		{"SendMessage", `{"QueueUrl": "u", "MessageGroupId": "g"}`, "UnsupportedOperation"},
		{"ReceiveMessage", `{"QueueUrl": 5}`, "SerializationException"},
	} {
		_, err := f.service.Call(tt.op, []byte(tt.input))
		if e, ok := errors.AsType[*api.Error](err); !ok || e.Code != tt.code {
			t.Errorf("Call(%s, %s) = %v, want %s", tt.op, tt.input, err, tt.code)
		}
	}
}
