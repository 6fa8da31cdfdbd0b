package events

import (
	"encoding/json"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// These are the detail-types of the events that sgkeeper publishes, with [Source].
const (
	EnsuredType  = "Ports Ensured"
	ReleasedType = "Ports Released"
	RejectedType = "Launch Rejected"
)

// PortsEnsured announces that a group now admits all rules that the launches requested.
type PortsEnsured struct {
	Group      Group                   `json:"group"`
	Launches   []string                `json:"launches"` // names of the launches served now, of any account
	Authorized []secgroup.Entry        `json:"authorized"`
	Revoked    []secgroup.Entry        `json:"revoked"`
	Covered    []secgroup.CoveredEntry `json:"covered"`
	Ticket     int64                   `json:"ticket"`
}

// PortsReleased announces that launches ended or expired, and the rules that were revoked.
type PortsReleased PortsEnsured

// LaunchRejected announces that an event was refused, with the reasons.
type LaunchRejected struct {
	Launch  string        `json:"launch"` // its name; "" if unreadable
	Group   Group         `json:"group"`  // as far as readable
	Reasons []claim.Fault `json:"reasons"`
}

// DetailType returns "Ports Ensured".
func (PortsEnsured) DetailType() string { return EnsuredType }

// DetailType returns "Ports Released".
func (PortsReleased) DetailType() string { return ReleasedType }

// DetailType returns "Launch Rejected".
func (LaunchRejected) DetailType() string { return RejectedType }

// MarshalJSON writes empty lists as [], never as null.
func (e PortsEnsured) MarshalJSON() ([]byte, error) {
	type plain PortsEnsured
	e.Launches = orEmpty(e.Launches)
	e.Authorized, e.Revoked, e.Covered = orEmpty(e.Authorized), orEmpty(e.Revoked), orEmpty(e.Covered)
	return json.Marshal(struct {
		plain
		located
	}{plain(e), e.Group.located()})
}

// MarshalJSON writes empty lists as [], never as null.
func (e PortsReleased) MarshalJSON() ([]byte, error) { return PortsEnsured(e).MarshalJSON() }

// MarshalJSON writes empty lists as [], never as null.
func (e LaunchRejected) MarshalJSON() ([]byte, error) {
	type plain LaunchRejected
	e.Reasons = orEmpty(e.Reasons)
	return json.Marshal(struct {
		plain
		located
	}{plain(e), e.Group.located()})
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// Out is the detail of a published event. It has a detail-type, and its JSON is the detail.
type Out interface{ DetailType() string }
