package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// portSet is a set of TCP port numbers. The naive check compares nothing else.
type portSet map[int32]bool

func portSetOf(ranges ...secgroup.Ports) portSet {
	s := make(portSet)
	for _, r := range ranges {
		s.addRange(r)
	}
	return s
}

func (s portSet) addRange(r secgroup.Ports) {
	for port := r.First; port <= r.Last; port++ {
		s[port] = true
	}
}

// add adds the ports of a TCP permission.
func (s portSet) add(p types.IpPermission) {
	if aws.ToString(p.IpProtocol) == "tcp" && p.FromPort != nil && p.ToPort != nil {
		s.addRange(secgroup.Ports{First: *p.FromPort, Last: *p.ToPort})
	}
}

func (s portSet) minus(t portSet) portSet {
	rest := maps.Clone(s)
	maps.DeleteFunc(rest, func(port int32, _ bool) bool { return t[port] })
	return rest
}

func (s portSet) meets(t portSet) bool { return len(s.minus(t)) < len(s) }

// ranges returns the ports in order, with adjoining ports as one range.
func (s portSet) ranges() []secgroup.Ports {
	var ranges []secgroup.Ports
	for _, port := range slices.Sorted(maps.Keys(s)) {
		if last := len(ranges) - 1; last >= 0 && ranges[last].Last == port-1 {
			ranges[last].Last = port
		} else {
			ranges = append(ranges, secgroup.Port(port))
		}
	}
	return ranges
}

func isIPv6(cidr string) bool { return strings.Contains(cidr, ":") }
