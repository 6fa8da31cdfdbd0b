package fakeaws

import (
	"context"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/sqs"
)

// Mapping is an event source mapping: how Lambda polls a queue, and in what
// batches it hands the messages to a function.
type Mapping = sqs.Mapping

// Consume delivers a queue's messages to a function, as Lambda's event source
// mapping does, until ctx ends and every invocation has returned. invoke gets an
// SQS event as JSON, and its answer tells what failed if m says so. Consume
// blocks: it is for a goroutine of the caller. It passes the counting of calls
// and the faults by.
func (a *Account) Consume(ctx context.Context, queueARN string, m Mapping, invoke func(ctx context.Context, payload []byte) ([]byte, error)) error {
	return a.queues.Poll(ctx, queueARN, m, invoke)
}

// Send puts a message into a queue, as another service of the account would.
func (a *Account) Send(queueARN, body string) error { return a.queues.Send(queueARN, body) }

// WaitEmpty returns when a queue holds no message and no invocation of Consume
// is running for it, or with ctx's error.
func (a *Account) WaitEmpty(ctx context.Context, queueARN string) error {
	return a.queues.WaitEmpty(ctx, queueARN)
}

// KeepDeleted sets a hook that is asked about each message as it is deleted from
// a queue. Where it answers true the delete succeeds and the message is received
// again all the same: delivery at least once. It must not call the account.
func (a *Account) KeepDeleted(keep func(queueARN, messageID string) bool) { a.queues.KeepDeleted(keep) }
