package guardfile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/rulefile"
)

// publisher reads one more publisher. It records a fault if an event could belong to two
// publishers, as far as the file shows. The file does not name the function's own account.
func (r *reader) publisher(all []guard.Publisher, n rulefile.Node) []guard.Publisher {
	m := n.Members("name", "accounts", "sources", "senders", "launches", "roles")
	if m == nil {
		return all
	}
	p := guard.Publisher{
		Accounts: accounts(m["accounts"]), Sources: sources(m["sources"]), Senders: senders(m["senders"]),
		Launches: launches(m["launches"]), Roles: roles(m["roles"]),
	}
	if p.Name = m["name"].Text(claim.MaxNamespace); p.Name == "" {
		return all
	}
	if !claim.IsNamespace(p.Name) {
		m["name"].Fault("found %s: want letters, digits and ._-, at most %d, a letter or digit first",
			rulefile.Quote(p.Name), claim.MaxNamespace)
		return all
	}
	for i := range all {
		switch q := &all[i]; {
		case q.Name == p.Name:
			m["name"].Fault("found %s, which another publisher has: want each name once", rulefile.Quote(p.Name))
		case q.Meets(&p):
			n.Fault("an event may belong to publisher %s and to %s: want sources or senders "+
				"such that each event matches one publisher", q.Name, p.Name)
		}
	}
	return append(all, p)
}

// named reads names of publishers. Each must be in the file.
func (r *reader) named(n rulefile.Node) []string {
	if !n.Present() {
		return nil
	}
	return texts(n, "a list of publishers' names", func(s string) (bool, string) {
		known := slices.ContainsFunc(r.publishers, func(p guard.Publisher) bool { return p.Name == s })
		return known, fmt.Sprintf("the name of a publisher of this file, of %s", publisherNames(r.publishers))
	})
}

// publisherNames lists names for a fault.
func publisherNames(all []guard.Publisher) string {
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}

func reachOf(n rulefile.Node) (one guard.Reach) {
	m := n.Members("accounts", "groups")
	if m == nil {
		return one
	}
	return guard.Reach{
		Accounts: reaching(m["accounts"], "the accounts that publish"),
		Groups:   reaching(m["groups"], "the accounts that own the groups"),
	}
}

// reaching reads a list of accounts that may not be absent.
func reaching(n rulefile.Node, want string) []string {
	if !n.Present() {
		n.Fault("absent: want %s, or [\"*\"] for every account", want)
	}
	return accounts(n, guard.AnyAccount)
}

var (
	sourcePattern = regexp.MustCompile(`^[ -~]+$`)
	senderPattern = regexp.MustCompile(`^[!-~]+$`)
	roleARN       = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$`)
)

// IsRole reports whether s may be a role of a publisher: the ARN of one IAM role, of at most
// 255 characters.
func IsRole(s string) bool { return len(s) <= maxText && roleARN.MatchString(s) }

func sources(n rulefile.Node) []string {
	if !n.Present() {
		return nil
	}
	return texts(n, "a list of events' sources, with * for any text", func(s string) (bool, string) {
		return sourcePattern.MatchString(s), "a source of 1 to 255 printable ASCII characters, with * for any text"
	})
}

func senders(n rulefile.Node) []string {
	if !n.Present() {
		return nil
	}
	return texts(n, "a list of SQS's sender ids, with * for any text", func(s string) (bool, string) {
		return senderPattern.MatchString(s), "a sender's id such as AROAEXAMPLEID:*, the id of a role and its session"
	})
}

func roles(n rulefile.Node) []string {
	if !n.Present() {
		return nil
	}
	return texts(n, "a list of roles' ARNs", func(s string) (bool, string) {
		return IsRole(s), "the ARN of a role, such as arn:aws:iam::111122223333:role/team-a"
	})
}
