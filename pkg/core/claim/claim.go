// Package claim holds the immutable requests of launches on security groups, and folds all
// live ones into the desired rules of a group.
//
// A launch that needs more rules adds another request. So the order and repetition of events
// do not matter. The package is pure; package dynamo is the table.
package claim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Group is a security group in an account and Region.
type Group struct{ Account, Region, ID string }

// String returns account/region/id.
func (g Group) String() string { return g.Account + "/" + g.Region + "/" + g.ID }

// GroupRef is the group of an event: by id, or by name and VPC. Unknown parts are "".
type GroupRef struct{ ID, Name, VPC, Account, Region string }

// Group returns the group, by its id.
func (g GroupRef) Group() Group { return Group{Account: g.Account, Region: g.Region, ID: g.ID} }

// Request is the set of rules that one launch requested on one group in one event. Only its
// Status changes.
type Request struct {
	Launch    Launch
	Group     Group
	Rules     []secgroup.Entry // canonical, in the form of Group; ids and tags unset
	ExpiresAt time.Time        // to the millisecond; zero: never
	Received  time.Time        // by the clock of the function that recorded it, to the millisecond
	Origin    Origin           // of its event; zero: an older version recorded it
	Purpose   Purpose          // the requester and the reason
	Instance  bool             // its launch is the EC2 instance of that name, which ends it
	Status    Status
	Finished  time.Time // when Status left Open, by that function's clock
	Reasons   Faults    // why it was refused
	// Sum is the Digest, if it is known. The table stores it, so that a round does not hash
	// the rules of each request again. A refused request that a round reads has no rules.
	Sum string
}

// Status is the state of a request. Only an Open one counts as live.
type Status string

const (
	Open    Status = "open"
	Refused Status = "refused" // final: because of the guardrails, the quota, or EC2
	Expired Status = "expired" // by a sweep, after ExpiresAt
	Ended   Status = "ended"   // with its launch
)

// OpenOf returns the live requests, in their order.
func OpenOf(requests []Request) []Request {
	return slices.DeleteFunc(slices.Clone(requests), func(r Request) bool { return r.Status != Open })
}

// Live returns r as a live request: its rules are canonical, in the form of its group, and its
// times are cut to the millisecond.
func (r Request) Live() Request {
	rules := slices.Clone(r.Rules)
	for i := range rules {
		rules[i].Rule = rules[i].Rule.In(r.Group.Account, r.Group.ID)
	}
	r.Rules = secgroup.Merge(rules) // again: the event may name the group both as self and by its id
	r.ExpiresAt = r.ExpiresAt.Truncate(time.Millisecond)
	r.Received = r.Received.Truncate(time.Millisecond)
	r.Status = Open
	return r
}

// Digest returns a hash of the rules and the expiry, in hex. It ignores descriptions, so two
// requests of a launch with equal rules and expiry have one digest.
func (r Request) Digest() string {
	if r.Sum != "" {
		return r.Sum
	}
	var text strings.Builder
	for _, entry := range r.Rules {
		text.WriteString(entry.Rule.String())
		text.WriteByte('\n')
	}
	text.WriteString(r.ExpiresAt.UTC().Format(time.RFC3339Nano))
	text.WriteByte('\n')
	sum := sha256.Sum256([]byte(text.String()))
	return hex.EncodeToString(sum[:16])
}

// Same reports whether both are the same request of one group.
func (r Request) Same(s Request) bool { return r.Launch == s.Launch && r.Digest() == s.Digest() }

// Key identifies the request within its group.
func (r Request) Key() string {
	return r.Launch.Owner() + "#" + r.Launch.Name + "#" + r.Digest()
}

// ExpiryGrace is how long a request stays live after its expiry, so that another function's
// fast clock does not defeat an extension.
const ExpiryGrace = time.Minute

// CheckExpiry returns a fault if the request arrives at or after its expiry, and else nil.
func (r Request) CheckExpiry(now time.Time) Faults {
	if r.ExpiresAt.IsZero() || r.ExpiresAt.After(now) {
		return nil
	}
	problem := fmt.Sprintf("%s has passed; give a later time, or leave it out", r.ExpiresAt.Format(time.RFC3339))
	return Faults{{Field: "/expiresAt", Problem: problem}}
}

// Overdue reports whether a sweep expires the request: it is live, and its expiry is at least
// [ExpiryGrace] ago.
func (r Request) Overdue(now time.Time) bool {
	return r.Status == Open && !r.ExpiresAt.IsZero() && !now.Before(r.ExpiresAt.Add(ExpiryGrace))
}

// ExpiredFault returns the fault of a request that has expired.
func ExpiredFault(r Request) Fault {
	return Fault{
		Field: "/expiresAt",
		Problem: "the request expired at " + r.ExpiresAt.Format(time.RFC3339) +
			"; request it again with a later expiresAt",
	}
}
