package secgroup

import (
	"encoding/json"
	"fmt"
)

// groupElement holds the keys that are read of an element of EC2's SecurityGroups.
type groupElement struct {
	GroupId, OwnerId, GroupName, VpcId string
	Tags                               []printedTag
	IpPermissions, IpPermissionsEgress []grouped
}

// grouped is an element of IpPermissions: EC2's form for the rules of one direction, protocol
// and port range. Each of its peers is a rule.
type grouped struct {
	traffic
	IpRanges         []struct{ CidrIp, Description string }
	Ipv6Ranges       []struct{ CidrIpv6, Description string }
	PrefixListIds    []struct{ PrefixListId, Description string }
	UserIdGroupPairs []struct {
		reference
		Description string
	}
}

func (l *roll) addGroups(elements []json.RawMessage) error {
	for i, data := range elements {
		x, err := decode[groupElement](data)
		if err == nil {
			err = l.addGroup(&x)
		}
		if err != nil {
			return fmt.Errorf("SecurityGroups[%d]: %w", i, err)
		}
	}
	return nil
}

func (l *roll) addGroup(x *groupElement) error {
	g, err := l.group(x.GroupId, x.OwnerId)
	if err != nil {
		return err
	}
	g.Name, g.VPC, g.Tags = x.GroupName, x.VpcId, tagMap(x.Tags)
	for i := range x.IpPermissions {
		if err := l.addGrouped(g, Ingress, &x.IpPermissions[i]); err != nil {
			return fmt.Errorf("IpPermissions[%d].%w", i, err)
		}
	}
	for i := range x.IpPermissionsEgress {
		if err := l.addGrouped(g, Egress, &x.IpPermissionsEgress[i]); err != nil {
			return fmt.Errorf("IpPermissionsEgress[%d].%w", i, err)
		}
	}
	return nil
}

func (l *roll) addGrouped(g *Snapshot, d Direction, p *grouped) error {
	proto, ports, err := p.read()
	if err != nil {
		return err
	}
	add := func(peer Peer, description string) {
		l.add(g, Entry{Rule: New(d, proto, ports, peer), Description: description})
	}
	return p.peers(add)
}

// peers calls add with each peer of p.
func (p *grouped) peers(add func(peer Peer, description string)) error {
	for i, r := range p.IpRanges {
		peer, err := readCIDR("CidrIp", r.CidrIp, ipv4)
		if err != nil {
			return fmt.Errorf("IpRanges[%d].%w", i, err)
		}
		add(peer, r.Description)
	}
	for i, r := range p.Ipv6Ranges {
		peer, err := readCIDR("CidrIpv6", r.CidrIpv6, ipv6)
		if err != nil {
			return fmt.Errorf("Ipv6Ranges[%d].%w", i, err)
		}
		add(peer, r.Description)
	}
	for i, r := range p.PrefixListIds {
		peer, err := readPrefixList("PrefixListId", r.PrefixListId)
		if err != nil {
			return fmt.Errorf("PrefixListIds[%d].%w", i, err)
		}
		add(peer, r.Description)
	}
	for i, r := range p.UserIdGroupPairs {
		peer, err := readGroup("", r.reference)
		if err != nil {
			return fmt.Errorf("UserIdGroupPairs[%d].%w", i, err)
		}
		add(peer, r.Description)
	}
	return nil
}
