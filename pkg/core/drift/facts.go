package drift

import (
	"cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
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
	// MaxEntries is the number of rules that one rule with the list counts as; 0 if EC2 does not
	// say, as for AWS's own lists.
	MaxEntries int `json:"maxEntries,omitempty"`
}

// List is a prefix list, with the changes since the previous audit.
type List struct {
	Version int64
	Entries []string // CIDRs
	// Known is the version that the previous audit read; 0 if it did not read the list.
	Known          int64
	Added, Removed []string // CIDRs, since the previous audit
	MaxEntries     int      // as in Contents
}

// NewList returns a list as it is now. The previous audit knew it as known, which is zero if it
// did not read the list.
func NewList(now, known Contents) List {
	return List{
		Version: now.Version, Entries: now.Entries, Known: known.Version,
		Added: without(now.Entries, known.Entries), Removed: without(known.Entries, now.Entries),
		MaxEntries: now.MaxEntries,
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

// quota returns the group's quota. Prefix lists count as their MaxEntries.
func (f Facts) quota(p Policy) plan.Quota {
	maxEntries := make(map[string]int, len(f.Lists))
	for id, l := range f.Lists {
		maxEntries[id] = l.MaxEntries
	}
	return plan.Quota{Limit: cmp.Or(p.Limit, plan.DefaultLimit), Weights: p.Weights}.Weigh(maxEntries)
}
