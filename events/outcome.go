package events

import (
	"encoding/json"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Status is the state of an event's request or end in an [Outcome].
type Status string

const (
	Ensured  Status = "ensured"  // the group admits all requested rules
	Queued   Status = "queued"   // claimed; the holder of the group's lease will serve it
	Released Status = "released" // ended; the reasons name rules of the launch that stay
	Rejected Status = "rejected" // refused, with reasons
	Observed Status = "observed" // planned and recorded, without a write to EC2
)

// Outcome is the outcome of one event in one group.
type Outcome struct {
	Launch     string                  `json:"launch"`
	Group      Group                   `json:"group"`
	Status     Status                  `json:"status"`
	Authorized []secgroup.Entry        `json:"authorized"`
	Revoked    []secgroup.Entry        `json:"revoked"`
	Covered    []secgroup.CoveredEntry `json:"covered"`
	Reasons    []claim.Fault           `json:"reasons"` // of a refusal; else the remarks
	Ticket     int64                   `json:"ticket"`
}

// Result answers a direct invocation. A refusal is an Outcome, not an error.
type Result struct {
	Outcomes []Outcome `json:"outcomes"`
}

// MarshalJSON writes empty lists as [], never as null.
func (o Outcome) MarshalJSON() ([]byte, error) {
	type plain Outcome
	o.Authorized, o.Revoked = orEmpty(o.Authorized), orEmpty(o.Revoked)
	o.Covered, o.Reasons = orEmpty(o.Covered), orEmpty(o.Reasons)
	return json.Marshal(struct {
		plain
		located
	}{plain(o), o.Group.located()})
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (o *Outcome) UnmarshalJSON(b []byte) error {
	type plain Outcome
	whole := struct {
		*plain
		located
	}{plain: (*plain)(o)}
	err := json.Unmarshal(b, &whole)
	o.Group.at(whole.located)
	return err
}

// MarshalJSON writes empty lists as [], never as null.
func (r Result) MarshalJSON() ([]byte, error) {
	type plain Result
	r.Outcomes = orEmpty(r.Outcomes)
	return json.Marshal(plain(r))
}
