package e2e_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

const (
	requested = "Launch Requested"
	ended     = "Launch Ended"
)

// requestOf is the detail of a launch's request: one port, from 10.0.0.0/8.
func requestOf(launch, group string, port int) string {
	return fmt.Sprintf(`{"launch":%q,"group":%q,"rules":[{"ports":%d,"from":["10.0.0.0/8"]}]}`, launch, group, port)
}

func endOf(launch string) string { return fmt.Sprintf(`{"launch":%q}`, launch) }

// publish puts an event on sgkeeper's bus, as a launcher does.
func (w *world) publish(t *testing.T, kind, detail string) {
	t.Helper()
	out, err := w.bus.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		EventBusName: aws.String("sgkeeper"), Source: aws.String("end-to-end"), DetailType: &kind, Detail: &detail,
	}}})
	if err != nil || out.FailedEntryCount > 0 {
		t.Fatalf("PutEvents: %v, %d failed", err, out.FailedEntryCount)
	}
}

// send sends an event to the publishers' queue, as a publisher without a bus does.
func (w *world) send(t *testing.T, kind, detail string) {
	t.Helper()
	w.sendTo(t, "asks", fmt.Sprintf(`{"detailType":%q,`, kind)+detail[1:])
}

func (w *world) sendTo(t *testing.T, queue, body string) {
	t.Helper()
	if _, err := w.queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: w.queue(queue),
		MessageBody: &body}); err != nil {
		t.Fatal(err)
	}
}
