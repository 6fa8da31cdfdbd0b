package secgroup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Snapshot is a security group as EC2 described it. Unknown fields are zero.
type Snapshot struct {
	ID         string
	Owner      string // the account
	Name       string
	VPC        string
	Tags       map[string]string
	Entries    []Entry // as EC2 returned them, in no fixed order
	HasRuleIDs bool    // whether the entries' ids and tags are known
}

// ReadGroups reads the output of aws ec2 describe-security-group-rules or
// describe-security-groups. The former names groups only in their rules, so a group without
// rules is missing. The latter has no rule ids and no rule tags. ReadGroups refuses output
// that is known to be incomplete. A rule that occurs twice, because outputs were joined, is
// read once.
func ReadGroups(r io.Reader) ([]Snapshot, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	data, err = jsonText(data)
	if err != nil {
		return nil, err
	}
	d, err := readDocument(data)
	if err != nil {
		return nil, err
	}
	var l roll
	if d.SecurityGroups != nil {
		err = l.addGroups(*d.SecurityGroups)
	} else {
		err = l.addRules(*d.SecurityGroupRules)
	}
	if err != nil {
		return nil, err
	}
	return l.groups, nil
}

var errCommand = errors.New("want the output of aws ec2 describe-security-group-rules or describe-security-groups with --output json and without --query")

// document is the output of either command.
type document struct {
	SecurityGroupRules *[]json.RawMessage
	SecurityGroups     *[]json.RawMessage
	NextToken          string
}

// readDocument reads a document that has exactly one of the two lists and no further page.
func readDocument(data []byte) (document, error) {
	d, err := decode[document](data)
	switch {
	case err != nil:
		return d, fmt.Errorf("%w: %w", err, errCommand)
	case d.SecurityGroupRules != nil && d.SecurityGroups != nil:
		return d, fmt.Errorf("found both SecurityGroupRules and SecurityGroups: %w", errCommand)
	case d.SecurityGroupRules == nil && d.SecurityGroups == nil:
		return d, fmt.Errorf("found %s: %w", keysOf(data), errCommand)
	case d.NextToken != "":
		return d, errors.New("found a NextToken, so rules are missing: run the command again " +
			"without --max-items, --max-results, --starting-token and --no-paginate, which gives all of them")
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
	groups []Snapshot
	index  map[string]int
	read   map[ruleID]bool
}

// ruleID identifies a rule within a group: EC2 has no rule twice.
type ruleID struct {
	group string
	rule  Rule
	id    string
}

// add adds an entry to its group, once.
func (l *roll) add(g *Snapshot, e Entry) {
	s := ruleID{g.ID, e.Rule, e.ID}
	if l.read[s] {
		return
	}
	if l.read == nil {
		l.read = make(map[ruleID]bool)
	}
	l.read[s] = true
	g.Entries = append(g.Entries, e)
}

// group returns the group of that id, and adds it if it is new. The id may have any form that
// EC2 and its emulators use.
func (l *roll) group(id, owner string) (*Snapshot, error) {
	if !isLooseID(id, "sg-") {
		return nil, fmt.Errorf("GroupId %q: want sg- and an id", id)
	}
	i, ok := l.index[id]
	if !ok {
		if l.index == nil {
			l.index = make(map[string]int)
		}
		i = len(l.groups)
		l.index[id] = i
		l.groups = append(l.groups, Snapshot{ID: id, Owner: owner})
	}
	return &l.groups[i], nil
}

func (l *roll) addRules(elements []json.RawMessage) error {
	for i, data := range elements {
		x, err := decode[element](data)
		if err == nil {
			err = l.addRule(&x)
		}
		if err != nil {
			return fmt.Errorf("SecurityGroupRules[%d]: %w", i, err)
		}
	}
	return nil
}

func (l *roll) addRule(x *element) error {
	g, err := l.group(x.GroupId, x.GroupOwnerId)
	if err != nil {
		return err
	}
	e, err := x.entry()
	if err != nil {
		return err
	}
	g.HasRuleIDs = true
	l.add(g, e)
	return nil
}
