package ec2

import (
	"fmt"
	"maps"
	"slices"
)

type tagXML struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

type tagDescriptionXML struct {
	ResourceID   string `xml:"resourceId"`
	ResourceType string `xml:"resourceType"`
	Key          string `xml:"key"`
	Value        string `xml:"value"`
}

type entryXML struct {
	CIDR        string `xml:"cidr"`
	Description string `xml:"description,omitempty"`
}

type prefixListXML struct {
	ID         string       `xml:"prefixListId"`
	Family     string       `xml:"addressFamily"`
	State      string       `xml:"state"`
	ARN        string       `xml:"prefixListArn"`
	Name       string       `xml:"prefixListName"`
	MaxEntries int          `xml:"maxEntries,omitempty"`
	Version    int          `xml:"version,omitempty"`
	Owner      string       `xml:"ownerId"`
	Tags       list[tagXML] `xml:"tagSet"`
}

type referenceXML struct {
	GroupID string `xml:"groupId"`
	UserID  string `xml:"userId,omitempty"`
}

type ruleXML struct {
	ID          string        `xml:"securityGroupRuleId"`
	ARN         string        `xml:"securityGroupRuleArn"`
	GroupID     string        `xml:"groupId"`
	GroupOwner  string        `xml:"groupOwnerId"`
	IsEgress    bool          `xml:"isEgress"`
	Protocol    string        `xml:"ipProtocol"`
	FromPort    int           `xml:"fromPort"`
	ToPort      int           `xml:"toPort"`
	CIDRv4      string        `xml:"cidrIpv4,omitempty"`
	CIDRv6      string        `xml:"cidrIpv6,omitempty"`
	List        string        `xml:"prefixListId,omitempty"`
	Reference   *referenceXML `xml:"referencedGroupInfo"`
	Description string        `xml:"description,omitempty"`
	Tags        list[tagXML]  `xml:"tagSet"`
}

type revokedRuleXML struct {
	ID          string `xml:"securityGroupRuleId"`
	GroupID     string `xml:"groupId"`
	IsEgress    bool   `xml:"isEgress"`
	Protocol    string `xml:"ipProtocol"`
	FromPort    int    `xml:"fromPort"`
	ToPort      int    `xml:"toPort"`
	CIDRv4      string `xml:"cidrIpv4,omitempty"`
	CIDRv6      string `xml:"cidrIpv6,omitempty"`
	List        string `xml:"prefixListId,omitempty"`
	Reference   string `xml:"referencedGroupId,omitempty"`
	Description string `xml:"description,omitempty"`
}

func (s *Service) arn(kind, id string) string {
	return fmt.Sprintf("arn:aws:ec2:%s:%s:%s/%s", s.opts.Region, s.opts.Account, kind, id)
}

func tagsXML(tags map[string]string) (out list[tagXML]) {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		out.Item = append(out.Item, tagXML{key, tags[key]})
	}
	return out
}

// families returns the peer's CIDR as IPv4 or as IPv6.
func (p peer) families() (v4, v6 string) {
	switch {
	case !p.cidr.IsValid():
		return "", ""
	case p.cidr.Addr().Is4():
		return p.cidr.String(), ""
	}
	return "", p.cidr.String()
}

func (s *Service) ruleXML(r rule) ruleXML {
	x := ruleXML{
		ID: r.id, ARN: s.arn("security-group-rule", r.id), GroupID: r.group, GroupOwner: s.opts.Account,
		IsEgress: r.egress, Protocol: r.protocol, FromPort: r.from, ToPort: r.to,
		List: r.peer.list, Description: r.description, Tags: tagsXML(r.tags),
	}
	x.CIDRv4, x.CIDRv6 = r.peer.families()
	if r.peer.group != "" {
		x.Reference = &referenceXML{GroupID: r.peer.group, UserID: r.owner}
	}
	return x
}

func revokedXML(r rule) revokedRuleXML {
	v4, v6 := r.peer.families()
	return revokedRuleXML{
		ID: r.id, GroupID: r.group, IsEgress: r.egress, Protocol: r.protocol, FromPort: r.from, ToPort: r.to,
		CIDRv4: v4, CIDRv6: v6, List: r.peer.list, Reference: r.peer.group, Description: r.description,
	}
}

func (s *Service) prefixListXML(l PrefixList) prefixListXML {
	x := prefixListXML{
		ID: l.ID, Family: l.Family, State: "create-complete", ARN: s.arn("prefix-list", l.ID), Name: l.Name,
		MaxEntries: l.MaxEntries, Version: l.Version, Owner: l.Owner, Tags: tagsXML(l.Tags),
	}
	if l.Owner == "AWS" { // AWS's lists show neither weight nor version
		x.MaxEntries, x.Version = 0, 0
	}
	return x
}
