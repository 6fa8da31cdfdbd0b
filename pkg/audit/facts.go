package audit

import (
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Facts is all that is known of one group.
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
	// Stale holds the ids of rules that EC2 calls stale.
	Stale map[string]bool
	// Lists holds the entries of each prefix list that a rule or a live request names.
	Lists map[string]List
	// Successor is the id of another group that has the name and VPC of this absent one; "" if
	// there is none.
	Successor string
	// Unreadable says why something could not be read; "" if nothing failed.
	Unreadable string
	// Changes are the API calls that caused this audit, the latest last.
	Changes []Change
}

// List is a prefix list's contents.
type List struct {
	Version int64
	Entries []string // CIDRs
	// Known is the version that the audit before saw; 0: none did.
	Known          int64
	Added, Removed []string // CIDRs, since then, where known
}
