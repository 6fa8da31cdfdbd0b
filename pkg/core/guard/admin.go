package guard

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Admin lets the senders of some events add to and end the launches of other owners. Each list
// that is not empty restricts it further. In patterns, * matches any text.
type Admin struct {
	Launches   []string // patterns of the launches' names
	Accounts   []string // of the sender
	Sources    []string // patterns of the event's source; only * matches an event without one
	Publishers []string // names
	Reach      []string // accounts with groups that it reaches; may hold AnyAccount
}

// launchName matches the start of a launch's name, after the owner.
var launchName = regexp.MustCompile(`^[A-Za-z0-9]`)

// parseOwned reads the name <account>/<name> or <account>:<namespace>/<name>. Neither an
// account nor a namespace has a slash, so the first slash ends the owner.
func parseOwned(name string) (claim.Launch, bool) {
	owner, rest, found := strings.Cut(name, "/")
	l := claim.LaunchOf(owner, rest)
	named := !strings.Contains(owner, ":") || claim.IsNamespace(l.Namespace)
	if !found || !secgroup.IsAccount(l.Account) || !named || !launchName.MatchString(rest) {
		return claim.Launch{}, false
	}
	return l, true
}

// byAdmin returns another owner's launch that an admin's event names, and the admin. The
// admin is nil if none may name it.
func (g *Guard) byAdmin(l claim.Launch, o claim.Origin, home string) (claim.Launch, *Admin) {
	meant, ok := parseOwned(l.Name)
	if !ok {
		return l, nil
	}
	for i := range g.guardrails.Admins {
		if a := &g.guardrails.Admins[i]; g.sentBy(a, o, home) && matches(a.Launches, meant.Name) {
			return meant, a
		}
	}
	return l, nil
}

// sentBy reports whether an admin sent an event.
func (g *Guard) sentBy(a *Admin, o claim.Origin, home string) bool {
	if !includes(a.Accounts, o.Account) || !matches(a.Sources, o.Source) {
		return false
	}
	if len(a.Publishers) == 0 {
		return true
	}
	p, faults := g.publisher(o, home)
	return faults == nil && slices.Contains(a.Publishers, p.Name)
}
