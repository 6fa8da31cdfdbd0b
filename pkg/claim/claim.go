// Package claim holds what launches ask of security groups: immutable requests,
// and the fold of all live ones into the rules that a group should have.
//
// A launch that asks for more adds a request beside the ones it has, so the
// order and repetition of events do not matter. The package is pure; the table
// is package dynamo's.
package claim

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Group is a security group in an account and Region.
type Group struct{ Account, Region, ID string }

// GroupOf returns the group that an event names by its id.
func GroupOf(g events.Group) Group { return Group{Account: g.Account, Region: g.Region, ID: g.ID} }

// String returns account/region/id.
func (g Group) String() string { return g.Account + "/" + g.Region + "/" + g.ID }

// Request is what one launch asked of one group in one event. It never changes
// but for its Status.
type Request struct {
	Launch    events.Launch
	Group     Group
	Rules     []secgroup.Entry // canonical, as they stand in Group; ids and tags unset
	ExpiresAt time.Time        // to the millisecond; zero: never
	Received  time.Time        // by the clock of the function that claimed it, to the millisecond
	Origin    events.Origin    // of the event that asked for it; zero: an older version claimed it
	Purpose   events.Purpose   // who asked, and why
	Instance  bool             // its launch is the EC2 instance of that name, which ends it
	Status    Status
	Settled   time.Time     // when Status left Open, by that function's clock
	Reasons   events.Faults // why it was refused
	// Sum is the Digest, if it is known. The table knows it, so that a round hashes the
	// rules of each request once. A refused request that rounds read has no rules any more.
	Sum string
}

// Status is where a request is in its life. Only an Open one is folded.
type Status string

const (
	Open    Status = "open"
	Refused Status = "refused" // for good: by the quota, or by EC2
	Expired Status = "expired" // by the sweeper, after ExpiresAt
	Ended   Status = "ended"   // with its launch
)

// OpenOf returns those of the requests that are open, in their order.
func OpenOf(requests []Request) []Request {
	return slices.DeleteFunc(slices.Clone(requests), func(r Request) bool { return r.Status != Open })
}

// New returns the open request of an event, received at the given time. The
// group is the one that the event's group was found to be.
func New(e events.Request, group Group, received time.Time) Request {
	rules := slices.Clone(e.Rules)
	for i := range rules {
		rules[i].Rule = rules[i].Rule.In(group.Account, group.ID)
	}
	return Request{
		Launch:    e.Launch,
		Group:     group,
		Purpose:   e.Purpose,
		Rules:     secgroup.Merge(rules), // again: the group may have been named twice, as self and by its id
		ExpiresAt: e.ExpiresAt.Truncate(time.Millisecond),
		Received:  received.Truncate(time.Millisecond),
		Status:    Open,
	}
}

// Digest is a hash of the rules and the expiry, in hex: requests of a launch
// that ask the same have the same digest, whatever their descriptions.
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
