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
//
// A method with a token reads one page of a list. The token is "" for the first page, and
// otherwise next of the page before. After the last page, next is "".
type EC2 interface {
	// Find returns the groups that w selects. It leaves out groups that EC2 does not have.
	Find(ctx context.Context, p Place, w Which) ([]Found, error)

	// Managed returns a page of the groups that bear a tag, as key=value.
	Managed(ctx context.Context, p Place, tag, token string) (found []Found, next string, err error)

	// Rules calls each for every rule of up to MaxIDs groups, in no order. A non-nil err says
	// that a rule of the group could not be decoded. An absent group has no rules.
	Rules(ctx context.Context, p Place, ids []string, each func(id string, e secgroup.Entry, err error)) error

	// Attached counts the network interfaces of each named group, up to MaxIDs, on one page of
	// interfaces. If none is named, it counts those of all groups of the place.
	Attached(ctx context.Context, p Place, ids []string, token string) (n map[string]int, next string, err error)

	// Stale returns a page of the stale rules of a VPC by the id of their group. A stale rule
	// refers to a deleted group, or to a group over a deleted peering.
	Stale(ctx context.Context, p Place, vpc, token string) (rules map[string][]secgroup.Rule, next string, err error)

	// List returns a prefix list without its entries. AWS's own lists have version 0.
	List(ctx context.Context, p Place, id string) (drift.Contents, error)

	// Entries returns a page of the CIDRs of a prefix list in a version, or in the current one if
	// the version is 0.
	Entries(ctx context.Context, p Place, id string, version int64, token string) (cidrs []string, next string,
		err error)
}

// Table reads the launches' requests.
type Table interface {
	// Scan calls each for every group in the table, one call at a time, and stops at the first
	// error of each. A group may come more than once, each time with part of its requests.
	Scan(ctx context.Context, each func(TableGroup) error) error

	// Of returns all requests on one group, by a strongly consistent read.
	Of(ctx context.Context, g claim.Group) (TableGroup, error)
}

// Which selects groups: by up to MaxIDs IDs, or by Name, in VPC or, if that is "", in any.
type Which struct {
	IDs       []string
	Name, VPC string
}

// Found is a security group without its rules.
type Found struct {
	ID    string            `json:"id"`
	Name  string            `json:"name,omitempty"`
	VPC   string            `json:"vpc,omitempty"`
	Tags  map[string]string `json:"tags,omitempty"`
	Rules int               `json:"rules"` // the number of rules
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
