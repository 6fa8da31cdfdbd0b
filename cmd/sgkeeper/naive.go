package main

import (
	"context"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// naive opens a launch's ports as launchers do by themselves: describe the
// group, subtract what is open, authorize the rest. It does what open_ports of
// SkyPilot did in the incident (sky/provision/aws/instance.py before
// skypilot-org/skypilot#5332), and where it goes wrong is theirs:
//
//   - it stops reading at the first rule for all traffic, though EC2 lists
//     rules in no fixed order, so that ports listed after it count as missing
//     (#5331, mended by #5332);
//   - it compares port numbers and asks not from where they are open;
//   - others write between its two calls, and it takes EC2's Duplicate for a
//     failure.
//
// In one thing it does better: SkyPilot opens ports to 0.0.0.0/0 alone, this
// opens them to whom the launch names.
type naive struct {
	client *ec2.Client
	races  atomic.Int64 // launches that a whole reading of the group would not have saved
}

// open opens the ports of the launch. The launcher gets its error.
func (n *naive) open(ctx context.Context, l demoLaunch) error {
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

// readToAllTraffic returns the TCP ports that are open as far as the naive
// check reads: to the first rule for all traffic. Where that admits another
// group, all is taken for open.
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

// permissionsFor is one permission for each range of ports.
func permissionsFor(ranges []secgroup.Ports, from []string) []types.IpPermission {
	var permissions []types.IpPermission
	for _, r := range ranges {
		p := types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: &r.First, ToPort: &r.Last}
		for _, cidr := range from {
			if isIPv6(cidr) {
				p.Ipv6Ranges = append(p.Ipv6Ranges, types.Ipv6Range{CidrIpv6: &cidr})
			} else {
				p.IpRanges = append(p.IpRanges, types.IpRange{CidrIp: &cidr})
			}
		}
		permissions = append(permissions, p)
	}
	return permissions
}
