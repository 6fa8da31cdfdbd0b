package guard

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// launchName matches the start of a launch's name, after the owner.
var launchName = regexp.MustCompile(`^[A-Za-z0-9]`)

// ofAnother reads the name <account>/<name> or <account>:<namespace>/<name>. Neither an
// account nor a namespace has a slash, so the first slash ends the owner.
func ofAnother(name string) (claim.Launch, bool) {
	owner, rest, found := strings.Cut(name, "/")
	l := claim.LaunchOf(owner, rest)
	named := !strings.Contains(owner, ":") || claim.IsNamespace(l.Namespace)
	if !found || !secgroup.IsAccount(l.Account) || !named || !launchName.MatchString(rest) {
		return claim.Launch{}, false
	}
	return l, true
}

// anothers returns another owner's launch that an admin's event names, and the admin's entry.
// The entry is nil if no entry allows the event to name it.
func (g *Guard) anothers(l claim.Launch, o claim.Origin, home string) (claim.Launch, *entry) {
	meant, ok := ofAnother(l.Name)
	if !ok {
		return l, nil
	}
	for i := range g.admins {
		if e := &g.admins[i]; g.isAdmin(e, o, home) && e.hasLaunch(meant.Name) {
			return meant, e
		}
	}
	return l, nil
}

// isAdmin reports whether the admin entry covers the event's sender.
func (g *Guard) isAdmin(e *entry, o claim.Origin, home string) bool {
	if len(e.accounts) > 0 && !slices.Contains(e.accounts, o.Account) || !e.hasSource(o.Source) {
		return false
	}
	if len(e.publishers) == 0 {
		return true
	}
	p, faults := g.publisher(o, home)
	return faults == nil && slices.Contains(e.publishers, p.Name)
}
