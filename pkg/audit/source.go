package audit

import (
	"context"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// MaxIDs is how many groups one call to EC2 may name: as many values as it takes
// in a filter.
const MaxIDs = 200

// Groups reads security groups in EC2.
type Groups interface {
	// Find returns the groups that w says. Those that EC2 does not have are left
	// out.
	Find(ctx context.Context, p Place, w Which) ([]Found, error)

	// Rules calls each for every rule of up to MaxIDs groups, in no order. Where
	// each gets an error, a rule of that group could not be understood. A group
	// that is not there has no rules.
	Rules(ctx context.Context, p Place, ids []string, each func(id string, e secgroup.Entry, err error)) error
}

// Around reads what EC2 knows around security groups.
type Around interface {
	// Attached returns to how many network interfaces groups are attached: those
	// named, up to MaxIDs, or with none named all of the place.
	Attached(ctx context.Context, p Place, ids []string) (map[string]int, error)

	// Stale returns the rules of a VPC's groups that refer to a group that is
	// gone, or over a peering that is, by the id of the group that holds them.
	Stale(ctx context.Context, p Place, vpc string) (map[string][]secgroup.Rule, error)

	// List returns a prefix list. Its entries are read where its version is not
	// the one that is known.
	List(ctx context.Context, p Place, id string, known int64) (Contents, error)
}

// Claims reads what launches ask.
type Claims interface {
	// Scan calls each for every group that the table knows, one call at a time,
	// and ends with the first error that each returns. It may call it for a group
	// more than once, each time with part of what is asked.
	Scan(ctx context.Context, each func(Known) error) error

	// Of returns all that is asked of one group, by a strongly consistent read.
	Of(ctx context.Context, g claim.Group) (Known, error)
}

// Which says which groups to find: those named by IDs, up to MaxIDs; or those
// that bear Tag, key=value; or those called Name, in VPC or with "" in any.
type Which struct {
	IDs       []string
	Tag       string
	Name, VPC string
}

// Found is a security group as EC2 describes it, but for its rules.
type Found struct {
	ID, Name, VPC string
	Tags          map[string]string
	Rules         int // how many it holds
}

// Known is what launches ask of a group, and what ensure left in its head.
type Known struct {
	Group    claim.Group
	Requests []claim.Request
	Ends     []claim.End // of launches in the group; Requests may reflect them already
	Lease    lease.Head
	Ledger   claim.Ledger
	// Unreadable says what could not be read, and why; "": all could.
	Unreadable string
}

// open reports whether any request is open.
func (k Known) open() bool {
	for i := range k.Requests {
		if k.Requests[i].Status == claim.Open {
			return true
		}
	}
	return false
}

// Contents is a prefix list as an audit found it.
type Contents struct {
	Account string   `json:"account"`
	Region  string   `json:"region"`
	ID      string   `json:"id"`
	Version int64    `json:"version"` // 0: of a list of AWS's, which has none
	Entries []string `json:"entries"` // CIDRs, in order
}
