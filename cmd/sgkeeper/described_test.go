package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// describedRules is the output of describe-security-group-rules for rules of a group.
func describedRules(group string, rules ...string) string {
	var elements []string
	for i, text := range rules {
		elements = append(elements, describedRule(group, fmt.Sprintf("sgr-%017x", i+1), text))
	}
	return `{"SecurityGroupRules": [` + strings.Join(elements, ",\n") + `]}`
}

func describedRule(group, id, text string) string {
	rule := secgroup.MustParseRule(text).In(owner, group)
	peer := fmt.Sprintf(`"CidrIpv4": %q`, rule.Peer)
	if account, id, ok := rule.Peer.Group(); ok {
		if account == "" {
			account = owner
		}
		peer = fmt.Sprintf(`"ReferencedGroupInfo": {"GroupId": %q, "UserId": %q}`, id, account)
	} else if list, ok := rule.Peer.PrefixList(); ok {
		peer = fmt.Sprintf(`"PrefixListId": %q`, list)
	} else if prefix, _ := rule.Peer.Prefix(); prefix.Addr().Is6() {
		peer = fmt.Sprintf(`"CidrIpv6": %q`, rule.Peer)
	}
	return fmt.Sprintf(`{"SecurityGroupRuleId": %q, "GroupId": %q, "GroupOwnerId": %q, "IsEgress": %v, "IpProtocol": %q, "FromPort": %d, "ToPort": %d, %s, "Tags": []}`,
		id, group, owner, rule.Direction == secgroup.Egress, rule.Protocol, rule.Ports.First, rule.Ports.Last, peer)
}

// permission is an element of IpPermissions.
type permission struct {
	IpProtocol       string
	FromPort, ToPort *int32              `json:",omitempty"`
	IpRanges         []map[string]string `json:""`
	Ipv6Ranges       []map[string]string `json:""`
	PrefixListIds    []map[string]string `json:""`
	UserIdGroupPairs []map[string]string `json:""`
}

// describedGroups is the output of describe-security-groups for the same rules. It groups
// rules by protocol and range, and leaves out ports if the protocol has none.
func describedGroups(group string, rules ...string) string {
	permissions := map[secgroup.Direction][]*permission{}
	byTraffic := map[string]*permission{}
	for _, text := range rules {
		rule := secgroup.MustParseRule(text).In(owner, group)
		key := fmt.Sprint(rule.Direction, rule.Protocol, rule.Ports)
		if byTraffic[key] == nil {
			byTraffic[key] = newPermission(rule)
			permissions[rule.Direction] = append(permissions[rule.Direction], byTraffic[key])
		}
		byTraffic[key].add(rule.Peer)
	}
	document, err := json.Marshal(map[string]any{"SecurityGroups": []any{map[string]any{
		"GroupId": group, "GroupName": "shared", "OwnerId": owner, "VpcId": "vpc-0a1b2c3d", "Description": "",
		"Tags":          []any{},
		"IpPermissions": permissions[secgroup.Ingress], "IpPermissionsEgress": permissions[secgroup.Egress],
	}}})
	must(err)
	return string(document)
}

func newPermission(r secgroup.Rule) *permission {
	p := &permission{IpProtocol: r.Protocol.String()}
	if r.Protocol.HasPorts() || r.Protocol.HasTypes() {
		p.FromPort, p.ToPort = &r.Ports.First, &r.Ports.Last
	}
	return p
}

func (p *permission) add(peer secgroup.Peer) {
	if account, id, ok := peer.Group(); ok {
		if account == "" {
			account = owner
		}
		p.UserIdGroupPairs = append(p.UserIdGroupPairs, map[string]string{"GroupId": id, "UserId": account})
	} else if list, ok := peer.PrefixList(); ok {
		p.PrefixListIds = append(p.PrefixListIds, map[string]string{"PrefixListId": list})
	} else if prefix, _ := peer.Prefix(); prefix.Addr().Is4() {
		p.IpRanges = append(p.IpRanges, map[string]string{"CidrIp": peer.String()})
	} else {
		p.Ipv6Ranges = append(p.Ipv6Ranges, map[string]string{"CidrIpv6": peer.String()})
	}
}
