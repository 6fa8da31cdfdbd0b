// Package sqsqueue sends messages to an SQS queue.
package sqsqueue

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Queue is an SQS queue. It implements audit.Queue.
type Queue struct {
	client *sqs.Client
	url    string
}

// New returns the queue at an URL.
func New(client *sqs.Client, url string) *Queue { return &Queue{client, url} }

// Send puts a message into the queue.
func (q *Queue) Send(ctx context.Context, body string) error {
	if _, err := q.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &q.url, MessageBody: &body}); err != nil {
		return fmt.Errorf("send to %s: %w", q.url, err)
	}
	return nil
}
