package drift

import (
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Facts holds everything that is known of one group.
type Facts struct {
	Group    claim.Group
	Name     string
	VPC      string
	Tags     map[string]string
	Found    bool             // EC2 has the group
	Entries  []secgroup.Entry // all of its rules, with ids and tags
	Requests []claim.Request  // of any status
	Ends     []claim.End      // of launches in this group; those in Requests may reflect them already
	Ledger   claim.Ledger
	Lease    lease.Head
	// Interfaces is the number of attached network interfaces. -1 means unknown; the audit
	// then assumes that there are some.
	Interfaces int
	// Stale holds the rules that EC2 calls stale, or that refer to a group over a peering that
	// does not exist any more.
	Stale map[secgroup.Rule]bool
	// Lists holds the entries of each prefix list that a rule or a live request names.
	Lists map[string]List
	// Successor is the id of another group that has the name and VPC of this absent one; "" if
	// there is none.
	Successor string
	// Unreadable says why something could not be read; "" if nothing failed.
	Unreadable string
	// Changes are the API calls that caused this audit, the latest last.
	Changes []Call
}

// Contents is a prefix list as an audit found it.
type Contents struct {
	Account string   `json:"account"`
	Region  string   `json:"region"`
	ID      string   `json:"id"`
	Version int64    `json:"version"` // 0 for a list of AWS's, which has none
	Entries []string `json:"entries"` // CIDRs, in order
}

// List is a prefix list, with the changes since the previous audit.
type List struct {
	Version int64
	Entries []string // CIDRs
	// Known is the version that the previous audit read; 0 if it did not read the list.
	Known          int64
	Added, Removed []string // CIDRs, since the previous audit
}

// NewList returns a list as it is now. The previous audit knew it as known, which is zero if it
// did not read the list.
func NewList(now, known Contents) List {
	return List{
		Version: now.Version, Entries: now.Entries, Known: known.Version,
		Added: without(now.Entries, known.Entries), Removed: without(known.Entries, now.Entries),
	}
}

// without returns the elements of a that are not in b.
func without(a, b []string) (rest []string) {
	in := make(map[string]bool, len(b))
	for _, s := range b {
		in[s] = true
	}
	for _, s := range a {
		if !in[s] {
			rest = append(rest, s)
		}
	}
	return rest
}
