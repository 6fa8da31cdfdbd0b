package ec2

import (
	"maps"
	"slices"
	"strings"
)

type interfaceXML struct {
	ID     string           `xml:"networkInterfaceId"`
	VPC    string           `xml:"vpcId"`
	Owner  string           `xml:"ownerId"`
	Status string           `xml:"status"`
	Groups list[groupIDXML] `xml:"groupSet"`
}

type describeInterfacesReply struct {
	head
	Interfaces list[interfaceXML] `xml:"networkInterfaceSet"`
	NextToken  string             `xml:"nextToken,omitempty"`
}

// describeInterfaces lists network interfaces. Each instance that is not terminated has one,
// with the instance's groups.
func (s *Service) describeInterfaces(c call) (reply, error) {
	filters, err := c.filters()
	if err != nil {
		return nil, err
	}
	if _, err := selects(filters, interfaceXML{}.property); err != nil {
		return nil, err // even if there is no interface to test
	}
	rows, next, err := s.interfacePages.page(c, func() ([]interfaceXML, error) { return s.interfaces(filters) })
	return &describeInterfacesReply{Interfaces: list[interfaceXML]{rows}, NextToken: next}, err
}

func (s *Service) interfaces(filters []filter) (rows []interfaceXML, err error) {
	for _, id := range slices.Sorted(maps.Keys(s.instances)) {
		i := s.instances[id]
		if i.terminated {
			continue
		}
		shown := s.instanceXML(i)
		x := interfaceXML{ID: "eni-" + strings.TrimPrefix(id, "i-"), VPC: shown.VPC, Owner: s.opts.Account,
			Status: "in-use", Groups: shown.Groups}
		chosen, err := selects(filters, x.property)
		if err != nil {
			return nil, err
		}
		if chosen {
			rows = append(rows, x)
		}
	}
	return rows, nil
}

func (x interfaceXML) property(name string) (values []string, known bool) {
	switch name {
	case "network-interface-id":
		return []string{x.ID}, true
	case "vpc-id":
		return []string{x.VPC}, true
	case "status":
		return []string{x.Status}, true
	case "group-id":
		for _, g := range x.Groups.Item {
			values = append(values, g.ID)
		}
		return values, true
	}
	return nil, false
}
