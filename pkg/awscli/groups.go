// Package awscli reads the outputs of the AWS CLI that people save for the offline commands, for
// example `sgkeeper plan --rules`. A [Reader] reads groups, their rules and the sizes of prefix
// lists, and [ReadEntries] reads the entries of a prefix list.
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
	Described  bool             // whether the name, the VPC and the tags are known
	Unpeered   []secgroup.Rule  // rules for a group over a peering that does not exist any more
}

// Named returns the ids of the groups with a name. An account or a VPC of "" is any.
func Named(groups []Group, account, name, vpc string) (ids []string) {
	for _, g := range groups {
		if name != "" && g.Name == name && (vpc == "" || g.VPC == vpc) && (account == "" || g.Owner == account) {
			ids = append(ids, g.ID)
		}
	}
	return ids
}

// Snapshot is the content of outputs.
type Snapshot struct {
	Groups []Group // in the order in which they first occur
	// Complete: a describe-security-groups was read, so a group that is not among Groups does not
	// exist. A describe-security-group-rules does not show groups without rules.
	Complete bool
	// Weights holds the MaxEntries of prefix lists, by id. AWS's own lists have none.
	Weights map[string]int
}

// Reader reads outputs of aws ec2 describe-security-group-rules, describe-security-groups and
// describe-managed-prefix-lists, in any number and order. An output may hold several documents,
// one after the other or as a list: the pages of one command, or what jq -s makes of them. A rule
// that occurs twice is read once. The zero Reader is ready.
type Reader struct {
	roll     roll
	weights  map[string]int
	page     string // the list of a document whose next page must follow
	groups   bool   // a describe-security-groups was read
	anything bool   // rules or groups were read
}

// Add reads an output. It refuses output that is known to be incomplete. After an error, the
// Reader is of no more use.
func (r *Reader) Add(output []byte) error {
	documents, err := split(output)
	for i, data := range documents {
		if err == nil {
			err = r.add(data)
		}
		if err != nil && len(documents) > 1 {
			return fmt.Errorf("document %d: %w", i+1, err)
		}
	}
	return err
}

// Snapshot returns the content of all outputs. It fails if the last page of one is missing, or
// if there is no output of groups or rules.
func (r *Reader) Snapshot() (s Snapshot, err error) {
	switch {
	case r.page != "":
		return s, fmt.Errorf("found a NextToken in the last page, so %s are missing: %w", r.page, errPage)
	case !r.anything:
		return s, fmt.Errorf("found no groups or rules: %w", errCommand)
	}
	s = Snapshot{Complete: r.groups, Weights: r.weights}
	for _, g := range r.roll.groups {
		g.HasRuleIDs = g.HasRuleIDs && g.bare == 0
		s.Groups = append(s.Groups, g.Group)
	}
	return s, nil
}

var errCommand = errors.New("want the output of aws ec2 describe-security-group-rules or " +
	"describe-security-groups with --output json and without --query")

// document is the output of one of the commands, or a page of it.
type document struct {
	SecurityGroupRules *[]json.RawMessage
	SecurityGroups     *[]json.RawMessage
	PrefixLists        *[]struct {
		PrefixListId string
		MaxEntries   int
	}
	NextToken string
	Return    *bool // of a call that writes
}

// add reads a document with exactly one of the lists.
func (r *Reader) add(data []byte) error {
	d, err := decode[document](data)
	if err != nil {
		return fmt.Errorf("%w: %w", err, errCommand)
	}
	list := ""
	for _, l := range []struct {
		name  string
		given bool
	}{
		{"SecurityGroupRules", d.SecurityGroupRules != nil}, {"SecurityGroups", d.SecurityGroups != nil},
		{"PrefixLists", d.PrefixLists != nil},
	} {
		switch {
		case l.given && list != "":
			return fmt.Errorf("found both %s and %s: %w", list, l.name, errCommand)
		case l.given:
			list = l.name
		}
	}
	switch {
	case d.Return != nil:
		return fmt.Errorf("found Return, so this is the output of authorize-security-group-ingress or -egress, "+
			"which has only the new rules: %w", errCommand)
	case list == "":
		return fmt.Errorf("found %s: %w", keysOf(data), errCommand)
	case r.page != "" && r.page != list:
		return fmt.Errorf("found a NextToken in the page before, so %s are missing: %w", r.page, errPage)
	}
	if r.page = ""; d.NextToken != "" {
		r.page = list
	}
	r.groups = r.groups || d.SecurityGroups != nil
	r.anything = r.anything || d.PrefixLists == nil
	switch {
	case d.SecurityGroups != nil:
		return r.roll.addGroups(*d.SecurityGroups)
	case d.SecurityGroupRules != nil:
		return r.roll.addRules(*d.SecurityGroupRules)
	}
	for _, l := range *d.PrefixLists {
		if l.MaxEntries > 0 {
			r.weights = with(r.weights, l.PrefixListId, l.MaxEntries)
		}
	}
	return nil
}

// with returns the map with one more entry.
func with[K comparable, V any](m map[K]V, key K, value V) map[K]V {
	if m == nil {
		m = make(map[K]V)
	}
	m[key] = value
	return m
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
	groups []rolled
	index  map[string]int
}

// rolled is a group, and the place of each rule among its entries.
type rolled struct {
	Group
	read map[ruleID]int
	bare int // the number of entries that only a describe-security-groups shows
}

// ruleID identifies a rule within a group. EC2 has no rule twice, but a file may.
type ruleID struct {
	rule secgroup.Rule // without its owner
	id   string        // "" from describe-security-groups
}

// add adds an entry to the group, once. If both commands show the rule, the entry has its id and
// tags.
func (g *rolled) add(e secgroup.Entry, bare bool) {
	rule := e.Rule.WithoutOwner()
	if _, twice := g.read[ruleID{rule, e.ID}]; twice {
		return
	}
	i, known := g.read[ruleID{rule, ""}]
	switch {
	case bare && g.HasRuleIDs && g.shows(e.Rule):
		return
	case known && g.bare > 0:
		g.Entries[i] = e
		g.bare--
		delete(g.read, ruleID{rule, ""})
	default:
		i = len(g.Entries)
		g.Entries = append(g.Entries, e)
		if bare {
			g.bare++
		}
	}
	g.read = with(g.read, ruleID{rule, e.ID}, i)
}

// shows reports whether the group has an entry with the rule.
func (g *rolled) shows(rule secgroup.Rule) bool {
	return slices.ContainsFunc(g.Entries, func(e secgroup.Entry) bool { return e.Rule.Matches(rule) })
}

// group returns the group of that id, and adds it if it is new. The id may have any form that
// EC2 and its emulators use.
func (r *roll) group(id, owner string) (*rolled, error) {
	if rest, ok := strings.CutPrefix(id, "sg-"); !ok || rest == "" || strings.ContainsAny(rest, "/ \t\r\n") {
		return nil, fmt.Errorf("GroupId %q: want sg- and an id", id)
	}
	i, known := r.index[id]
	if !known {
		i = len(r.groups)
		r.index = with(r.index, id, i)
		r.groups = append(r.groups, rolled{Group: Group{ID: id, Owner: owner}})
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
	g.add(e, false)
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
	g.Name, g.VPC, g.Tags, g.Described = x.GroupName, x.VpcId, nil, true
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
				g.add(e, true)
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
