package secgroup

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// UnmarshalJSON reads an element of EC2's SecurityGroupRules as EC2 or the AWS CLI prints it.
// It ignores keys that are no part of a rule.
func (r *Rule) UnmarshalJSON(data []byte) error {
	var e Entry
	if err := e.UnmarshalJSON(data); err != nil {
		return err
	}
	*r = e.Rule
	return nil
}

// UnmarshalJSON reads an element of EC2's SecurityGroupRules as EC2 or the AWS CLI prints it.
// It ignores keys that are no part of an entry. Tags is nil if the element has no list of
// tags.
func (e *Entry) UnmarshalJSON(data []byte) error {
	x, err := decode[element](data)
	if err != nil {
		return err
	}
	entry, err := x.entry()
	if err != nil {
		return err
	}
	*e = entry
	return nil
}

// element holds the keys that are read of an element of EC2's SecurityGroupRules. Other keys
// are ignored.
type element struct {
	SecurityGroupRuleId string
	IsEgress            *bool
	traffic
	CidrIpv4, CidrIpv6  string
	PrefixListId        string
	ReferencedGroupInfo *reference
	Description         string
	Tags                []printedTag
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
		return Peer{}, fmt.Errorf("found %d peers %v: want exactly one of "+
			"CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupInfo", len(keys), keys)
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

// traffic holds protocol and ports, which elements of SecurityGroupRules and of IpPermissions
// write alike.
type traffic struct {
	IpProtocol       *string
	FromPort, ToPort *int32
}

// read returns protocol and ports. It refuses values that EC2 cannot have meant, so that no
// rule seems to admit more than it does.
func (x *traffic) read() (Protocol, Ports, error) {
	if x.IpProtocol == nil {
		return 0, Ports{}, errors.New("IpProtocol is absent")
	}
	proto, err := ParseProtocol(*x.IpProtocol)
	if err != nil {
		return 0, Ports{}, fmt.Errorf("IpProtocol: %w", err)
	}
	if !proto.HasPorts() && !proto.HasTypes() {
		return proto, NoPorts, nil
	}
	ports := NoPorts
	if x.FromPort != nil {
		ports.First = *x.FromPort
	}
	if x.ToPort != nil {
		ports.Last = *x.ToPort
	}
	switch {
	case proto.HasPorts() && portSpan(ports) == nothing:
		return 0, Ports{}, fmt.Errorf("FromPort %s, ToPort %s: %s wants a range within 0 to 65535",
			number(x.FromPort), number(x.ToPort), proto)
	case proto.HasTypes() && icmpSpan(ports) == nothing:
		return 0, Ports{}, fmt.Errorf("FromPort %s, ToPort %s: %s wants a type and a code from 0 to 255, "+
			"or -1 for every type or every code", number(x.FromPort), number(x.ToPort), proto)
	}
	return proto, ports, nil
}

func number(n *int32) string {
	if n == nil {
		return "absent"
	}
	return fmt.Sprint(*n)
}

// reference is a group that a rule refers to.
type reference struct{ GroupId, UserId string }

// readCIDR reads a CIDR that EC2 holds. It accepts a /0 with host bits as the world, which
// [ParsePeer] refuses.
func readCIDR(key, s string, family kind) (Peer, error) {
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return Peer{}, fmt.Errorf("%s %q: want a CIDR", key, s)
	}
	peer := CIDR(prefix)
	if peer.kind != family {
		return Peer{}, fmt.Errorf("%s %q: a CIDR of the other family", key, s)
	}
	return peer, nil
}

func readPrefixList(key, id string) (Peer, error) {
	if !isLooseID(id, "pl-") {
		return Peer{}, fmt.Errorf("%s %q: want pl- and an id", key, id)
	}
	return PrefixList(id), nil
}

func readGroup(key string, g reference) (Peer, error) {
	switch {
	case !isLooseID(g.GroupId, "sg-"):
		return Peer{}, fmt.Errorf("%sGroupId %q: want sg- and an id", key, g.GroupId)
	case strings.ContainsAny(g.UserId, "/ \t\r\n"):
		return Peer{}, fmt.Errorf("%sUserId %q: want an account", key, g.UserId)
	}
	return GroupOf(g.UserId, g.GroupId), nil
}

// isLooseID is isID for the ids that EC2 and its emulators return.
func isLooseID(s, prefix string) bool {
	return strings.HasPrefix(s, prefix) && len(s) > len(prefix) && !strings.ContainsAny(s, "/ \t\r\n")
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
