package plan

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// missing holds the desired rules that must be added, each with the rule to
// authorize for it. That is itself, but for a group asked for both with and
// without its owner: EC2 takes the two for one rule, which needs the owner
// where another account owns the group.
type missing map[secgroup.Rule]secgroup.Rule

func missingOf(diff secgroup.Diff) missing {
	m := make(missing, len(diff.Missing))
	for _, rule := range slices.Backward(diff.Missing) { // the first of several owners is taken, as Compare does
		m[rule.WithoutOwner()] = rule
	}
	for _, rule := range diff.Missing {
		m[rule] = rule
	}
	for _, covered := range diff.Covered {
		delete(m, covered.Rule)
	}
	return m
}
