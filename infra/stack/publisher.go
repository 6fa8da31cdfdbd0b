package stack

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/pattern"
)

// Publisher is one team that publishes launches, with the marks of its events. The bus's
// policy binds Sources to it. The functions read the rest from the guardrails.
type Publisher struct {
	Name string `json:"name"               yaml:"name"`
	// none: those of the roles, or the installation's own
	Accounts []string `json:"accounts,omitempty" yaml:"accounts,omitempty"`
	// ARNs; none: every principal of the accounts
	Roles    []string `json:"roles,omitempty"    yaml:"roles,omitempty"`
	Sources  []string `json:"sources,omitempty"  yaml:"sources,omitempty"`  // of its events, with * for any text
	Senders  []string `json:"senders,omitempty"  yaml:"senders,omitempty"`  // of its messages to the queue, likewise
	Launches []string `json:"launches,omitempty" yaml:"launches,omitempty"` // it may name, likewise
}

// reservedSources are sources that no publisher may have: sgkeeper's outcomes, and AWS's own.
var reservedSources = []string{events.Source, "aws.*"}

// checkPublishers returns the faults between publishers that are valid alone.
func (p Props) checkPublishers() (faults []Fault) {
	fault := func(place, format string, args ...any) {
		faults = append(faults, Fault{"publishers", place + ": " + fmt.Sprintf(format, args...)})
	}
	var own string // the installation's account, the only one that is no member
	names, roles := make(map[string]bool), make(map[string]string)
	for i, publisher := range p.Publishers {
		if names[publisher.Name] {
			fault(fmt.Sprintf("/%d/name", i), "%q occurs twice: want each name once", publisher.Name)
		}
		names[publisher.Name] = true
		for j, account := range publisher.Accounts {
			if slices.Contains(p.Members.Accounts, account) || account == own {
				continue
			}
			if own != "" {
				fault(fmt.Sprintf("/%d/accounts/%d", i, j),
					"%q: want the installation's own account, which %q seems to be, or one of memberAccounts",
					account, own)
			}
			own = account
		}
		for j, role := range publisher.Roles {
			place := fmt.Sprintf("/%d/roles/%d", i, j)
			if other, taken := roles[role]; taken {
				fault(place, "%q is a role of %s already: want each role once", role, other)
			}
			roles[role] = publisher.Name
			if a, err := arn.Parse(role); err == nil && publisher.Accounts != nil &&
				!slices.Contains(publisher.Accounts, a.AccountID) {
				fault(place, "%q: want a role in one of the publisher's accounts, %s", role,
					strings.Join(publisher.Accounts, ", "))
			}
		}
		for j, source := range publisher.Sources {
			place := fmt.Sprintf("/%d/sources/%d", i, j)
			for _, reserved := range reservedSources {
				if pattern.Overlap(source, reserved) {
					fault(place, "%q matches %s, which is reserved: want a pattern that does not", source, reserved)
				}
			}
			for _, other := range p.Publishers[:i] {
				for _, taken := range other.Sources {
					if pattern.Overlap(source, taken) {
						fault(place, "%q overlaps %q of %s: want a source to belong to one publisher; "+
							"give one publisher several accounts, or each a source of its own",
							source, taken, other.Name)
					}
				}
			}
		}
	}
	return append(faults, p.checkPolicySize()...)
}
