package sqs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/sqs"
)

// poll polls the queue jobs in the background until the test ends.
func (f fixture) poll(t *testing.T, m sqs.Mapping, handle func(events.SQSEvent) ([]byte, error)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- f.service.Poll(ctx, arnJobs, m, func(_ context.Context, payload []byte) ([]byte, error) {
			var e events.SQSEvent
			if err := json.Unmarshal(payload, &e); err != nil {
				return nil, err
			}
			return handle(e)
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Poll = %v", err)
		}
	})
}

// drained waits until a queue is empty, and returns the elapsed time.
func (f fixture) drained(t *testing.T, arn string) time.Duration {
	t.Helper()
	start := time.Now()
	if err := f.service.WaitEmpty(t.Context(), arn); err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}

// journal collects the messages that concurrent handlers received.
type journal struct {
	mu      sync.Mutex
	batches [][]string
}

func (j *journal) add(e events.SQSEvent) {
	var bodies []string
	for _, r := range e.Records {
		bodies = append(bodies, r.Body)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.batches = append(j.batches, bodies)
}

func TestPollEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, nil)
		sent, err := f.SendMessage(t.Context(), &client.SendMessageInput{
			QueueUrl: f.jobs, MessageBody: aws.String(`{"a":"<b>"}`),
			MessageAttributes: map[string]types.MessageAttributeValue{"Foo": text("Bar")},
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		ctx, cancel := context.WithCancel(t.Context())
		err = f.service.Poll(ctx, arnJobs, sqs.Mapping{}, func(_ context.Context, payload []byte) ([]byte, error) {
			got = payload
			cancel()
			return nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var e events.SQSEvent
		if err := json.Unmarshal(got, &e); err != nil || len(e.Records) != 1 {
			t.Fatalf("event %s: %v", got, err)
		}
		want := fmt.Sprintf(`{"Records":[{"messageId":%q,"receiptHandle":%q,"body":"{\"a\":\"<b>\"}",`+
			`"attributes":{"ApproximateFirstReceiveTimestamp":"946684800000","ApproximateReceiveCount":"1","SenderId":"AIDAEMBEDDEDACCOUNT00","SentTimestamp":"946684800000"},`+
			`"messageAttributes":{"Foo":{"stringValue":"Bar","stringListValues":[],"binaryListValues":[],"dataType":"String"}},`+
			`"md5OfMessageAttributes":"ae7155c6026991b6d54b11589678bf9c","md5OfBody":%q,"eventSource":"aws:sqs","eventSourceARN":%q,"awsRegion":%q}]}`,
			*sent.MessageId, e.Records[0].ReceiptHandle, *sent.MD5OfMessageBody, arnJobs, region)
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
		f.drained(t, arnJobs)
	})
}

func TestPollPartialFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, map[string]string{"VisibilityTimeout": "30"})
		f.send(t, "a", "b", "c")
		var j journal
		f.poll(t, sqs.Mapping{PartialBatchResponses: true}, func(e events.SQSEvent) ([]byte, error) {
			j.add(e)
			var r events.SQSEventResponse
			for _, m := range e.Records {
				if m.Body == "b" && m.Attributes["ApproximateReceiveCount"] == "1" {
					r.BatchItemFailures = append(r.BatchItemFailures,
						events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
				}
			}
			return json.Marshal(r)
		})
		if got := f.drained(t, arnJobs); got != 30*time.Second {
			t.Errorf("drained after %v, want one visibility timeout", got)
		}
		if diff := cmp.Diff([][]string{{"a", "b", "c"}, {"b"}}, j.batches); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
	})
}

