package plan

import (
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Covered adds the entries of the covering rules, which have the rule ids.
func Covered(covered []secgroup.Covered, entries []secgroup.Entry) []secgroup.CoveredEntry {
	byRule := make(map[secgroup.Rule]secgroup.Entry, len(entries))
	for _, entry := range entries {
		byRule[entry.Rule] = entry
	}
	named := make([]secgroup.CoveredEntry, len(covered))
	for i, c := range covered {
		by := make([]secgroup.Entry, len(c.By))
		for n, rule := range c.By {
			by[n] = byRule[rule]
		}
		named[i] = secgroup.CoveredEntry{Rule: secgroup.Entry{Rule: c.Rule}, By: by}
	}
	return named
}
