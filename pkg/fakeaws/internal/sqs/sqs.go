// Package sqs is SQS in the embedded AWS account: standard queues, and the event source
// mapping by which Lambda polls a queue.
//
// A queue is a list of messages in the order sent, each with the time from which it can be
// received. Nothing runs in the background. Each call computes the effects of time on a
// message from the clock: its delay, visibility timeout, retention and move to a dead-letter
// queue. Long polls, [Service.Poll] and [Service.WaitEmpty] wait for the next such time or for
// a change. Timers and channels belong to one call, so a Service works inside and outside a
// testing/synctest bubble.
//
// # Wire format
//
// The protocol is AWS JSON 1.0 with the target prefix "AmazonSQS.". It is query compatible:
// older clients know other error codes, and the SDK's ErrorCode() returns those. For an
// *api.Error the caller answers
//
//	{"__type": "com.amazonaws.sqs#" + Code, "message": Message}
//
// with the header x-amzn-query-error set to [QueryError] of its Code. Without that header,
// errors.As still finds, for example, *types.QueueDoesNotExist. But ErrorCode() then returns
// QueueDoesNotExist instead of AWS.SimpleQueueService.NonExistentQueue.
//
// # Scope
//
// Texts and codes of errors are those in LocalStack's snapshots of tests against AWS, if there
// is one. Not supported are FIFO queues, fair queues, KMS, tags, permissions, and quotas on
// messages in flight. A request that uses them is refused by name. Policy, RedriveAllowPolicy
// and SqsManagedSseEnabled are stored and returned without any effect.
package sqs

import (
	"context"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// Service is the SQS of one account and Region.
type Service struct {
	account, region string

	mu      sync.Mutex
	queues  map[string]*queue    // by name
	deleted map[string]time.Time // the time when a name was last deleted
	keep    func(queueARN, messageID string) bool
}

// New returns an SQS without queues.
func New(account, region string) *Service {
	return &Service{
		account: account,
		region:  region,
		queues:  make(map[string]*queue),
		deleted: make(map[string]time.Time),
	}
}

// KeepDeleted sets a hook that is called for each deleted message. If it returns true, the
// delete succeeds, but the message stays and is received again after its visibility timeout.
// That is at-least-once delivery, as if a server with a copy had missed the delete. The hook
// must not call the Service.
func (s *Service) KeepDeleted(keep func(queueARN, messageID string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep = keep
}

// Call performs one operation, such as "SendMessage", on AWS JSON bodies. A ReceiveMessage
// that waits for messages blocks for up to 20 seconds.
func (s *Service) Call(op string, input []byte) (output []byte, err error) {
	return s.CallContext(context.Background(), op, input)
}

// CallContext is Call for a client that may leave while it waits. If ctx ends, a waiting
// ReceiveMessage returns ctx's error and receives nothing.
func (s *Service) CallContext(ctx context.Context, op string, input []byte) (output []byte, err error) {
	perform, ok := operations[op]
	if !ok {
		return nil, &api.Error{Code: "InvalidAction", Message: "The action " + op + " is not part of the embedded SQS."}
	}
	out, err := perform(ctx, s, input)
	if err != nil {
		return nil, err
	}
	return api.Encode(out)
}
