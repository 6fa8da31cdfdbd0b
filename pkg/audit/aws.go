package audit

import (
	"context"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// MaxIDs is the number of groups that one call to EC2 may name. EC2 takes at most 200 values
// in a filter.
const MaxIDs = 200

// EC2 reads security groups, and EC2's other records about them.
type EC2 interface {
	// Find returns the groups that w selects. It leaves out groups that EC2 does not have.
	Find(ctx context.Context, p Place, w Which) ([]Found, error)

	// Rules calls each for every rule of up to MaxIDs groups, in no order. A non-nil err says
	// that a rule of the group could not be decoded. An absent group has no rules.
	Rules(ctx context.Context, p Place, ids []string, each func(id string, e secgroup.Entry, err error)) error

	// Attached counts the network interfaces of each named group, up to MaxIDs. If none is
	// named, it counts those of all groups of the place.
	Attached(ctx context.Context, p Place, ids []string) (map[string]int, error)

	// Stale returns the stale rules of a VPC by the id of their group. A stale rule refers to
	// a deleted group, or to a group over a deleted peering.
	Stale(ctx context.Context, p Place, vpc string) (map[string][]secgroup.Rule, error)

	// List returns a prefix list. It reads the entries only if the list's version is not
	// known.
	List(ctx context.Context, p Place, id string, known int64) (drift.Contents, error)
}

// Table reads the launches' requests.
type Table interface {
	// Scan calls each for every group in the table, one call at a time, and stops at the first
	// error of each. A group may come more than once, each time with part of its requests.
	Scan(ctx context.Context, each func(TableGroup) error) error

	// Of returns all requests on one group, by a strongly consistent read.
	Of(ctx context.Context, g claim.Group) (TableGroup, error)
}

// Which selects groups: by up to MaxIDs IDs; by Tag, as key=value; or by Name, in VPC or, if
// that is "", in any.
type Which struct {
	IDs       []string
	Tag       string
	Name, VPC string
}

// Found is a security group without its rules.
type Found struct {
	ID, Name, VPC string
	Tags          map[string]string
	Rules         int // the number of rules
}

// TableGroup is a group in the table: its requests and ends, and the state in its head item.
type TableGroup struct {
	Group    claim.Group
	Requests []claim.Request
	Ends     []claim.End // of launches in the group; Requests may reflect them already
	Lease    lease.Head
	Ledger   claim.Ledger
	// Unreadable says why something could not be read; "" if nothing failed.
	Unreadable string
}
