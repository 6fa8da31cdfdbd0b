package ensure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/phrase"
)

// Reach lists the accounts and Regions that are served besides the ensurer's own. Each account
// is served in each Region.
type Reach struct {
	Accounts []string // members: sgkeeper serves their events and groups
	Regions  []string
}

// Reaches reports whether a group is served.
func (e *Ensurer) Reaches(g claim.Group) bool {
	return e.serves(g.Account) && slices.Contains(e.regions(), g.Region)
}

// serves reports whether an account is the ensurer's own or a member.
func (e *Ensurer) serves(account string) bool {
	return account == e.Account || slices.Contains(e.Reach.Accounts, account)
}

// notReached returns why a group is not served.
func (e *Ensurer) notReached(g claim.Group) string {
	if !e.serves(g.Account) {
		return fmt.Sprintf("account %s is not a member (SGKEEPER_MEMBER_ACCOUNTS)", g.Account)
	}
	return fmt.Sprintf("groups in %s are not served (SGKEEPER_MEMBER_REGIONS)", g.Region)
}

// fewAccounts is the number of accounts that a reason names. A thousand members would make a
// reason of 14 KB.
const fewAccounts = 10

// accounts names the served accounts, the ensurer's own first.
func (e *Ensurer) accounts() string {
	return phrase.Few(append([]string{e.Account}, e.Reach.Accounts...), fewAccounts)
}

func (e *Ensurer) regions() []string { return append([]string{e.Region}, e.Reach.Regions...) }

// outOfReach returns all reasons why an event cannot be served, by its publisher's account and
// its group's account and Region.
func (e *Ensurer) outOfReach(publisher string, g events.Group) (faults claim.Faults) {
	regions := e.regions()
	if !e.serves(publisher) {
		faults = append(faults, fault("/launch", "account %s published it, which is not a member; "+
			"make it one (SGKEEPER_MEMBER_ACCOUNTS), or publish from %s", publisher, e.accounts())...)
	}
	if !e.serves(g.Account) {
		faults = append(faults, fault("/group/account", "groups of account %s are not served, but those of %s; "+
			"make the account a member (SGKEEPER_MEMBER_ACCOUNTS, and its role)", g.Account, e.accounts())...)
	}
	if !slices.Contains(regions, g.Region) {
		faults = append(faults, fault("/group/region", "groups in %s are not served, but those in %s; "+
			"list the Region (SGKEEPER_MEMBER_REGIONS)", g.Region, strings.Join(regions, ", "))...)
	}
	return faults
}
