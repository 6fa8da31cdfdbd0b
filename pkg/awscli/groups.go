// Package awscli reads the outputs of the AWS CLI that people save for the offline commands, for
// example `sgkeeper plan --rules`. [ReadGroups] reads groups and their rules, and [ReadEntries]
// reads a prefix list.
//
// Each error names the place in the output, the value found, and the remedy. For example, it
// names the command if the output is a table, or if a page is missing.
package awscli

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Group is a security group as EC2 described it. Unknown fields are zero.
type Group struct {
	ID         string
	Owner      string // the account
	Name       string
	VPC        string
	Tags       map[string]string
	Entries    []secgroup.Entry // as EC2 returned them, in no fixed order
	HasRuleIDs bool             // whether the entries' ids and tags are known
	Unpeered   []secgroup.Rule  // rules for a group over a peering that does not exist any more
}

// ReadGroups reads the output of aws ec2 describe-security-group-rules or
// describe-security-groups. The former names groups only in their rules, so a group without
// rules is missing, and complete is false. The latter has no rule ids and no rule tags.
//
// ReadGroups refuses output that is known to be incomplete. A rule that occurs twice, because
// outputs were joined, is read once.
func ReadGroups(data []byte) (groups []Group, complete bool, err error) {
	d, err := readDocument(data)
	if err != nil {
		return nil, false, err
	}
	r := roll{index: make(map[string]int), read: make(map[ruleID]bool)}
	if d.SecurityGroups != nil {
		err = r.addGroups(*d.SecurityGroups)
	} else {
		err = r.addRules(*d.SecurityGroupRules)
	}
	if err != nil {
		return nil, false, err
	}
	return r.groups, d.SecurityGroups != nil, nil
}

var errCommand = errors.New("want the output of aws ec2 describe-security-group-rules or " +
	"describe-security-groups with --output json and without --query")

// document is the output of either command.
type document struct {
	SecurityGroupRules *[]json.RawMessage
	SecurityGroups     *[]json.RawMessage
	NextToken          string
	Return             *bool // of a call that writes
}

// readDocument reads a document that has exactly one of the two lists and no further page.
func readDocument(data []byte) (d document, err error) {
	if data, err = jsonObject(data, errCommand); err != nil {
		return d, err
	}
	d, err = decode[document](data)
	switch {
	case err != nil:
		return d, fmt.Errorf("%w: %w", err, errCommand)
	case d.SecurityGroupRules != nil && d.SecurityGroups != nil:
		return d, fmt.Errorf("found both SecurityGroupRules and SecurityGroups: %w", errCommand)
	case d.Return != nil:
		return d, fmt.Errorf("found Return, so this is the output of authorize-security-group-ingress or -egress, "+
			"which has only the new rules: %w", errCommand)
	case d.SecurityGroupRules == nil && d.SecurityGroups == nil:
		return d, fmt.Errorf("found %s: %w", keysOf(data), errCommand)
	case d.NextToken != "":
		return d, fmt.Errorf("found a NextToken, so rules are missing: %w", errPage)
	}
	return d, nil
}

func keysOf(data []byte) string {
	var object map[string]json.RawMessage
	if json.Unmarshal(data, &object) != nil || len(object) == 0 {
		return "an empty object"
	}
	keys := slices.Sorted(maps.Keys(object))
	for i, key := range keys {
		if string(object[key]) == "null" {
			keys[i] += " (null)"
		}
	}
	if len(keys) > 5 {
		keys = append(keys[:5], "...")
	}
	return "an object of " + strings.Join(keys, ", ")
}

// roll collects groups in the order in which they first occur.
type roll struct {
	groups []Group
	index  map[string]int
	read   map[ruleID]bool
}

// ruleID identifies a rule within a group: EC2 has no rule twice.
type ruleID struct {
	group string
	rule  secgroup.Rule
	id    string
}

// add adds an entry to its group, once.
func (r *roll) add(g *Group, e secgroup.Entry) {
	s := ruleID{g.ID, e.Rule, e.ID}
	if !r.read[s] {
		r.read[s] = true
		g.Entries = append(g.Entries, e)
	}
}

