package eventbridge_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-lambda-go/events"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/eventbridge"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/sqs"
)

// An event goes from PutEvents through a queue to a Lambda handler.
func TestPutEventsToHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queue := sqs.New(account, region)
		if _, err := queue.Call("CreateQueue", []byte(`{"QueueName": "jobs"}`)); err != nil {
			t.Fatal(err)
		}
		f := setup()
		f.service = eventbridge.New(account, region, 0, queue.Send)
		f.Client = connect(f.service)
		f.rule(t, "default", "r", `{"detail": {"launch": [{"prefix": "llama"}]}}`, target("a", "jobs"))
		f.put(t, entry("demo", "Launch Requested", `{"launch":"llama4-7f3a"}`),
			entry("demo", "Launch Requested", `{"launch":"other"}`))

		ctx, cancel := context.WithCancel(t.Context())
		var got events.CloudWatchEvent
		err := queue.Poll(ctx, queues+"jobs", sqs.Mapping{}, func(_ context.Context, payload []byte) ([]byte, error) {
			defer cancel()
			var e events.SQSEvent
			if err := json.Unmarshal(payload, &e); err != nil || len(e.Records) != 1 {
				t.Errorf("event %s: %v", payload, err)
			}
			return nil, json.Unmarshal([]byte(e.Records[0].Body), &got)
		})
		if err != nil || string(got.Detail) != `{"launch":"llama4-7f3a"}` || got.Source != "demo" {
			t.Errorf("handled %+v, %v", got, err)
		}
	})
}
