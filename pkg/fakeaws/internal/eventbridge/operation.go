package eventbridge

import "github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"

// An operation decodes its input, performs itself and returns its output.
type operation func(s *Service, input []byte) (any, error)

var operations = map[string]operation{
	"CreateEventBus":    locked((*Service).createEventBus),
	"DeleteEventBus":    locked((*Service).deleteEventBus),
	"DeleteRule":        locked((*Service).deleteRule),
	"DescribeEventBus":  locked((*Service).describeEventBus),
	"DescribeRule":      locked((*Service).describeRule),
	"ListEventBuses":    locked((*Service).listEventBuses),
	"ListRules":         locked((*Service).listRules),
	"ListTargetsByRule": locked((*Service).listTargetsByRule),
	"PutEvents":         unlocked((*Service).putEvents),
	"PutRule":           locked((*Service).putRule),
	"PutTargets":        locked((*Service).putTargets),
	"RemoveTargets":     locked((*Service).removeTargets),
	"TestEventPattern":  unlocked((*Service).testEventPattern),
}

// empty is the output of an operation without output.
type empty struct{}

func unlocked[In, Out any](f func(*Service, In) (Out, error)) operation {
	return func(s *Service, input []byte) (any, error) {
		var in In
		if err := api.Decode(input, &in, unmodelled); err != nil {
			return nil, err
		}
		return f(s, in)
	}
}

// locked returns the operation of a method that runs under the lock.
func locked[In, Out any](f func(*Service, In) (Out, error)) operation {
	return unlocked(func(s *Service, in In) (Out, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return f(s, in)
	})
}
