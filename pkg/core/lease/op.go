package lease

// Op is an effect that a [State] requests.
type Op uint8

const (
	// Claim writes the entry's requests and ends, before any ticket is counted. Each request
	// is one transaction, which fails if the request exists or its launch has ended. A sweep's
	// Claim expires requests.
	Claim Op = iota
	// Peek reads the head with a consistent read. It begins the fast path of a
	// repeat.
	Peek
	// Check describes the group and reports whether a rule of the repeated
	// requests is missing.
	Check
	// Ring counts a ticket, and takes the lease if it is free, in one update.
	Ring
	// TakeOver makes Owner the owner, with its own expiry, if the head's owner
	// and expiry are still those of Found.
	TakeOver
	// Load reads all requests of the group with consistent reads, and then
	// whether Owner still holds the lease.
	//
	// From Load on, Owner holds the lease if the head's owner is Owner and
	// Applied < Seen. The owner alone does not suffice: a late ring of Owner may
	// bring back a lease that others have held and released since.
	Load
	// Describe reads the group's rules and plans the round.
	Describe
	// Refuse marks the requests that cannot be served, if Owner holds the lease.
	Refuse
	// Pend records the ids of the rules to revoke as pending revokes, if Owner
	// holds the lease. A later holder does not count on these rules, and revokes
	// them first.
	Pend
	// Revoke removes the rules of the pending revokes, by id.
	Revoke
	// Authorize writes the missing rules.
	Authorize
	// Publish announces which launches are served.
	Publish
	// Release removes owner and expiry and records Seen as applied and Owner as
	// last, if Owner holds the lease and nobody rang since Seen.
	Release
	// Yield removes owner and expiry, if the head's owner is Owner. The tickets
	// stay unserved.
	Yield
	// Done ends the pass. State.Result says how it ended.
	Done
)

var opNames = [...]string{
	"claim", "peek", "check", "ring", "take over", "load", "describe",
	"refuse", "pend", "revoke", "authorize", "publish", "release", "yield", "done",
}

// String returns the effect's name.
func (op Op) String() string { return opNames[op] }

// Result says how a pass ended.
type Result uint8

const (
	// Unfinished is the result of a pass that is not done.
	Unfinished Result = iota
	// Served means that all live requests of this entry are served.
	Served
	// Queued means that another function holds the lease and is bound to serve
	// Ticket.
	Queued
	// Nothing means that no request of this entry is live.
	Nothing
	// Retry means that time ran out or AWS did not answer. The entry's messages
	// must come again, even if their requests were refused, because the tickets of
	// others may wait for this function.
	Retry
)

var resultNames = [...]string{"unfinished", "served", "queued", "nothing", "retry"}

// String returns the result's name.
func (r Result) String() string { return resultNames[r] }
