package fakeaws

import (
	"context"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/sqs"
)

// Mapping is an event source mapping: it controls how Lambda polls a queue and batches its
// messages.
type Mapping = sqs.Mapping

// Consume delivers a queue's messages to a function, as Lambda's event source mapping does. It
// blocks until ctx ends and every invocation has returned, so call it in a goroutine. invoke
// gets an SQS event as JSON. If m says so, its result names the failed messages. Calls does
// not count these requests, and faults do not apply to them.
func (a *Account) Consume(ctx context.Context, queueARN string, m Mapping,
	invoke func(ctx context.Context, payload []byte) ([]byte, error)) error {
	return a.queues.Poll(ctx, queueARN, m, invoke)
}

// Send puts a message into a queue, as another AWS service would.
func (a *Account) Send(queueARN, body string) error { return a.queues.Send(queueARN, body) }

// WaitEmpty returns when the queue is empty and no invocation of Consume runs for it, or with
// ctx's error.
func (a *Account) WaitEmpty(ctx context.Context, queueARN string) error {
	return a.queues.WaitEmpty(ctx, queueARN)
}

// KeepDeleted sets a hook that is called for each deleted message. If it returns true, the
// delete succeeds, but the message is received again: at-least-once delivery. The hook must
// not call the account.
func (a *Account) KeepDeleted(keep func(queueARN, messageID string) bool) { a.queues.KeepDeleted(keep) }
