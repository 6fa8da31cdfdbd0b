package guard

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/events"
)

// anyAccount stands for every account in an entry of reach.
const anyAccount = "*"

// reach lets publishers of some accounts make requests for groups of other accounts.
type reach struct{ accounts, groups []string }

func among(accounts []string, account string) bool {
	return slices.Contains(accounts, anyAccount) || slices.Contains(accounts, account)
}

// outside returns the fault of an event that does not reach its group. A request reaches
// groups of its own account, of the accounts in beyond, and of those that reach adds. An end
// reaches every group of its launch.
func (g *Guard) outside(m events.Message, account string, beyond []string) events.Faults {
	owner := m.Group.Account
	if m.Request == nil || owner == account || owner == "" || among(beyond, owner) {
		return nil
	}
	for _, r := range g.reach {
		if among(r.accounts, account) && among(r.groups, owner) {
			return nil
		}
	}
	return faultsOf("/group/account", "found %s, and launches of account %s reach groups of their own account alone; "+
		"to widen that, add {accounts: [%q], groups: [%q]} to reach in the guardrails", owner, account, account, owner)
}
