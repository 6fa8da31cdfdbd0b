// Package lease is the protocol by which many functions write to one security group. A
// function writes its requests to the table, then rings, which counts a ticket. One function
// at a time holds the group's lease and serves every ticket.
//
// The package is pure. A [State] is one function's pass through the protocol. Its
// Op names the next effect, on DynamoDB, EC2 or the bus, and [Step] turns the
// effect's [Reply] into the next State. In production, package ensure performs
// the effects against AWS. In this package's tests, a checker performs them
// against a model and tries every order, crash and lost reply. Both call the same
// Step.
//
// The lease is not a mutex. EC2 cannot check the lease, so safety never depends on it. Holders
// authorize a union of rules, which a second holder cannot undo. They revoke rules by id, and
// only ids that no holder counts on any more. The lease keeps calls few and spends the quota
// once. These properties must hold:
//
//   - A request or an end is in the table before its ticket is counted (Claim, then Ring).
//     The holder reads the tickets to serve before it reads the requests (Seen, then Load).
//     So a round that serves a ticket has read its request. An end that comes again rings
//     again.
//   - A holder can release only if nobody rang since Seen. So a function that rings and
//     finds a holder may leave: the holder must serve its ticket.
//   - A holder that died keeps the lease until it expires. Then its own message is delivered
//     again, or the sweeper comes. That function reads the head even if its requests were
//     refused, rings, takes over, and serves every ticket.
//   - A round that continues after Load held the lease when it had read the requests. So a
//     later holder has read them too, and revokes no rule that this round announces as open.
//   - A rule's revoke is recorded in the head as pending before the call to EC2. So when a
//     late revoke arrives, the holder at that time does not count on the rule, and has
//     revoked it itself.
//   - An overtaken holder finds out at its release, and rings again. It rings even if others
//     have served its tickets, because they do not know its writes.
//
// Without further faults the protocol ends: every message is answered, every ticket is served,
// and the lease is free. TestProtocol proves this for every state of its worlds, in every
// order of effects.
//
// TestProtocolLimits shows each case that the protocol does not withstand. Three of them need
// a sweeper:
//
//   - the function of a message dies, and the message does not come again,
//   - a message comes again before its dead function's lease has expired,
//   - a ring arrives after its function has left.
//
// Most others need a holder that is overtaken while it runs, or a call that arrives late. A
// needless rule may stay until the hourly sweep. The overtaken holder may announce a request
// that its successor refused, if the two see another order of requests, another quota or other
// rules. In the last case, the function of an end dies before it finds the launch's groups.
// Then the end must come again.
package lease

import (
	"strconv"
	"time"
)

// Instant is a point in time in milliseconds since the Unix epoch, as the
// table stores it. (DynamoDB's TTL attributes are in seconds; they are not
// Instants.)
type Instant int64

// Time returns the instant as a time in UTC.
func (i Instant) Time() time.Time { return time.UnixMilli(int64(i)).UTC() }

// Ticket is the number that a ring adds to the group's counter, from 1. Tickets
// never fall, because the item that counts them is never deleted.
type Ticket int64

// Owner names one entry of one function into the protocol. A function that was
// overtaken enters again under another name.
type Owner struct {
	Nonce string // has 128 random bits of this invocation; "" is nobody
	Entry int    // counts the invocation's entries, from 0
}

// Nobody is the owner of a lease that is free.
var Nobody Owner

// String returns the text that the table stores.
func (o Owner) String() string {
	if o == Nobody {
		return ""
	}
	return o.Nonce + "." + strconv.Itoa(o.Entry)
}

// Head is the part of a group's head item that the protocol reads.
type Head struct {
	Owner   Owner
	Expires Instant // after this the owner no longer runs, by the owner's clock
	Want    Ticket  // the last ticket counted
	Applied Ticket  // every ticket up to this one is served
	Last    Owner   // the owner that released the lease last

	// NeedsRound is true if a repeat needs a round: the group has pending revokes
	// or recently revoked rules, which EC2 may still describe, or no round has
	// served a request of this entry yet.
	NeedsRound bool
}

// These are the times that the protocol allows for, in milliseconds.
const (
	// Guard is added to an invocation's deadline to get the lease's expiry.
	Guard Instant = 2_000
	// Slack is how long after its expiry a lease cannot be taken over. It
	// allows for the difference between two machines' clocks.
	Slack Instant = 5_000
	// MinRing is the least time before the deadline at which a function rings.
	// Less is too short for a round, and a holder without time blocks others.
	MinRing Instant = 8_000
	// MinRound is the least time before the deadline at which a holder begins
	// a round.
	MinRound Instant = 4_000
)

// expired reports whether the lease may be taken over at now.
func (h Head) expired(now Instant) bool { return now > h.Expires+Slack }
