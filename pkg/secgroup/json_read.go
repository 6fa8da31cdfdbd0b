package secgroup

import (
	"errors"
	"fmt"
)

// element is what is read of an element of EC2's SecurityGroupRules. Other keys
// that EC2 or the AWS CLI may print beside these are passed over.
type element struct {
	SecurityGroupRuleId   string
	GroupId, GroupOwnerId string
	IsEgress              *bool
	traffic
	CidrIpv4, CidrIpv6  string
	PrefixListId        string
	ReferencedGroupInfo *reference
	Description         string
	Tags                []printedTag
}

// UnmarshalJSON reads an element of EC2's SecurityGroupRules in whatever form
// EC2 or the AWS CLI prints it: keys that are no part of a rule are passed over.
func (r *Rule) UnmarshalJSON(data []byte) error {
	var e Entry
	if err := e.UnmarshalJSON(data); err != nil {
		return err
	}
	*r = e.Rule
	return nil
}

// UnmarshalJSON reads an element of EC2's SecurityGroupRules in whatever form
// EC2 or the AWS CLI prints it: keys that are no part of an entry are passed
// over. Tags is nil if the element has none, not even an empty list.
func (e *Entry) UnmarshalJSON(data []byte) error {
	x, err := decode[element](data)
	if err != nil {
		return fmt.Errorf("security group rule: %w", err)
	}
	entry, err := x.entry()
	if err != nil {
		return fmt.Errorf("security group rule: %w", err)
	}
	*e = entry
	return nil
}

func (x *element) entry() (Entry, error) {
	if x.IsEgress == nil {
		return Entry{}, errors.New("IsEgress is absent: want true or false")
	}
	proto, ports, err := x.read()
	if err != nil {
		return Entry{}, err
	}
	peer, err := x.peer()
	if err != nil {
		return Entry{}, err
	}
	direction := Ingress
	if *x.IsEgress {
		direction = Egress
	}
	return Entry{New(direction, proto, ports, peer), x.SecurityGroupRuleId, x.Description, tagMap(x.Tags)}, nil
}

// peer returns the one peer of the element.
func (x *element) peer() (Peer, error) {
	var keys []string
	for _, k := range []struct {
		key   string
		given bool
	}{
		{"CidrIpv4", x.CidrIpv4 != ""},
		{"CidrIpv6", x.CidrIpv6 != ""},
		{"PrefixListId", x.PrefixListId != ""},
		{"ReferencedGroupInfo", x.ReferencedGroupInfo != nil},
	} {
		if k.given {
			keys = append(keys, k.key)
		}
	}
	if len(keys) != 1 {
		return Peer{}, fmt.Errorf("found %d peers %v: want exactly one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupInfo", len(keys), keys)
	}
	switch keys[0] {
	case "CidrIpv4":
		return readCIDR(keys[0], x.CidrIpv4, ipv4)
	case "CidrIpv6":
		return readCIDR(keys[0], x.CidrIpv6, ipv6)
	case "PrefixListId":
		return readPrefixList(keys[0], x.PrefixListId)
	}
	return readGroup(keys[0]+".", *x.ReferencedGroupInfo)
}

func tagMap(tags []printedTag) map[string]string {
	if tags == nil {
		return nil
	}
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[t.Key] = t.Value
	}
	return m
}
