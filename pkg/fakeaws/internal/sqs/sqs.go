// Package sqs is SQS in the embedded AWS account: standard queues, and the
// event source mapping by which Lambda polls one.
//
// A queue is a list of messages in the order sent, each with the moment from
// which it can next be received. Nothing runs in the background: what time
// does to a message (its delay, visibility timeout, retention and its way to a
// dead-letter queue) is worked out from the clock when somebody looks, and
// those who wait (long polls, [Service.Poll], [Service.WaitEmpty]) wait for the
// next such moment or for a change. Timers and channels live within one call,
// so a Service works inside and outside a testing/synctest bubble.
//
// # Wire format
//
// The protocol is AWS JSON 1.0 with the target prefix "AmazonSQS.", and it is
// query compatible: older clients knew SQS by other error codes, and the SDK's
// ErrorCode() returns those. For an *api.Error the caller answers
//
//	{"__type": "com.amazonaws.sqs#" + Code, "message": Message}
//
// with the header x-amzn-query-error set to [QueryError] of its Code. Without
// that header errors.As still finds, say, *types.QueueDoesNotExist, but
// ErrorCode() says QueueDoesNotExist where AWS says
// AWS.SimpleQueueService.NonExistentQueue.
//
// # What is modelled
//
// Texts and codes of errors are those recorded from AWS in LocalStack's
// snapshots of its validated tests, where there is one. FIFO queues, fair
// queues, KMS, tags, permissions and quotas on messages in flight are not
// modelled, and a request that uses them is refused by name rather than
// half-obeyed; Policy, RedriveAllowPolicy and SqsManagedSseEnabled are kept and
// returned, and change nothing.
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
	deleted map[string]time.Time // when a name was last deleted
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

// KeepDeleted sets a hook that is asked about each message as it is deleted.
// Where it answers true the delete succeeds and yet the message stays, to be
// received again after its visibility timeout: at-least-once delivery, as when
// the server that held a copy missed the delete. It must not call the Service.
func (s *Service) KeepDeleted(keep func(queueARN, messageID string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep = keep
}

// Call performs one operation, such as "SendMessage", on AWS JSON bodies.
// A ReceiveMessage that waits for messages blocks for up to 20 seconds.
func (s *Service) Call(op string, input []byte) (output []byte, err error) {
	return s.CallContext(context.Background(), op, input)
}

// CallContext is Call for a client that may go away while it waits: when ctx
// ends, a waiting ReceiveMessage returns its error and receives nothing.
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
