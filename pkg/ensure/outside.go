package ensure

import (
	"context"
	"errors"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Groups are security groups, in EC2. What they return wraps one of the errors
// below where it can be told; any other error means that it is not known
// whether the call had an effect.
type Groups interface {
	// Rules returns all rules of a group, of both directions, in no order.
	// Describe may lag behind what was written by minutes. The error is
	// ErrGroupNotFound where there is no such group: no rules is no proof.
	Rules(ctx context.Context, group claim.Group) ([]secgroup.Entry, error)

	// Authorize adds rules of one direction, in one call, with the tags and
	// descriptions they carry, and returns them as EC2 made them, with ids. On
	// ErrDuplicate it is not known which of the rules were added.
	Authorize(ctx context.Context, group claim.Group, rules []secgroup.Entry) ([]secgroup.Entry, error)
}

// What EC2 may answer, as far as it matters here.
var (
	// ErrDuplicate: at least one of the rules exists already.
	ErrDuplicate = errors.New("a rule exists already")
	// ErrGroupNotFound: the group, or one that a rule refers to, is not there.
	ErrGroupNotFound = errors.New("no such security group")
	// ErrDenied: IAM, or the group's lack of the managed tag, forbids the call.
	ErrDenied = errors.New("not allowed")
	// ErrInvalid: EC2 will never accept one of the rules: a peer that does not
	// exist, or the group is full.
	ErrInvalid = errors.New("EC2 refuses a rule")
)

// Claims is the table of what launches ask. Writes are idempotent: repeating
// one whose reply was lost does no harm and has the answer of the first.
type Claims interface {
	// Claim writes a request if it is not there and returns it as it stands in
	// the table; fresh tells whether it was written now. It returns ErrEnded
	// where the launch, or its part in this group, has ended.
	Claim(ctx context.Context, r claim.Request) (found claim.Request, fresh bool, err error)

	// Requests returns all requests of a group, whatever their status, by a
	// strongly consistent read.
	Requests(ctx context.Context, group claim.Group) ([]claim.Request, error)

	// Refuse marks an open request as refused for r.Reasons if owner holds the
	// group's lease. It returns ErrFenced where it does not, and nil where the
	// request is no longer open.
	Refuse(ctx context.Context, r claim.Request, owner lease.Owner) error
}

var (
	// ErrEnded: the launch has ended, so it can claim nothing more.
	ErrEnded = errors.New("the launch has ended")
	// ErrFenced: another function took the lease over.
	ErrFenced = errors.New("the lease was taken over")
)

// Leases performs the protocol's effects on a group's head item: Peek, Ring,
// TakeOver, Release and Yield, each in one call, with the conditions that
// package lease gives them. The reply carries Head and Failed; the ledger is
// the head's, after the effect. Release records the given ledger.
//
// Ring, TakeOver, Release and Peek are linearizable: each sees every one that
// completed before it began.
type Leases interface {
	Perform(ctx context.Context, group claim.Group, s lease.State, l claim.Ledger) (lease.Reply, claim.Ledger, error)
}

// Bus takes the events that go out. It returns nil only when the bus has
// accepted all of them; some may have been accepted where it does not.
type Bus interface {
	Publish(ctx context.Context, out ...events.Out) error
}
