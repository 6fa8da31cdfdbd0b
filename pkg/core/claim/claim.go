// Package claim holds the immutable requests of launches on security groups, and folds all
// live ones into the desired rules of a group.
//
// A launch that needs more rules adds another request. So the order and repetition of events
// do not matter. The package is pure; package dynamo is the table.
package claim

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Group is a security group in an account and Region.
type Group struct{ Account, Region, ID string }

// GroupOf returns the group that an event names by its id.
func GroupOf(g events.Group) Group { return Group{Account: g.Account, Region: g.Region, ID: g.ID} }

// String returns account/region/id.
func (g Group) String() string { return g.Account + "/" + g.Region + "/" + g.ID }

// Request is the set of rules that one launch requested on one group in one event. Only its
// Status changes.
type Request struct {
	Launch    events.Launch
	Group     Group
	Rules     []secgroup.Entry // canonical, in the form of Group; ids and tags unset
	ExpiresAt time.Time        // to the millisecond; zero: never
	Received  time.Time        // by the clock of the function that recorded it, to the millisecond
	Origin    events.Origin    // of its event; zero: an older version recorded it
	Purpose   events.Purpose   // the requester and the reason
	Instance  bool             // its launch is the EC2 instance of that name, which ends it
	Status    Status
	Settled   time.Time     // when Status left Open, by that function's clock
	Reasons   events.Faults // why it was refused
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

// New returns the live request of an event, received at the given time. group is the group
// that the event names.
func New(e events.Request, group Group, received time.Time) Request {
	rules := slices.Clone(e.Rules)
	for i := range rules {
		rules[i].Rule = rules[i].Rule.In(group.Account, group.ID)
	}
	return Request{
		Launch:    e.Launch,
		Group:     group,
		Purpose:   e.Purpose,
		Rules:     secgroup.Merge(rules), // again: the event may name the group both as self and by its id
		ExpiresAt: e.ExpiresAt.Truncate(time.Millisecond),
		Received:  received.Truncate(time.Millisecond),
		Status:    Open,
	}
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