// A failing batch returns as a whole. Instead of a third receive, its messages go to the
// dead-letter queue.
func TestPollRedrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, map[string]string{"VisibilityTimeout": "10"})
		dead := f.queue(t, "dead", nil)
		f.setRedrive(t, 2)
		f.send(t, "poison", "victim")
		var j journal
		f.poll(t, sqs.Mapping{BatchSize: 2}, func(e events.SQSEvent) ([]byte, error) {
			j.add(e)
			return nil, errors.New("failed")
		})
		if got := f.drained(t, arnJobs); got != 20*time.Second {
			t.Errorf("redriven after %v, want two visibility timeouts", got)
		}
		if diff := cmp.Diff([][]string{{"poison", "victim"}, {"poison", "victim"}}, j.batches); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
		m := f.receive(t, dead)
		if got := m.Attributes["DeadLetterQueueSourceArn"]; *m.Body != "poison" || got != arnJobs {
			t.Errorf("dead letter %q from %q", *m.Body, got)
		}
		if got := m.Attributes["ApproximateReceiveCount"]; got != "3" {
			t.Errorf("the dead letter has the receive count %s, want 3", got)
		}
	})
}

func (f fixture) setRedrive(t *testing.T, max int) {
	t.Helper()
	_, err := f.SetQueueAttributes(t.Context(), &client.SetQueueAttributesInput{QueueUrl: f.jobs,
		Attributes: map[string]string{
			"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, arnDead, max),
		}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPollConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, nil)
		for i := range 10 {
			f.send(t, fmt.Sprint(i))
		}
		var mu sync.Mutex
		running, most := 0, 0
		count := func(n int) {
			mu.Lock()
			defer mu.Unlock()
			running += n
			most = max(most, running)
		}
		f.poll(t, sqs.Mapping{BatchSize: 1, MaximumConcurrency: 3}, func(events.SQSEvent) ([]byte, error) {
			count(1)
			defer count(-1)
			time.Sleep(time.Second)
			return nil, nil
		})
		if got := f.drained(t, arnJobs); got != 4*time.Second || most != 3 {
			t.Errorf("drained after %v with %d at once, want 4s with 3", got, most)
		}
	})
}

func TestPollBatchWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, nil)
		var j journal
		f.poll(t, sqs.Mapping{BatchSize: 3, BatchWindow: 10 * time.Second}, func(e events.SQSEvent) ([]byte, error) {
			j.add(e)
			return nil, nil
		})
		for i := range 5 {
			f.send(t, fmt.Sprint(i))
			time.Sleep(2 * time.Second)
		}
		if got := f.drained(t, arnJobs); got != 6*time.Second { // the second window opened at 6s
			t.Errorf("drained after %v more, want 6s", got)
		}
		if diff := cmp.Diff([][]string{{"0", "1", "2"}, {"3", "4"}}, j.batches); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
	})
}

// These are the answers that Lambda takes for success or failure of a batch.
func TestPollResponses(t *testing.T) {
	tests := []struct {
		response string // ID: the id of the first message
		left     int    // the number of messages kept, of two
	}{
		{``, 0},
		{`null`, 0},
		{`{}`, 0},
		{`{"batchItemFailures": []}`, 0},
		{`{"batchItemFailures": null}`, 0},
		{`{"batchItemFailures": [{"itemIdentifier": "ID"}]}`, 1},
		{`{"batchItemFailures": [{"itemIdentifier": "ID"}, {"itemIdentifier": "ID"}]}`, 1},
		{`{"BatchItemFailures": [{"itemIdentifier": "ID"}]}`, 0}, // an unknown key and nothing else
		{`{"batchItemFailures": [{"ItemIdentifier": "ID"}]}`, 2}, // a misspelled key
		{`{"batchItemFailures": [{"itemIdentifier": ""}]}`, 2},
		{`{"batchItemFailures": [{"itemIdentifier": null}]}`, 2},
		{`{"batchItemFailures": [{"itemIdentifier": "ID"}, {"itemIdentifier": "unknown"}]}`, 2},
		{`{"batchItemFailures": ["ID"]}`, 2},
		{`{"batchItemFailures": "ID"}`, 2},
		{`["ID"]`, 2},
		{`not json`, 2},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			f := setup(t, nil)
			f.send(t, "a", "b")
			f.poll(t, sqs.Mapping{PartialBatchResponses: true}, func(e events.SQSEvent) ([]byte, error) {
				return []byte(strings.ReplaceAll(tt.response, "ID", e.Records[0].MessageId)), nil
			})
			synctest.Wait()
			if got := f.attributes(t, f.jobs)["ApproximateNumberOfMessagesNotVisible"]; got != fmt.Sprint(tt.left) {
				t.Errorf("response %s: %s messages kept, want %d", tt.response, got, tt.left)
			}
		})
	}
}

func TestPollEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, nil)
		invoke := func(context.Context, []byte) ([]byte, error) { return nil, nil }
		if err := f.service.Poll(t.Context(), arnDead, sqs.Mapping{}, invoke); err == nil {
			t.Error("Poll of a queue that does not exist succeeded")
		}
		for _, m := range []sqs.Mapping{
			{BatchSize: 11}, {BatchSize: -1}, {BatchWindow: time.Hour}, {MaximumConcurrency: 1001},
		} {
			if err := f.service.Poll(t.Context(), arnJobs, m, invoke); err == nil {
				t.Errorf("Poll took the mapping %+v", m)
			}
		}
		go func() {
			time.Sleep(time.Hour)
			f.DeleteQueue(t.Context(), &client.DeleteQueueInput{QueueUrl: f.jobs})
		}()
		if err := f.service.Poll(t.Context(), arnJobs, sqs.Mapping{}, invoke); err == nil {
			t.Error("Poll outlived its queue")
		}
	})
}

// Seven messages of the largest size do not fit into one invocation's payload.
func TestPollPayload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, nil)
		large := strings.Repeat("x", 1<<20)
		for range 7 {
			if err := f.service.Send(arnJobs, large); err != nil {
				t.Fatal(err)
			}
		}
		var j journal
		f.poll(t, sqs.Mapping{MaximumConcurrency: 1}, func(e events.SQSEvent) ([]byte, error) {
			j.add(e)
			return nil, nil
		})
		f.drained(t, arnJobs)
		if len(j.batches) != 2 || len(j.batches[0]) != 5 {
			t.Errorf("%d batches, want 5 and 2 messages", len(j.batches))
		}
	})
}

// TestMoveWithoutSource: a message that came from no queue, such as an event that a rule could
// not deliver, moves only if the task names a destination.
func TestMoveWithoutSource(t *testing.T) {
	f := setup(t, nil)
	dead := f.queue(t, "dead", nil)
	f.setRedrive(t, 1)
	if _, err := f.SendMessage(t.Context(), &client.SendMessageInput{QueueUrl: dead,
		MessageBody: aws.String("undelivered")}); err != nil {
		t.Fatal(err)
	}
	for _, destination := range []*string{nil, aws.String(arnJobs)} {
		in := &client.StartMessageMoveTaskInput{SourceArn: aws.String(arnDead), DestinationArn: destination}
		if _, err := f.StartMessageMoveTask(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if moved := f.bodies(t, f.jobs); len(moved) > 0 != (destination != nil) {
			t.Errorf("to %v: moved %q", aws.ToString(destination), moved)
		}
	}
	f.drained(t, arnDead)
}

func TestStartMessageMoveTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, map[string]string{"VisibilityTimeout": "1"})
		f.queue(t, "dead", nil)
		start := func(arn string) error {
			_, err := f.StartMessageMoveTask(t.Context(), &client.StartMessageMoveTaskInput{SourceArn: &arn})
			return err
		}
		wantCode(t, start(arnDead), "InvalidParameterValue", "Dead Letter Queue")
		wantCode(t, start(arnDead+"x"), "ResourceNotFoundException", "SourceArn")
		f.setRedrive(t, 1)
		f.send(t, "again")
		id := *f.receive(t, f.jobs).MessageId
		time.Sleep(time.Second)
		f.bodies(t, f.jobs) // moves it
		if err := start(arnDead); err != nil {
			t.Fatal(err)
		}
		m := f.receive(t, f.jobs)
		if *m.Body != "again" || *m.MessageId == id || m.Attributes["ApproximateReceiveCount"] != "1" {
			t.Errorf("moved message: %q, id %s, attributes %v", *m.Body, *m.MessageId, m.Attributes)
		}
		f.drained(t, arnDead)
	})
}
