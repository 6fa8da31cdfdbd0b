package plan

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// missing maps each desired rule that must be added to the rule to authorize. Mostly they are
// the same. If a group is desired both with and without its owner, EC2 takes the two for one
// rule. Then the rule with the owner is authorized, because EC2 needs it for a group of
// another account.
type missing map[secgroup.Rule]secgroup.Rule

func missingOf(diff secgroup.Diff) missing {
	m := make(missing, len(diff.Missing))
	for _, rule := range slices.Backward(diff.Missing) { // of several owners, keep the first, as Compare does
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
