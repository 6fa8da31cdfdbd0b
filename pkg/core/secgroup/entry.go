package secgroup

import (
	"encoding/json"
	"maps"
)

// Entry is a rule of a group, with the attributes that EC2 keeps beside its identity. Unknown
// fields are zero.
type Entry struct {
	Rule        Rule
	ID          string // EC2's SecurityGroupRuleId, sgr-...
	Description string
	Tags        map[string]string
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
