package eventbridge

import (
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

const defaultBus = "default"

// A bus holds rules. Its events reach only these rules.
type bus struct {
	name, arn, description string
	created                time.Time
	rules                  map[string]*rule // by name
}

// bus finds a bus by name or ARN. "" is the default bus.
func (s *Service) bus(nameOrARN string) (*bus, error) {
	name := nameOrARN
	if name == "" {
		name = defaultBus
	}
	if own, ok := strings.CutPrefix(name, s.arn("event-bus/")); ok {
		name = own
	}
	b := s.buses[name]
	if b == nil {
		return nil, notFound("Event bus %s does not exist.", nameOrARN)
	}
	return b, nil
}

func (s *Service) arn(resource string) string {
	return "arn:aws:events:" + s.region + ":" + s.account + ":" + resource
}

type createEventBusInput struct{ Name, Description string }

type createEventBusOutput struct {
	EventBusArn string
	Description string `json:",omitempty"`
}

func (s *Service) createEventBus(in createEventBusInput) (createEventBusOutput, error) {
	if err := checkName(in.Name, "name", 256); err != nil {
		return createEventBusOutput{}, err
	}
	if s.buses[in.Name] != nil {
		return createEventBusOutput{}, &api.Error{
			Code: "ResourceAlreadyExistsException", Message: "Event bus " + in.Name + " already exists.",
		}
	}
	b := s.addBus(in)
	return createEventBusOutput{b.arn, b.description}, nil
}

func (s *Service) addBus(in createEventBusInput) *bus {
	b := &bus{
		name:        in.Name,
		arn:         s.arn("event-bus/" + in.Name),
		description: in.Description,
		created:     time.Now(),
		rules:       make(map[string]*rule),
	}
	s.buses[b.name] = b
	return b
}

type busName struct{ Name string }

// busOutput describes a bus. Times are in seconds since 1970.
type busOutput struct {
	Name, Arn        string
	Description      string `json:",omitempty"`
	CreationTime     int64
	LastModifiedTime int64
}

func (b *bus) output() busOutput {
	return busOutput{b.name, b.arn, b.description, b.created.Unix(), b.created.Unix()}
}

func (s *Service) describeEventBus(in busName) (busOutput, error) {
	b, err := s.bus(in.Name)
	if err != nil {
		return busOutput{}, err
	}
	return b.output(), nil
}

func (s *Service) deleteEventBus(in busName) (empty, error) {
	b, err := s.bus(in.Name)
	if err != nil {
		return empty{}, err
	}
	if b.name == defaultBus {
		return empty{}, invalid("Cannot delete event bus default.")
	}
	if len(b.rules) > 0 {
		return empty{}, invalid("Event bus %s can't be deleted since it has rules.", b.name)
	}
	delete(s.buses, b.name)
	return empty{}, nil
}

type listEventBusesInput struct {
	NamePrefix, NextToken string
	Limit                 int
}

type listEventBusesOutput struct {
	EventBuses []busOutput
	NextToken  string `json:",omitempty"`
}

func (s *Service) listEventBuses(in listEventBusesInput) (listEventBusesOutput, error) {
	names, next := page(s.buses, in.NamePrefix, in.Limit, in.NextToken)
	out := listEventBusesOutput{EventBuses: []busOutput{}, NextToken: next}
	for _, name := range names {
		out.EventBuses = append(out.EventBuses, s.buses[name].output())
	}
	return out, nil
}
