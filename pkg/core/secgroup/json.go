package secgroup

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// printed is a rule as an element of EC2's SecurityGroupRules, with its keys in print order.
type printed struct {
	SecurityGroupRuleId string `json:",omitempty"`
	IsEgress            bool
	IpProtocol          string
	FromPort, ToPort    int32
	CidrIpv4            string        `json:",omitempty"`
	CidrIpv6            string        `json:",omitempty"`
	PrefixListId        string        `json:",omitempty"`
	ReferencedGroupInfo *printedGroup `json:",omitempty"`
	Description         string        `json:",omitempty"`
	Tags                []printedTag  `json:",omitzero"`
}

type printedGroup struct {
	GroupId string
	UserId  string `json:",omitempty"`
}

type printedTag struct{ Key, Value string }

// MarshalJSON writes the rule as an element of EC2's SecurityGroupRules. Ports that do not
// apply are -1. It refuses a rule of [Self]: [Rule.In] must put in the group's id first.
func (r Rule) MarshalJSON() ([]byte, error) { return Entry{Rule: r}.MarshalJSON() }

// MarshalJSON writes the entry as an element of EC2's SecurityGroupRules, with its known id,
// description and tags. Tags are in order of key. It refuses a rule of [Self].
func (e Entry) MarshalJSON() ([]byte, error) {
	p := printed{
		SecurityGroupRuleId: e.ID,
		IsEgress:            e.Rule.Direction == Egress,
		IpProtocol:          e.Rule.Protocol.String(),
		FromPort:            e.Rule.Ports.First,
		ToPort:              e.Rule.Ports.Last,
		Description:         e.Description,
		Tags:                printTags(e.Tags),
	}
	if err := p.setPeer(e.Rule.Peer); err != nil {
		return nil, fmt.Errorf("rule %q: %w", e.Rule, err)
	}
	return json.Marshal(p)
}

func (p *printed) setPeer(peer Peer) error {
	switch peer.kind {
	case ipv4:
		p.CidrIpv4 = peer.String()
	case ipv6:
		p.CidrIpv6 = peer.String()
	case prefixList:
		p.PrefixListId = peer.id()
	case group:
		p.ReferencedGroupInfo = &printedGroup{peer.id(), peer.owner()}
	case self:
		return errors.New("self has no form in EC2; put the group in its place, with Rule.In")
	default:
		return errors.New("the rule has no peer")
	}
	return nil
}

// printTags returns tags in order of key, or nil if tags are unknown.
func printTags(tags map[string]string) []printedTag {
	if tags == nil {
		return nil
	}
	printed := make([]printedTag, 0, len(tags))
	for key, value := range tags {
		printed = append(printed, printedTag{key, value})
	}
	slices.SortFunc(printed, func(a, b printedTag) int { return strings.Compare(a.Key, b.Key) })
	return printed
}
