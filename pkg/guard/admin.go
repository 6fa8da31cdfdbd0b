package guard

import (
	"regexp"
	"strings"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// launchName is what is left of a name after an account must be: a launch's name.
var launchName = regexp.MustCompile(`^[A-Za-z0-9]`)

// ofAnother reads the name <account>/<name>.
func ofAnother(name string) (events.Launch, bool) {
	account, rest, found := strings.Cut(name, "/")
	if !found || !secgroup.IsAccount(account) || !launchName.MatchString(rest) {
		return events.Launch{}, false
	}
	return events.Launch{Account: account, Name: rest}, true
}

// Ambiguous reports whether it takes a guard to tell which launch an event means.
func Ambiguous(l events.Launch) bool {
	_, ok := ofAnother(l.Name)
	return ok
}
