package guard

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/events"
)

// anyAccount stands for every account in an entry of reach.
const anyAccount = "*"

// reach says that publishers of some accounts may ask about groups of some others.
type reach struct{ accounts, groups []string }

func among(accounts []string, account string) bool {
	return slices.Contains(accounts, anyAccount) || slices.Contains(accounts, account)
}

// outside says why a request does not reach its group: by default it reaches groups of its
// own account alone. Beyond lists further accounts. An end reaches whatever its launch has.
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
