package ensure

import (
	"context"
	"errors"
	"time"

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

	// Revoke removes rules of one direction, in one call, by their ids. On
	// ErrRuleNotFound none of them was removed.
	Revoke(ctx context.Context, group claim.Group, rules []secgroup.Entry) error
}

// Names finds security groups by name, in EC2.
type Names interface {
	// FindAll returns the ids of the groups in a VPC that have one of the names, by
	// name. EC2 may not know a new group yet.
	FindAll(ctx context.Context, account, region, vpc string, names []string) (map[string][]string, error)
}

// What EC2 may answer, as far as it matters here.
var (
	// ErrDuplicate: at least one of the rules exists already.
	ErrDuplicate = errors.New("a rule exists already")
	// ErrGroupNotFound: the group, or one that a rule refers to, is not there.
	ErrGroupNotFound = errors.New("no such security group")
	// ErrAmbiguous: several groups have the name.
	ErrAmbiguous = errors.New("several security groups have that name")
	// ErrRuleNotFound: one of the rules to revoke is not there.
	ErrRuleNotFound = errors.New("no such rule")
	// ErrDenied: IAM, or the group's lack of the managed tag, forbids the call.
	ErrDenied = errors.New("not allowed")
	// ErrInvalid: EC2 never accepts one of the rules, for example because its prefix
	// list does not exist.
	ErrInvalid = errors.New("EC2 refuses a rule")
	// ErrFull: the group has no room for all of the rules.
	ErrFull = errors.New("the group is full")
	// ErrLongList: a prefix list has more entries than are read.
	ErrLongList = errors.New("the prefix list is too long")
	// ErrRejected: EC2 rejects the call with an error code that is not known here. It
	// may be for good.
	ErrRejected = errors.New("EC2 rejects the call")
)

// Claims is the table of what launches ask. Writes are idempotent: repeating
// one whose reply was lost does no harm and has the answer of the first.
type Claims interface {
	// Claim writes a request if it is not there and returns it as it stands in
	// the table; fresh tells whether it was written now. It returns ErrEnded
	// where the launch, or its part in this group, has ended.
	Claim(ctx context.Context, r claim.Request) (found claim.Request, fresh bool, err error)

	// Load returns the requests of a group that are not archived, and after them its
	// head, by a strongly consistent read. It reads the ends before the requests.
	Load(ctx context.Context, group claim.Group) (Asked, error)

	// Refuse marks an open request as refused for r.Reasons if s.Owner holds
	// the group's lease to serve s.Seen. It returns ErrFenced where it does
	// not, and nil where the request is no longer open.
	Refuse(ctx context.Context, r claim.Request, s lease.State) error
}

// Asked is what one group is asked.
type Asked struct {
	Requests []claim.Request // as stored, see [claim.Settle]
	Ends     []claim.End     // of launches in this group
	Head     lease.Head      // read after the requests, by the same call
	Ledger   claim.Ledger    // the head's
}

// Ends is the table of what is over. Ends are terminal: they may come first,
// late, or twice. Writes may be repeated.
type Ends interface {
	// End records that a launch has ended and returns the groups that it asked
	// anything of, but for those that Progress has noted. Until Finish the end is
	// among the Unfinished, from a while after at. If it cannot read some of the
	// records, the error is ErrUnreadable and names them, and the other groups are
	// returned as well.
	End(ctx context.Context, l events.Launch, at time.Time) ([]claim.Group, error)

	// Progress notes that the end of a launch has come to some of its groups. Unless
	// Finish follows, the end is among the Unfinished from the time again on, so that
	// a sweep goes on with the others.
	Progress(ctx context.Context, l events.Launch, finished []claim.Group, now, again time.Time) error

	// EndIn records that a launch's part in a group has ended, for claims to
	// come and for the group's requests. It returns ErrNotAsked if the launch has
	// no request there. The end is recorded all the same: none can come later.
	EndIn(ctx context.Context, l events.Launch, group claim.Group, at time.Time) error

	// Finish notes that the end of a launch has come to each of its groups.
	Finish(ctx context.Context, l events.Launch) error

	// Archive renames requests so that Load does not read them, and sets the TTL of
	// the ends that ended them, unless they changed since the given time.
	Archive(ctx context.Context, group claim.Group, parts []claim.Archive, by time.Time) error

	// Expire marks a request as expired, if it is open. Only the sweeper does.
	Expire(ctx context.Context, r claim.Request, at time.Time) error
}

