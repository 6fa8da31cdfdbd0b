package eventbridge

import (
	"maps"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/eventbridge/pattern"
)

// maxEntries is the largest number of entries in a request [API reference of PutEvents].
const maxEntries = 10

// DefaultBytes bounds a request: the sizes of its entries together must be less. "The total
// entry size must be less than 256KB" was in EventBridge's user guide ("Calculating PutEvents
// event entry size") for years. Newer pages, and the SDK's documentation, say 1 MB. The
// default is the smaller one, because an event within it fits both.
const DefaultBytes = 256 << 10

type putEventsInput struct{ Entries []Entry }

type putEventsOutput struct {
	FailedEntryCount int
	Entries          []putEventsResult // one for each entry of the request
}

// putEventsResult has either an id or an error.
type putEventsResult struct {
	EventId      string `json:",omitempty"`
	ErrorCode    string `json:",omitempty"`
	ErrorMessage string `json:",omitempty"`
}

// putEvents answers each entry. The call succeeds even if some entries fail.
func (s *Service) putEvents(in putEventsInput) (putEventsOutput, error) {
	if err := s.checkEntries(in.Entries); err != nil {
		return putEventsOutput{}, err
	}
	var out putEventsOutput
	for _, e := range in.Entries {
		r := s.put(e)
		if r.ErrorCode != "" {
			out.FailedEntryCount++
		}
		out.Entries = append(out.Entries, r)
	}
	return out, nil
}

// checkEntries returns an error if AWS refuses the whole request.
func (s *Service) checkEntries(entries []Entry) error {
	if n := len(entries); n < 1 || n > maxEntries {
		bound := "greater than or equal to 1"
		if n > maxEntries {
			bound = "less than or equal to 10"
		}
		return invalid("1 validation error detected: Value at 'entries' failed to satisfy constraint: "+
			"Member must have length %s", bound)
	}
	size := 0
	for _, e := range entries {
		size += e.size()
		if strings.HasPrefix(e.EventBusName, "arn:") && !strings.HasPrefix(e.EventBusName, s.arn("event-bus/")) {
			return &api.Error{
				Code: "AccessDeniedException",
				Message: "Not authorized to perform: events:PutEvents on resource: " + e.EventBusName +
					" because no resource-based policy allows the events:PutEvents action",
			}
		}
	}
	if size >= s.maxBytes {
		return invalid("Total size of the entries in the request is over the limit.")
	}
	return nil
}

func (s *Service) put(e Entry) putEventsResult {
	e.ID = uuid()
	refusal := e.refuse()
	if refusal == nil {
		refusal = s.failure(e)
	}
	if refusal != nil {
		return putEventsResult{ErrorCode: refusal.Code, ErrorMessage: refusal.Message}
	}
	id, err := s.Emit(e)
	if err != nil {
		return putEventsResult{ErrorCode: "InternalFailure", ErrorMessage: err.Error()}
	}
	return putEventsResult{EventId: id}
}

func (s *Service) failure(e Entry) *api.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail == nil {
		return nil
	}
	return s.fail(e)
}

// Emit puts an event on a bus as an AWS service does: its source may be "aws.ec2". It returns
// the event's id, and fails if the detail is no JSON.
func (s *Service) Emit(e Entry) (id string, err error) {
	id, event, err := s.wrap(e)
	if err != nil {
		return "", err
	}
	parsed, err := pattern.ParseEvent(event)
	if err != nil {
		return "", err
	}
	for _, t := range s.route(e.EventBusName, parsed) {
		if s.send(t.Arn, string(event)) != nil && t.DeadLetterConfig != nil {
			_ = s.send(t.DeadLetterConfig.Arn, string(event)) // AWS drops it too
		}
	}
	return id, nil
}

// route returns the targets of an event. A bus that does not exist has none.
func (s *Service) route(busName string, e *pattern.Event) []target {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bus(busName)
	if err != nil {
		return nil
	}
	var targets []target
	for _, name := range slices.Sorted(maps.Keys(b.rules)) {
		if r := b.rules[name]; !r.disabled && r.pattern.Match(e) {
			targets = append(targets, r.inOrder()...)
		}
	}
	return targets
}
