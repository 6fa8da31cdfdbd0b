// Package eventbridge is EventBridge in the embedded AWS account: buses, rules
// with event patterns, and SQS queues as their targets.
//
// PutEvents sends each event, in AWS's envelope, to the targets of every enabled rule with a
// matching pattern (package pattern). It does so in the order of the entries, before it
// answers. If a queue does not accept an event, PutEvents does not try again. The event goes
// to the target's dead-letter queue, or is lost, as in AWS after a day of retries.
//
// # Wire format
//
// The protocol is AWS JSON 1.1 with the target prefix "AWSEvents.". For an *api.Error the
// caller answers {"__type": Code, "message": Message}, without a further header. PutEvents,
// PutTargets and RemoveTargets answer 200 with a FailedEntryCount, which is an output here,
// not an error.
//
// # Scope
//
// Texts and codes of errors are those in LocalStack's snapshots of tests against AWS, if there
// is one. By these, an event for an absent bus is accepted, gets its id, and goes nowhere. Not
// supported are a target's Input, InputPath and InputTransformer, targets other than queues,
// schedules, tags, keys, archives, permissions and trace headers. A request that uses them is
// refused by name.
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

// New returns an EventBridge with only the bus "default". One PutEvents must have less than
// maxBytes (DefaultBytes if 0). send delivers to queues.
func New(account, region string, maxBytes int, send func(queueARN, body string) error) *Service {
	s := &Service{account: account, region: region, maxBytes: cmp.Or(maxBytes, DefaultBytes), send: send,
		buses: make(map[string]*bus)}
	s.addBus(createEventBusInput{Name: defaultBus})
	return s
}

// FailEntries sets a hook that is called for each valid entry of PutEvents. If it returns an
// error, the call still succeeds, but the entry is not delivered and gets the error as its
// ErrorCode and ErrorMessage. The hook must not call the Service.
func (s *Service) FailEntries(fail func(Entry) *api.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = fail
}

// Call performs one operation, such as "PutEvents", on AWS JSON bodies.
func (s *Service) Call(op string, input []byte) (output []byte, err error) {
	perform, ok := operations[op]
	if !ok {
		return nil, &api.Error{Code: "UnknownOperationException",
			Message: "The action " + op + " is not part of the embedded EventBridge."}
	}
	out, err := perform(s, input)
	if err != nil {
		return nil, err
	}
	return api.Encode(out)
}
