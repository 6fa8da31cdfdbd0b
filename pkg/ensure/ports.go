package ensure

import (
	"context"
	"errors"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Groups reads and writes security groups in EC2. If the cause is known, an error wraps one of
// the errors below. After any other error, the call may or may not have had an effect.
type Groups interface {
	// Rules returns all rules of a group, of both directions, in no order. EC2's describe may
	// lag minutes behind writes. The error is ErrGroupNotFound if the group does not exist; an
	// empty result does not prove that.
	Rules(ctx context.Context, group claim.Group) ([]secgroup.Entry, error)

	// RulesOf returns the rules of several groups of one account and Region, as Rules does, in as
	// few calls as EC2 allows. It does not tell a group without rules from a missing one.
	RulesOf(ctx context.Context, groups []claim.Group) (map[claim.Group][]secgroup.Entry, error)

	// Exists returns ErrGroupNotFound if a group does not exist.
	Exists(ctx context.Context, group claim.Group) error

	// Authorize adds rules of one direction in one call, with their tags and descriptions. It
	// returns the rules that EC2 made, with ids. After ErrDuplicate, any of the rules may have
	// been added.
	Authorize(ctx context.Context, group claim.Group, rules []secgroup.Entry) ([]secgroup.Entry, error)

	// Revoke removes rules of one direction in one call, by their ids. After ErrRuleNotFound,
	// none of them was removed.
	Revoke(ctx context.Context, group claim.Group, rules []secgroup.Entry) error
}

// Names finds security groups by name, in EC2.
type Names interface {
	// FindAll returns the ids of the groups in a VPC for each of the names. EC2 may not know a
	// new group yet.
	FindAll(ctx context.Context, account, region, vpc string, names []string) (map[string][]string, error)
}

// The errors of EC2's answers that sgkeeper distinguishes.
var (
	// ErrDuplicate: at least one of the rules exists already.
	ErrDuplicate = errors.New("a rule exists already")
	// ErrGroupNotFound: the group, or a group that a rule refers to, does not exist.
	ErrGroupNotFound = errors.New("no such security group")
	// ErrAmbiguous: several groups have the name.
	ErrAmbiguous = errors.New("several security groups have that name")
	// ErrRuleNotFound: one of the rules to revoke does not exist.
	ErrRuleNotFound = errors.New("no such rule")
	// ErrDenied: IAM, or the group's lack of the managed tag, forbids the call.
	ErrDenied = errors.New("not allowed")
	// ErrInvalid: EC2 never accepts one of the rules, for example because its prefix
	// list does not exist.
	ErrInvalid = errors.New("EC2 refuses a rule")
	// ErrFull: the group has no room for all of the rules.
	ErrFull = errors.New("the group is full")
	// ErrLongList: a prefix list has too many entries to read.
	ErrLongList = errors.New("the prefix list is too long")
	// ErrRejected: EC2 rejects the call with an error code that sgkeeper does not know. The
	// rejection may be permanent.
	ErrRejected = errors.New("EC2 rejects the call")
	// ErrThrottled: EC2 did not apply the call, because its account and Region have made too many.
	// A write is not repeated after it.
	ErrThrottled = errors.New("EC2 throttles the call")
	// ErrUncertain comes with another error of a write: EC2 may have applied an earlier attempt
	// of the same call.
	ErrUncertain = errors.New("an attempt without an answer")
)

// Claims is the table of requests. Writes are idempotent: a repeat after a lost reply changes
// nothing and returns the first answer.
type Claims interface {
	// Claim writes a request unless the table has it, and returns the stored one. fresh
	// reports whether Claim wrote it. The error is ErrEnded if the launch, or its part in this
	// group, has ended.
	Claim(ctx context.Context, r claim.Request) (found claim.Request, fresh bool, err error)

	// Load returns the requests of a group that are not archived, and then its head, by a
	// strongly consistent read. It reads the ends before the requests.
	Load(ctx context.Context, group claim.Group) (GroupRecord, error)

	// Refuse marks a live request as refused for r.Reasons. It returns ErrFenced unless
	// s.Owner holds the group's lease to serve s.Seen. It returns nil if the request is no
	// longer live.
	Refuse(ctx context.Context, r claim.Request, s lease.State) error
}

// GroupRecord is the table's record of one group.
type GroupRecord struct {
	Requests []claim.Request // as stored, see [claim.ApplyEnds]
	Ends     []claim.End     // of launches in this group
	Head     lease.Head      // read after the requests, by the same call
	Ledger   claim.Ledger    // the head's
}

// Ends is the table of finished launches and requests. Ends are terminal: they may come before
// the launch's requests, late, or twice. Writes may be repeated.
type Ends interface {
	// End records that a launch has ended. It returns the groups of the launch's requests,
	// without those that Progress has finished. Until Finish, Unfinished returns the end, from
	// a while after at. If some records cannot be read, the error is ErrUnreadable and names
	// them, and End still returns the other groups.
	End(ctx context.Context, l claim.Launch, at time.Time) ([]claim.Group, error)

	// Progress records the groups in which the end of a launch is finished. Unless Finish
	// follows, Unfinished returns the end from the time again on, so that a sweep continues
	// with the others.
	Progress(ctx context.Context, l claim.Launch, finished []claim.Group, now, again time.Time) error

	// EndIn records that a launch's part in a group has ended, for later claims and for the
	// group's requests. It returns ErrNoRequest if the launch has no request there. It still
	// records the end, so that Claim refuses later requests.
	EndIn(ctx context.Context, l claim.Launch, group claim.Group, at time.Time) error

	// Finish records that the end of a launch is finished in all its groups.
	Finish(ctx context.Context, l claim.Launch) error

	// Archive renames requests so that Load does not read them. It sets the TTL of their ends,
	// unless an end changed after the given time.
	Archive(ctx context.Context, group claim.Group, parts []claim.Archive, by time.Time) error

	// Expire marks a live request as expired. Only a sweep calls it.
	Expire(ctx context.Context, r claim.Request, at time.Time) error
}

// Refusals records refused events.
type Refusals interface {
	// Record keeps refusals for 45 days. For one publisher it keeps a limited number a day,
	// and counts the others. A redelivered event has one record.
	Record(ctx context.Context, refusals ...claim.Refusal) error
}

// Dues lists the groups and ends that sweeps serve without a ring. If some items cannot be
// read, an error names them, and the call still returns the others.
type Dues interface {
	// Due returns groups that are due at a time, the longest due first within each shard of
	// the index. It returns at most limit groups.
	Due(ctx context.Context, now time.Time, limit int) ([]Due, error)

	// Unfinished returns launches with an End well before a time and without a Finish. Order
	// and limit are as in Due.
	Unfinished(ctx context.Context, now time.Time, limit int) ([]claim.Launch, error)

	// Postpone records why a group could not be served, and sets a later due time. The delay
	// grows with the time that the group has not been served, up to MaxPostpone. Postpone
	// returns since when the group has not been served. It does not change the due time if a
	// ticket was counted or the lease taken meanwhile, or if the group is already due later.
	Postpone(ctx context.Context, group claim.Group, why Failure, now time.Time) (since time.Time, err error)
}

// Due is a group that is due.
type Due struct {
	Group claim.Group
	Since time.Time // the Unix epoch: it has a ticket that no round has served
}

// rang reports whether the group has a ticket that no round has served. A ring records no
// time.
func (d Due) rang() bool { return d.Since.UnixMilli() <= 0 }

// MaxPostpone bounds the delay of a group that a sweep could not serve. Once the cause is
// removed, the group is served within this time plus the interval between sweeps.
const MaxPostpone = 5 * time.Minute

// Failure says why a group could not be served, and names the remedy.
type Failure struct {
	Reason, Remedy string
	// Before is the last served ticket when the pass loaded the group, or Unloaded. A round
	// that may not describe the group is released, and so serves a ticket without any effect.
	Before lease.Ticket
}

// Unloaded is the Before of a pass that did not load the group.
const Unloaded lease.Ticket = -1

var (
	// ErrEnded: the launch has ended, so it can request nothing more.
	ErrEnded = errors.New("the launch has ended")
	// ErrNoRequest: the launch has no request on the group.
	ErrNoRequest = errors.New("the launch has no request on the group")
	// ErrUnreadable: some items have a newer schema, or keys that no version writes. The other
	// items were read.
	ErrUnreadable = errors.New("some items cannot be read")
	// ErrFenced: another function has taken over the lease.
	ErrFenced = errors.New("the lease was taken over")
)

// Leases performs the protocol's effects on a group's head: Peek, Ring, TakeOver, Pend,
// Release and Yield. Each is one call, with the conditions of package lease. The reply holds
// Head and Failed; the ledger is the head's after the effect. Release and Yield record the
// given ledger; Yield accepts nil. Pend adds the ledger's PendingRevokes. Ring sets Keys
// and Span from the given ledger if the group has none. Release ends the span.
//
// Ring, TakeOver, Release and Peek are linearizable: each sees every one that completed before
// it began.
type Leases interface {
	Perform(ctx context.Context, group claim.Group, s lease.State, l *claim.Ledger) (lease.Reply, claim.Ledger, error)
}

// Bus publishes events. It returns nil only if the bus has accepted all of them. After an
// error, it may have accepted some.
type Bus interface {
	Publish(ctx context.Context, out ...events.Out) error
}
