package events

import (
	"encoding/json"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// The detail-types of the events that sgkeeper publishes, with [Source].
const (
	EnsuredType  = "Ports Ensured"
	ReleasedType = "Ports Released"
	RejectedType = "Launch Rejected"
)

// Covered is a rule that was asked for and needs no writing, because other
// rules of the group admit all of it together.
type Covered struct {
	Rule secgroup.Entry   `json:"rule"`
	By   []secgroup.Entry `json:"by"`
}

// PortsEnsured says that a group now admits all that the launches asked of it.
type PortsEnsured struct {
	Group      Group            `json:"group"`
	Launches   []string         `json:"launches"` // names of those now satisfied, whichever account published them
	Authorized []secgroup.Entry `json:"authorized"`
	Revoked    []secgroup.Entry `json:"revoked"`
	Covered    []Covered        `json:"covered"`
	Ticket     int64            `json:"ticket"`
}

// PortsReleased says that launches ended and what was theirs alone is gone.
type PortsReleased PortsEnsured

// LaunchRejected says that an event was refused, and why.
type LaunchRejected struct {
	Launch  string  `json:"launch"` // its name; "" where none could be read
	Group   Group   `json:"group"`  // as far as it could be read
	Reasons []Fault `json:"reasons"`
}

// DetailType returns "Ports Ensured".
func (PortsEnsured) DetailType() string { return EnsuredType }

// DetailType returns "Ports Released".
func (PortsReleased) DetailType() string { return ReleasedType }

// DetailType returns "Launch Rejected".
func (LaunchRejected) DetailType() string { return RejectedType }

// MarshalJSON writes empty lists as [], never as null.
func (c Covered) MarshalJSON() ([]byte, error) {
	type plain Covered
	c.By = orEmpty(c.By)
	return json.Marshal(plain(c))
}

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
