package ec2sg

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// traffic is the common part of a permission's rules.
type traffic struct {
	protocol secgroup.Protocol
	ports    secgroup.Ports
}

// permissionsOf groups rules by traffic, in the order of first appearance.
func permissionsOf(rules []secgroup.Entry) []types.IpPermission {
	index := make(map[traffic]int)
	var permissions []types.IpPermission
	for _, e := range rules {
		t := traffic{e.Rule.Protocol, e.Rule.Ports}
		i, known := index[t]
		if !known {
			i = len(permissions)
			index[t] = i
			permissions = append(permissions, permissionOf(t))
		}
		addPeer(&permissions[i], e)
	}
	return permissions
}

// permissionOf returns a permission without peers. If the protocol has no ports, it names
// none, because EC2 would take any range as all ports.
func permissionOf(t traffic) types.IpPermission {
	p := types.IpPermission{IpProtocol: aws.String(t.protocol.String())}
	if t.protocol.HasPorts() || t.protocol.HasTypes() {
		p.FromPort, p.ToPort = aws.Int32(t.ports.First), aws.Int32(t.ports.Last)
	}
	return p
}

func addPeer(p *types.IpPermission, e secgroup.Entry) {
	description := optional(e.Description)
	if prefix, ok := e.Rule.Peer.Prefix(); ok {
		cidr := aws.String(prefix.String())
		if prefix.Addr().Is4() {
			p.IpRanges = append(p.IpRanges, types.IpRange{CidrIp: cidr, Description: description})
		} else {
			p.Ipv6Ranges = append(p.Ipv6Ranges, types.Ipv6Range{CidrIpv6: cidr, Description: description})
		}
	}
	if id, ok := e.Rule.Peer.PrefixList(); ok {
		p.PrefixListIds = append(p.PrefixListIds, types.PrefixListId{PrefixListId: &id, Description: description})
	}
	if account, id, ok := e.Rule.Peer.Group(); ok {
		p.UserIdGroupPairs = append(p.UserIdGroupPairs, types.UserIdGroupPair{
			GroupId: &id, UserId: optional(account), Description: description,
		})
	}
}

// tagSpecification returns the tags of a call's rules. Without tags it returns nothing,
// because a specification needs the permission ec2:CreateTags.
func tagSpecification(tags map[string]string) []types.TagSpecification {
	if len(tags) == 0 {
		return nil
	}
	spec := types.TagSpecification{ResourceType: types.ResourceTypeSecurityGroupRule}
	for key, value := range tags {
		spec.Tags = append(spec.Tags, types.Tag{Key: &key, Value: &value})
	}
	return []types.TagSpecification{spec}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
