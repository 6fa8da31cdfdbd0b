package events

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Group is an event's security group: by id, or by name and VPC. By default, its account and
// Region are the envelope's.
type Group claim.GroupRef

// Ref returns the group as the core names it.
func (g Group) Ref() claim.GroupRef { return claim.GroupRef(g) }

// Request is a Launch Requested event: these rules, on this group.
type Request struct {
	Launch    claim.Launch
	Group     Group
	Rules     []secgroup.Entry // merged, canonical and sorted; the group as a peer is [secgroup.Self]
	ExpiresAt time.Time        // in UTC; zero means never
	Purpose   claim.Purpose    // the requester and the reason
	Remarks   []claim.Fault    // changes that reading made, such as masked host bits
	Parts     []claim.Part     // the rules before they were merged, in the event's order
}

// On returns the live request of this event on the group that it names, received at the given
// time.
func (r Request) On(group claim.Group, received time.Time) claim.Request {
	return claim.Request{
		Launch:    r.Launch,
		Group:     group,
		Rules:     r.Rules,
		ExpiresAt: r.ExpiresAt,
		Received:  received,
		Purpose:   r.Purpose,
	}.Live()
}

// DetailType returns [LaunchRequested].
func (Request) DetailType() string { return LaunchRequested }

// End is a Launch Ended event.
type End struct {
	Launch claim.Launch
	Group  *Group // nil: every group of the launch
}

// DetailType returns [LaunchEnded].
func (End) DetailType() string { return LaunchEnded }

// Sweep asks the function to sweep the groups that are due. It comes from the schedule.
type Sweep struct{}
