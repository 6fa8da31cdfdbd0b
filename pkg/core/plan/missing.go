package plan

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// missing maps each desired rule that must be added to the rule to authorize, mostly itself.
// EC2 takes sg-0aaaaaaaa and 111122223333/sg-0aaaaaaaa for one group. If both are desired, the
// one with the owner is authorized, because EC2 needs the owner for a group of another
// account.
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
