package events

import (
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Launch is one run of a workload that needs ports. Its name is unique within its owner: the
// account that publishes it, and the namespace if the guardrails name publishers. Only its
// owner, and an admin of the guardrails, can add to a launch or end it.
type Launch struct {
	Account   string // the publisher's
	Namespace string // the name of the publisher in the guardrails; "": they name none
	Name      string
}

// Owner returns <account>, or <account>:<namespace>.
func (l Launch) Owner() string {
	if l.Namespace == "" {
		return l.Account
	}
	return l.Account + ":" + l.Namespace
}

// LaunchOf returns an Owner's launch with that name.
func LaunchOf(owner, name string) Launch {
	account, namespace, _ := strings.Cut(owner, ":")
	return Launch{account, namespace, name}
}

// String returns <owner>/<name>. An admin of the guardrails uses this form for another owner's
// launch.
func (l Launch) String() string { return l.Owner() + "/" + l.Name }

// Group is an event's security group: by id, or by name and VPC.
type Group struct {
	ID      string `json:"id,omitempty"`
	Name    string `json:"name,omitempty"`
	VPC     string `json:"vpc,omitempty"`
	Account string `json:"account,omitempty"` // the group's owner; by default the envelope's account
	Region  string `json:"region,omitempty"`  // likewise
}

// Request is a Launch Requested event: these rules, on this group.
type Request struct {
	Launch    Launch
	Group     Group
	Rules     []secgroup.Entry // merged, canonical and sorted; the group as a peer is [secgroup.Self]
	ExpiresAt time.Time        // in UTC; zero means never
	Purpose   Purpose          // the requester and the reason
	Remarks   []Fault          // changes that reading made, such as masked host bits
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

// Sweep asks the function to sweep the groups that are due. It comes from the schedule, or
// from the function itself.
type Sweep struct{}
