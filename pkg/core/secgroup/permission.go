package secgroup

import "fmt"

// ipPermission is an element of EC2's IpPermissions: EC2's form for the rules of one direction,
// protocol and port range. Each of its peers is a rule.
type ipPermission struct {
	traffic
	IpRanges         []struct{ CidrIp, Description string }
	Ipv6Ranges       []struct{ CidrIpv6, Description string }
	PrefixListIds    []struct{ PrefixListId, Description string }
	UserIdGroupPairs []struct {
		reference
		Description string
	}
}

// ParsePermission reads an element of EC2's IpPermissions (Ingress) or IpPermissionsEgress
// (Egress) as EC2 or the AWS CLI prints it, into one entry for each peer. For example, a
// permission with two CIDRs gives two entries. The entries have no ids and no tags, because
// EC2 prints none.
func ParsePermission(d Direction, data []byte) ([]Entry, error) {
	p, err := decode[ipPermission](data)
	if err != nil {
		return nil, err
	}
	proto, ports, err := p.read()
	if err != nil {
		return nil, err
	}
	var entries []Entry
	add := func(peer Peer, description string) {
		entries = append(entries, Entry{Rule: New(d, proto, ports, peer), Description: description})
	}
	for i, r := range p.IpRanges {
		peer, err := readCIDR("CidrIp", r.CidrIp, ipv4)
		if err != nil {
			return nil, fmt.Errorf("IpRanges[%d].%w", i, err)
		}
		add(peer, r.Description)
	}
	for i, r := range p.Ipv6Ranges {
		peer, err := readCIDR("CidrIpv6", r.CidrIpv6, ipv6)
		if err != nil {
			return nil, fmt.Errorf("Ipv6Ranges[%d].%w", i, err)
		}
		add(peer, r.Description)
	}
	for i, r := range p.PrefixListIds {
		peer, err := readPrefixList("PrefixListId", r.PrefixListId)
		if err != nil {
			return nil, fmt.Errorf("PrefixListIds[%d].%w", i, err)
		}
		add(peer, r.Description)
	}
	for i, r := range p.UserIdGroupPairs {
		peer, err := readGroup("", r.reference)
		if err != nil {
			return nil, fmt.Errorf("UserIdGroupPairs[%d].%w", i, err)
		}
		add(peer, r.Description)
	}
	return entries, nil
}
