package events

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Launch is one incarnation of one launch. Its name is unique within the
// account that publishes it.
type Launch struct {
	Account string // the publisher's
	Name    string
}

// Group is the security group an event is about: by id, or by name and VPC.
type Group struct {
	ID      string `json:"id,omitempty"`
	Name    string `json:"name,omitempty"`
	VPC     string `json:"vpc,omitempty"`
	Account string `json:"account,omitempty"` // the group's owner; the envelope's where the event named none
	Region  string `json:"region,omitempty"`  // likewise
}

// Request is a Launch Requested event: these rules, on this group.
type Request struct {
	Launch    Launch
	Group     Group
	Rules     []secgroup.Entry // merged, canonical and sorted; the group itself as a peer is [secgroup.Self]
	ExpiresAt time.Time        // in UTC; zero means never
	Remarks   []Fault          // what was changed in reading, such as host bits that were masked
	Parts     []Part           // the rules before they were merged, in the event's order
}

// DetailType returns [LaunchRequested].
func (Request) DetailType() string { return LaunchRequested }

// End is a Launch Ended event.
type End struct {
	Launch Launch
	Group  *Group // nil: every group of the launch
}

// DetailType returns [LaunchEnded].
func (End) DetailType() string { return LaunchEnded }

// Sweep asks the function to take what is due. It comes from the schedule, or
// from the function itself.
type Sweep struct{}
