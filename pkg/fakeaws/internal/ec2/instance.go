package ec2

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// instance is a virtual machine with the properties that matter for security groups. It runs
// from RunInstances until it is terminated (EC2 API reference: RunInstances,
// DescribeInstances, TerminateInstances, ModifyInstanceAttribute).
type instance struct {
	id, image, kind, reservation string
	groups                       []string // ids
	tags                         map[string]string
	terminated                   bool
}

// These are the states of an instance, with the codes of InstanceState.
var (
	running    = stateXML{Code: 16, Name: "running"}
	terminated = stateXML{Code: 48, Name: "terminated"}
)

func (i *instance) state() stateXML {
	if i.terminated {
		return terminated
	}
	return running
}

// Change is a new state of an instance, which EC2 announces as an event.
type Change struct{ ID, State string }

func (s *Service) changed(i *instance, states ...string) {
	for _, state := range states {
		s.unpublished = append(s.unpublished, Change{i.id, state})
	}
}

// Changes returns the changes since its last call.
func (s *Service) Changes() []Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.unpublished
	s.unpublished = nil
	return taken
}

// maxInstances bounds one RunInstances, and the ids in one DescribeInstances [?]. The API
// reference limits a page to 1,000, and gives no limit for ids.
const maxInstances = 1000

func (s *Service) runInstances(c call) (reply, error) {
	tags, err := tagSpecifications(c.params, "instance")
	if err != nil {
		return nil, err
	}
	n, given, err := c.number("MinCount")
	switch {
	case err != nil:
		return nil, err
	case !given || n < 1 || n > maxInstances:
		return nil, failf("InvalidParameterValue", "minCount must be from 1 to %d", maxInstances)
	case c.text("ImageId") == "":
		return nil, missing("ImageId")
	}
	groups, err := s.instanceGroups(c, "SecurityGroupId")
	if err != nil {
		return nil, err
	}
	reservation := s.newID("r")
	var started []instanceXML
	for range n {
		i := &instance{
			id: s.newID("i"), image: c.text("ImageId"), kind: cmp.Or(c.text("InstanceType"), "m1.small"),
			reservation: reservation, groups: groups, tags: tags,
		}
		s.instances[i.id] = i
		s.changed(i, "pending", "running")
		started = append(started, s.instanceXML(i))
	}
	return &runInstancesReply{ID: reservation, Owner: s.opts.Account, Instances: list[instanceXML]{started}}, nil
}

func (s *Service) instanceGroups(c call, name string) ([]string, error) {
	ids := c.texts(name)
	if len(ids) == 0 {
		return nil, missing(name)
	}
	for _, id := range ids {
		if _, err := s.group(c, id); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func (s *Service) describeInstances(c call) (reply, error) {
	filters, err := c.filters()
	if err != nil {
		return nil, err
	}
	if _, err := selects(filters, s.instanceProperty(&instance{})); err != nil {
		return nil, err // even if there is no instance to test
	}
	ids := c.texts("InstanceId")
	if len(ids) > maxInstances {
		// [?] the code
		return nil, failf("InvalidParameterValue", "DescribeInstances takes at most %d instance IDs", maxInstances)
	}
	if err := s.known(ids); err != nil {
		return nil, err
	}
	rows, next, err := s.instancePages.page(c, func() ([]reservationXML, error) { return s.reservations(ids, filters) })
	return &describeInstancesReply{Reservations: list[reservationXML]{rows}, NextToken: next}, err
}

// reservations lists each instance in a reservation of its own.
func (s *Service) reservations(ids []string, filters []filter) ([]reservationXML, error) {
	var rows []reservationXML
	for _, id := range slices.Sorted(maps.Keys(s.instances)) {
		i := s.instances[id]
		chosen, err := selects(filters, s.instanceProperty(i))
		if err != nil {
			return nil, err
		}
		if chosen && (len(ids) == 0 || slices.Contains(ids, id)) {
			rows = append(rows, reservationXML{ID: i.reservation, Owner: s.opts.Account,
				Instances: list[instanceXML]{[]instanceXML{s.instanceXML(i)}}})
		}
	}
	return rows, nil
}

func (s *Service) instanceProperty(i *instance) func(name string) ([]string, bool) {
	return func(name string) ([]string, bool) {
		switch name {
		case "instance-id":
			return []string{i.id}, true
		case "instance-state-name":
			return []string{i.state().Name}, true
		case "instance-state-code":
			return []string{fmt.Sprint(i.state().Code)}, true
		case "instance.group-id", "network-interface.group-id":
			return i.groups, true
		case "image-id":
			return []string{i.image}, true
		case "instance-type":
			return []string{i.kind}, true
		}
		return tagProperty(name, i.tags)
	}
}

func (s *Service) instance(id string) (*instance, error) {
	return s.instances[id], s.known([]string{id})
}

// known returns an error that names all ids without an instance. One such id fails the whole
// call.
func (s *Service) known(ids []string) error {
	var unknown []string
	for _, id := range ids {
		if err := checkID("i", id); err != nil {
			return err
		}
		if s.instances[id] == nil {
			unknown = append(unknown, id)
		}
	}
	switch len(unknown) {
	case 0:
		return nil
	case 1:
		return failf("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", unknown[0])
	}
	return failf("InvalidInstanceID.NotFound", "The instance IDs '%s' do not exist", strings.Join(unknown, ", "))
}

func (s *Service) terminateInstances(c call) (reply, error) {
	ids := c.texts("InstanceId")
	if len(ids) == 0 {
		return nil, missing("InstanceId")
	}
	var stopped []*instance
	for _, id := range ids {
		i, err := s.instance(id)
		if err != nil {
			return nil, err
		}
		stopped = append(stopped, i)
	}
	out := &terminateInstancesReply{}
	for _, i := range stopped {
		out.Instances.Item = append(out.Instances.Item, changeXML{ID: i.id, Current: terminated, Previous: i.state()})
		if !i.terminated {
			s.changed(i, "shutting-down", "terminated")
		}
		i.terminated = true
	}
	return out, nil
}

// modifyInstance sets the groups of an instance, the only supported attribute.
func (s *Service) modifyInstance(c call) (reply, error) {
	i, err := s.instance(c.text("InstanceId"))
	if err != nil {
		return nil, err
	}
	groups, err := s.instanceGroups(c, "GroupId")
	if err != nil {
		return nil, err
	}
	i.groups = groups
	return &plainReply{Return: true}, nil
}
