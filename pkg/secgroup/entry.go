package secgroup

import "maps"

// Entry is a rule as it stands in a group, with what EC2 keeps beside its
// identity. Fields that are not known are zero.
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

// Equal reports whether e and f agree in everything.
func (e Entry) Equal(f Entry) bool {
	return e.Rule == f.Rule && e.ID == f.ID && e.Description == f.Description && maps.Equal(e.Tags, f.Tags)
}
