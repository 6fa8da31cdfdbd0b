package secgroup

import (
	"encoding/json"
	"maps"
	"slices"
)

// Entry is a rule of a group, with the attributes that EC2 keeps beside its identity. Unknown
// fields are zero.
type Entry struct {
	Rule        Rule
	ID          string // EC2's SecurityGroupRuleId, sgr-...
	Description string
	Tags        map[string]string
}

// MaxDescription is EC2's limit of a description, in characters. All that EC2 allows are ASCII (EC2 API,
// IpRange).
const MaxDescription = 255

// OfDirection returns the entries of one direction, in their order.
func OfDirection(d Direction, entries []Entry) []Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return e.Rule.Direction != d })
}

// Rules returns the set of the entries' rules.
func Rules(entries []Entry) Set {
	rules := make([]Rule, len(entries))
	for i, e := range entries {
		rules[i] = e.Rule
	}
	return SetOf(rules...)
}

// Equal reports whether e and f agree in every field.
func (e Entry) Equal(f Entry) bool {
	return e.Rule == f.Rule && e.ID == f.ID && e.Description == f.Description && maps.Equal(e.Tags, f.Tags)
}

// CoveredEntry is a desired rule that needs no write, because other rules of the group
// together admit all of it.
type CoveredEntry struct {
	Rule Entry   `json:"rule"`
	By   []Entry `json:"by"`
}

// MarshalJSON writes an empty By as [], never as null.
func (c CoveredEntry) MarshalJSON() ([]byte, error) {
	type plain CoveredEntry
	if c.By == nil {
		c.By = []Entry{}
	}
	return json.Marshal(plain(c))
}
