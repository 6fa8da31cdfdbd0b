package lease

// Op is an effect that the protocol asks for.
type Op uint8

const (
	// Claim writes what this entry brings, before any ticket is counted: its
	// requests, each in one transaction that fails where the request is there
	// already or its launch has ended; its ends; for a sweep, the expiry of
	// requests whose time has passed.
	Claim Op = iota
	// Peek reads the head, strongly: the fast path of a repeat.
	Peek
	// Check describes the group and reports whether the repeated requests miss
	// anything.
	Check
	// Ring counts a ticket and takes the lease if it is free, in one update.
	Ring
	// TakeOver makes Owner the owner, with its own expiry, if the head's owner
	// and expiry are still those of Found.
	TakeOver
	// Load reads all requests of the group, strongly, and then whether Owner
	// still holds the lease.
	//
	// From here on to hold the lease means: the head's owner is Owner, and
	// Applied < Seen. A ring that arrives late may bring back a lease that
	// others have held and released since.
	Load
	// Describe reads the group's rules and plans.
	Describe
	// Refuse marks the requests that cannot be served, if Owner holds the lease.
	Refuse
	// Condemn records the ids of the rules that are to go, if Owner holds the
	// lease. Whoever holds it next inherits them.
	Condemn
	// Revoke removes the condemned rules, by id.
	Revoke
	// Authorize writes the planned rules.
	Authorize
	// Publish tells the bus which launches are now satisfied.
	Publish
	// Release frees the lease, owner and expiry, and records Seen as applied and
	// Owner as last, if Owner holds it and nobody rang since Seen.
	Release
	// Yield frees the lease, owner and expiry, if Owner holds it, with its work
	// undone.
	Yield
	// Done ends the walk; State.Result says how.
	Done
)

var opNames = [...]string{
	"claim", "peek", "check", "ring", "take over", "load", "describe",
	"refuse", "condemn", "revoke", "authorize", "publish", "release", "yield", "done",
}

// String returns the effect's name.
func (op Op) String() string { return opNames[op] }

// Result says how a walk ended.
type Result uint8

const (
	// Unfinished is the result of a walk that is not done.
	Unfinished Result = iota
	// Served: all open requests of this entry are served.
	Served
	// Queued: another function holds the lease and is bound to serve Ticket.
	Queued
	// Nothing: no request of this entry is open.
	Nothing
	// Retry: time ran out or AWS did not answer. The entry's messages must come
	// again, refused ones too: tickets of others may wait for it.
	Retry
)

var resultNames = [...]string{"unfinished", "served", "queued", "nothing", "retry"}

// String returns the result's name.
func (r Result) String() string { return resultNames[r] }
