// Package eventbridge is EventBridge in the embedded AWS account: buses, rules
// with event patterns, and SQS queues as their targets.
//
// PutEvents hands each event, in the envelope that AWS gives it, to the targets
// of every enabled rule whose pattern matches (package pattern), in the order
// of the entries, before it answers. A queue that does not take it is tried
// once: then the event goes to the target's dead-letter queue, or is lost, as
// in AWS once its day of retries has passed.
//
// # Wire format
//
// The protocol is AWS JSON 1.1 with the target prefix "AWSEvents.". For an
// *api.Error the caller answers {"__type": Code, "message": Message}; no further
// header is needed. PutEvents, PutTargets and RemoveTargets answer 200 with a
// FailedEntryCount: that is output here, no error.
//
// # What is modelled
//
// Texts and codes of errors are those recorded from AWS in LocalStack's
// snapshots of its validated tests, where there is one; so is this: an event
// for a bus that does not exist is accepted, gets its id, and goes nowhere.
// What is not modelled (Input, InputPath and InputTransformer of a target,
// targets other than queues, schedules, tags, keys, archives, permissions,
// trace headers) is refused by name rather than half-obeyed.
package eventbridge

import (
	"cmp"
	"sync"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// Service is the EventBridge of one account and Region.
type Service struct {
	account, region string
	maxBytes        int // of one PutEvents
	send            func(queueARN, body string) error

	mu    sync.Mutex
	buses map[string]*bus // by name
	fail  func(Entry) *api.Error
}

// New returns an EventBridge with nothing but the bus "default". It takes less
// than maxBytes in one PutEvents (DefaultBytes if 0), and delivers to queues by send.
func New(account, region string, maxBytes int, send func(queueARN, body string) error) *Service {
	s := &Service{account: account, region: region, maxBytes: cmp.Or(maxBytes, DefaultBytes), send: send, buses: make(map[string]*bus)}
	s.addBus(createEventBusInput{Name: defaultBus})
	return s
}

// FailEntries sets a hook that is asked about each valid entry of PutEvents.
// An error it returns becomes the entry's ErrorCode and ErrorMessage, such as
// ThrottlingException or InternalFailure, and the entry is not delivered; the
// call itself succeeds. It must not call the Service.
func (s *Service) FailEntries(fail func(Entry) *api.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = fail
}

// Call performs one operation, such as "PutEvents", on AWS JSON bodies.
func (s *Service) Call(op string, input []byte) (output []byte, err error) {
	perform, ok := operations[op]
	if !ok {
		return nil, &api.Error{Code: "UnknownOperationException", Message: "The action " + op + " is not part of the embedded EventBridge."}
	}
	out, err := perform(s, input)
	if err != nil {
		return nil, err
	}
	return api.Encode(out)
}
