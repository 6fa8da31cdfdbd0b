package demo

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// naive opens a launch's ports as launchers do by themselves: describe the group, subtract the
// open ports, authorize the rest. It copies open_ports of SkyPilot at the time of the incident
// (sky/provision/aws/instance.py before skypilot-org/skypilot#5332), with its faults:
//
//   - It stops at the first rule for all traffic. EC2 lists rules in no fixed order, so
//     ports listed after that rule count as missing (#5331, fixed by #5332).
//   - It compares port numbers, and ignores the peers to which they are open.
//   - Other launchers write between its two calls, and it takes EC2's Duplicate for a
//     failure.
//
// One thing is better: SkyPilot opens ports to 0.0.0.0/0 alone, and naive opens them to the
// launch's peers.
type naive struct {
	client *ec2.Client
	races  atomic.Int64 // launches that a read of the whole group would not have saved
}

// open opens the ports of the launch. It returns the launcher's error.
func (n *naive) open(ctx context.Context, l launch) error {
	group, err := n.describe(ctx, l.group)
	if err != nil {
		return err
	}
	seen, all := readToAllTraffic(group)
	missing := portSetOf(l.ports...).minus(seen)
	if all || len(missing) == 0 {
		return nil
	}
	_, err = n.client.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &l.group, IpPermissions: permissionsFor(missing.ranges(), l.from),
	})
	if isDuplicate(err) && !missing.meets(readWhole(group)) {
		n.races.Add(1)
	}
	return err
}

func (n *naive) describe(ctx context.Context, group string) (types.SecurityGroup, error) {
	out, err := n.client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{group}})
	if err != nil {
		return types.SecurityGroup{}, err
	}
	return out.SecurityGroups[0], nil // an id that EC2 does not know is an error
}

// readToAllTraffic returns the open TCP ports that the naive check sees. It stops at the first
// rule for all traffic. If that rule admits another group, all ports count as open.
func readToAllTraffic(g types.SecurityGroup) (seen portSet, all bool) {
	seen = make(portSet)
	for _, p := range g.IpPermissions {
		if aws.ToString(p.IpProtocol) == "-1" {
			return seen, admitsOther(p, aws.ToString(g.GroupId))
		}
		seen.add(p)
	}
	return seen, false
}

// readWhole returns the TCP ports that are open to anybody.
func readWhole(g types.SecurityGroup) portSet {
	open := make(portSet)
	for _, p := range g.IpPermissions {
		open.add(p)
	}
	return open
}

func admitsOther(p types.IpPermission, group string) bool {
	for _, pair := range p.UserIdGroupPairs {
		if aws.ToString(pair.GroupId) != group {
			return true
		}
	}
	return false
}

// permissionsFor returns one permission for each range of ports.
func permissionsFor(ranges []secgroup.Ports, from []string) []types.IpPermission {
	var permissions []types.IpPermission
	for _, r := range ranges {
		p := types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: &r.First, ToPort: &r.Last}
		for _, cidr := range from {
			if strings.Contains(cidr, ":") {
				p.Ipv6Ranges = append(p.Ipv6Ranges, types.Ipv6Range{CidrIpv6: &cidr})
			} else {
				p.IpRanges = append(p.IpRanges, types.IpRange{CidrIp: &cidr})
			}
		}
		permissions = append(permissions, p)
	}
	return permissions
}

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