// Refusals keeps a record of the events that were refused.
type Refusals interface {
	// Record keeps refusals for 45 days. Of one publisher it keeps as many a day as
	// there is room for, and counts the others. An event that is delivered again has
	// one record.
	Record(ctx context.Context, refusals ...claim.Refusal) error
}

// Dues names the groups and ends that sweeps serve although nobody rings. If some items
// cannot be read, an error names them, and the others are returned as well.
type Dues interface {
	// Due returns groups that are due at a time, of each part of the index those
	// longest due first. It reads limit groups at most.
	Due(ctx context.Context, now time.Time, limit int) ([]Due, error)

	// Unfinished returns launches whose End was recorded well before a time, and
	// not its Finish. Order and limit are as in Due.
	Unfinished(ctx context.Context, now time.Time, limit int) ([]events.Launch, error)

	// Postpone records why a group could not be served, and has it due later: the
	// longer it has not been served, the later, up to MaxPostpone. It returns since
	// when the group has not been served. It leaves a group alone that rang, or that
	// a function took, after it was found due. If it is due later already, it stays so.
	Postpone(ctx context.Context, group claim.Group, why Failure, now time.Time) (since time.Time, err error)
}

// Due is a group that is due.
type Due struct {
	Group claim.Group
	Since time.Time // the Unix epoch: it rang, and nobody has served it
}

// rang reports whether the group rang and was not served since. A ring records no time.
func (d Due) rang() bool { return d.Since.UnixMilli() <= 0 }

// MaxPostpone bounds how long a group waits that a sweep could not serve. After
// its cause is gone, the group is served within this time and a sweep.
const MaxPostpone = 5 * time.Minute

// Failure says why a group could not be served, and names the remedy.
type Failure struct {
	Reason, Remedy string
	// Before is the last ticket that had been served when the pass loaded the group,
	// or Unloaded. A round that may not describe the group is released, and serves a
	// ticket though it does nothing.
	Before lease.Ticket
}

// Unloaded is the Before of a pass that did not load the group.
const Unloaded lease.Ticket = -1

var (
	// ErrEnded: the launch has ended, so it can claim nothing more.
	ErrEnded = errors.New("the launch has ended")
	// ErrNotAsked: the launch has asked nothing of the group.
	ErrNotAsked = errors.New("the launch has asked nothing of the group")
	// ErrUnreadable: some items are of a newer schema, or have keys that no version
	// writes. The others were read.
	ErrUnreadable = errors.New("some items cannot be read")
	// ErrFenced: another function took the lease over.
	ErrFenced = errors.New("the lease was taken over")
)

// Leases performs the protocol's effects on a group's head item: Peek, Ring,
// TakeOver, Condemn, Release and Yield, each in one call, with the conditions
// that package lease gives them. The reply carries Head and Failed; the ledger
// is the head's, after the effect. Release records the given ledger, and so does Yield
// if one is given. Condemn adds the ledger's PendingRevokes. Ring gives a group that has
// none the Keys and the Span of the given ledger. Release ends the span.
//
// Ring, TakeOver, Release and Peek are linearizable: each sees every one that
// completed before it began.
type Leases interface {
	Perform(ctx context.Context, group claim.Group, s lease.State, l *claim.Ledger) (lease.Reply, claim.Ledger, error)
}

// Bus takes the events that go out. It returns nil only when the bus has
// accepted all of them; some may have been accepted where it does not.
type Bus interface {
	Publish(ctx context.Context, out ...events.Out) error
}
