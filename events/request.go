package events

import (
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Launch is one run of one launch. Its name is unique within its owner: the account that
// publishes it, and the namespace if the guardrails name publishers. Only its owner, and an
// admin of the guardrails, can add to a launch or end it.
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

// LaunchOf returns the launch of a name that belongs to the given Owner.
func LaunchOf(owner, name string) Launch {
	account, namespace, _ := strings.Cut(owner, ":")
	return Launch{account, namespace, name}
}

// String returns <owner>/<name>. An admin of the guardrails names the launch of another
// owner so.
func (l Launch) String() string { return l.Owner() + "/" + l.Name }

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
	Purpose   Purpose          // who asked, and why
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
