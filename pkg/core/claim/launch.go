package claim

import (
	"regexp"
	"strings"
)

// Launch is one run of a workload that needs ports. Its name is unique within its owner: the
// account that publishes it, and the namespace if the guardrails name publishers. Only its
// owner, and an admin of the guardrails, can add to a launch or end it.
type Launch struct {
	Account   string // the publisher's
	Namespace string // the name of the publisher in the guardrails; "": they name none
	Name      string
}

// Owner returns <account>, or <account>:<namespace>.
func (l Launch) Owner() string {
	if l.Namespace == "" {
		return l.Account
	}
	return l.Account + ":" + l.Namespace
}

// LaunchOf returns an Owner's launch with that name.
func LaunchOf(owner, name string) Launch {
	account, namespace, _ := strings.Cut(owner, ":")
	return Launch{account, namespace, name}
}

// String returns <owner>/<name>. An admin of the guardrails uses this form for another owner's
// launch.
func (l Launch) String() string { return l.Owner() + "/" + l.Name }

// MaxNamespace is the maximum length of a publisher's name, in characters.
const MaxNamespace = 32

// IsNamespace reports whether s may be the name of a publisher: letters, digits, dots, hyphens
// and underscores, and first a letter or digit. It may not have the slash or the colon of
// <account>:<namespace>/<launch>.
func IsNamespace(s string) bool {
	if s == "" || len(s) > MaxNamespace {
		return false
	}
	for i, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && (i == 0 || !strings.ContainsRune("._-", rune(c))) {
			return false
		}
	}
	return true
}

// IsInstanceID reports whether s is the id of an EC2 instance, which then names its launch.
func IsInstanceID(s string) bool { return instanceID.MatchString(s) }

var instanceID = regexp.MustCompile(`^i-[0-9a-f]{8,17}$`)