// group returns the group of that id, and adds it if it is new. The id may have any form that
// EC2 and its emulators use.
func (r *roll) group(id, owner string) (*Group, error) {
	if rest, ok := strings.CutPrefix(id, "sg-"); !ok || rest == "" || strings.ContainsAny(rest, "/ \t\r\n") {
		return nil, fmt.Errorf("GroupId %q: want sg- and an id", id)
	}
	i, known := r.index[id]
	if !known {
		i = len(r.groups)
		r.index[id] = i
		r.groups = append(r.groups, Group{ID: id, Owner: owner})
	}
	return &r.groups[i], nil
}

// addRules adds the elements of SecurityGroupRules.
func (r *roll) addRules(elements []json.RawMessage) error {
	for i, data := range elements {
		if err := r.addRule(data); err != nil {
			return fmt.Errorf("SecurityGroupRules[%d]: %w", i, err)
		}
	}
	return nil
}

func (r *roll) addRule(data []byte) error {
	x, err := decode[struct {
		GroupId, GroupOwnerId string
		ReferencedGroupInfo   peering
	}](data)
	if err != nil {
		return err
	}
	g, err := r.group(x.GroupId, x.GroupOwnerId)
	if err != nil {
		return err
	}
	var e secgroup.Entry
	if err := e.UnmarshalJSON(data); err != nil {
		return err
	}
	g.HasRuleIDs = true
	r.add(g, e)
	if x.ReferencedGroupInfo.over() {
		g.Unpeered = append(g.Unpeered, e.Rule)
	}
	return nil
}

// peering is the part of a reference to another group that says how its VPC is reached.
type peering struct{ GroupId, PeeringStatus string }

// over reports whether the peering does not exist any more, so that the rule allows no traffic
// (EC2 VPC peering guide, "VPC peering connection lifecycle").
func (p peering) over() bool {
	return slices.Contains([]string{"deleted", "rejected", "expired", "failed"}, p.PeeringStatus)
}

// groupElement holds the keys that are read of an element of SecurityGroups.
type groupElement struct {
	GroupId, OwnerId, GroupName, VpcId string
	Tags                               []struct{ Key, Value string }
	IpPermissions, IpPermissionsEgress []json.RawMessage
}

// addGroups adds the elements of SecurityGroups.
func (r *roll) addGroups(elements []json.RawMessage) error {
	for i, data := range elements {
		x, err := decode[groupElement](data)
		if err == nil {
			err = r.addGroup(&x)
		}
		if err != nil {
			return fmt.Errorf("SecurityGroups[%d]: %w", i, err)
		}
	}
	return nil
}

func (r *roll) addGroup(x *groupElement) error {
	g, err := r.group(x.GroupId, x.OwnerId)
	if err != nil {
		return err
	}
	g.Name, g.VPC, g.Tags = x.GroupName, x.VpcId, nil
	if x.Tags != nil {
		g.Tags = make(map[string]string, len(x.Tags))
	}
	for _, t := range x.Tags {
		g.Tags[t.Key] = t.Value
	}
	for _, list := range []struct {
		key         string
		direction   secgroup.Direction
		permissions []json.RawMessage
	}{
		{"IpPermissions", secgroup.Ingress, x.IpPermissions},
		{"IpPermissionsEgress", secgroup.Egress, x.IpPermissionsEgress},
	} {
		for i, data := range list.permissions {
			entries, err := secgroup.ParsePermission(list.direction, data)
			if err != nil {
				return fmt.Errorf("%s[%d]: %w", list.key, i, err)
			}
			for _, e := range entries {
				r.add(g, e)
			}
			if err := g.addUnpeered(data, entries); err != nil {
				return fmt.Errorf("%s[%d]: %w", list.key, i, err)
			}
		}
	}
	return nil
}

// addUnpeered adds the entries of a permission that refer to a group over a peering that does not
// exist any more.
func (g *Group) addUnpeered(permission []byte, entries []secgroup.Entry) error {
	x, err := decode[struct{ UserIdGroupPairs []peering }](permission)
	for _, pair := range x.UserIdGroupPairs {
		for _, e := range entries {
			if _, id, isGroup := e.Rule.Peer.Group(); isGroup && id == pair.GroupId && pair.over() {
				g.Unpeered = append(g.Unpeered, e.Rule)
			}
		}
	}
	return err
}
