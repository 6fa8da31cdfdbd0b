package guard

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// AnyAccount stands for every account in [Reach] and in an [Admin]'s reach.
const AnyAccount = "*"

// Reach lets publishers of some accounts make requests for groups of other accounts.
type Reach struct {
	Accounts []string // that publish
	Groups   []string // the accounts of the groups
}

func among(accounts []string, account string) bool {
	return slices.Contains(accounts, AnyAccount) || slices.Contains(accounts, account)
}

// outside returns the fault of a request that does not reach its group, by the group's owner.
// A request reaches groups of its own account, of the accounts in beyond, and of those that
// reach adds.
func (g *Guard) outside(owner, account string, beyond []string) claim.Faults {
	if owner == account || owner == "" || among(beyond, owner) {
		return nil
	}
	for _, r := range g.guardrails.Reach {
		if among(r.Accounts, account) && among(r.Groups, owner) {
			return nil
		}
	}
	return faultsOf("/group/account", "found %s, and launches of account %s reach groups of their own account alone; "+
		"to widen that, add {accounts: [%q], groups: [%q]} to reach in the guardrails", owner, account, account, owner)
}
