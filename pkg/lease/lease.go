// Package lease is the protocol by which many functions serve one security
// group: requests that only add, a ring of the group's bell, and one holder at
// a time that serves everybody who rang.
//
// It is pure. A function's walk through the protocol is a [State]; its Op names
// the one effect to perform next, on DynamoDB, EC2 or the bus, and [Step] turns
// the effect's [Reply] into the next State. Production performs the effects
// against AWS (package ensure); the explicit-state check of this package's
// tests performs them against a model and tries every order, crash and lost
// reply. Both drive the same Step.
//
// The lease is no mutex. EC2 cannot check who holds it, so safety never rests
// on it: what is authorized is a union, which a second holder cannot undo, and
// what is revoked is named by an id that nobody counts on any more. The lease
// makes calls few and spends the quota once. What must hold, and why:
//
//   - A request or an end is in the table before its ticket is counted (Claim,
//     then Ring), and the holder reads the requests after the tickets it means
//     to serve (Seen, then Load). So a round that serves a ticket has read its
//     request. An end that comes again rings again.
//   - A release happens only if nobody rang since Seen. So whoever rings and
//     finds a holder may leave: the holder is bound to serve the ticket.
//   - A holder that died keeps the lease until it expires. Its own message is
//     delivered again, or the sweeper comes; it looks at the head whatever
//     became of its requests, rings, takes over, and serves everybody who left.
//   - A round that goes on after Load held the lease when it had read the
//     requests. So whoever took it over since has read them too, and revokes
//     nothing of what this round says is open.
//   - A rule is condemned in the head before it is revoked. So whoever holds the
//     lease when a late revoke lands has not counted on that rule, and has
//     revoked it already.
//   - A holder that was overtaken finds out at its release and rings again, even
//     where others have served its tickets: they do not know what it wrote.
//
// What the protocol does not withstand, TestProtocolLimits shows, case by case.
// Without a sweeper: a message whose function died and that does not come again
// or comes before that function's lease has expired, and a ring that arrives
// after its function has left. With it, a holder that is overtaken while it runs
// may leave a needless rule until the hour's look, if it dies before it has rung
// again or a describe lags; and it may tell that a request is served which its
// successor has refused, if the two see another order of requests, another quota
// or other rules.
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

// Ticket numbers the rings of one group's bell, from 1. Tickets never fall:
// the item that counts them is never deleted.
type Ticket int64

// Owner names one entry of one function into the protocol. A function that was
// overtaken enters anew, under another name.
type Owner struct {
	Nonce string // with 128 random bits of this invocation; "" is nobody
	Entry int    // how often the invocation entered, from 0
}

// Nobody owns a lease that is free.
var Nobody Owner

// String returns the text that the table stores.
func (o Owner) String() string {
	if o == Nobody {
		return ""
	}
	return o.Nonce + "." + strconv.Itoa(o.Entry)
}

// Head is the part of a group's head item that the protocol decides by.
type Head struct {
	Owner   Owner
	Expires Instant // when the owner is surely dead, by the owner's clock
	Want    Ticket  // the last ticket counted
	Applied Ticket  // every ticket up to this one has been served
	Last    Owner   // who released the lease last

	// Unsettled tells that what EC2 describes may soon change by our own
	// hand: rules condemned or just revoked. It closes the fast path.
	Unsettled bool
}

// Times the protocol allows for. All are in milliseconds.
const (
	// Guard is added to an invocation's deadline to get the lease's expiry.
	Guard Instant = 2_000
	// Slack is how far past its expiry a lease is left alone, for the
	// difference between two machines' clocks.
	Slack Instant = 5_000
	// MinRing is the least time before the deadline with which to ring: less
	// would not do for a round, and a ring that cannot be served blocks others.
	MinRing Instant = 8_000
	// MinRound is the least time before the deadline with which to begin a
	// round that we are bound to serve.
	MinRound Instant = 4_000
)

// expired reports whether the lease may be taken over at now.
func (h Head) expired(now Instant) bool { return now > h.Expires+Slack }
