// Package sqsqueue sends messages to an SQS queue.
package sqsqueue

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Queue is an SQS queue. It implements audit.Queue.
type Queue struct {
	client *sqs.Client
	url    string
}

// New returns the queue at an URL.
func New(client *sqs.Client, url string) *Queue { return &Queue{client, url} }

// Send puts a message into the queue. A receiver gets it after the delay, rounded up to
// seconds and at most 15 minutes (SQS quotas).
func (q *Queue) Send(ctx context.Context, body string, delay time.Duration) error {
	in := &sqs.SendMessageInput{QueueUrl: &q.url, MessageBody: &body}
	if delay > 0 {
		in.DelaySeconds = int32(math.Ceil(delay.Seconds()))
	}
	if _, err := q.client.SendMessage(ctx, in); err != nil {
		return fmt.Errorf("send to %s: %w", q.url, err)
	}
	return nil
}
