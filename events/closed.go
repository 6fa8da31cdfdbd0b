package events

import (
	"encoding/json"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// DriftClosedType is the detail-type of [DriftClosed].
const DriftClosedType = "Drift Closed"

// DriftClosed announces that a drift does not exist any more. It is published at least once, for each
// drift of a [DriftDetected].
type DriftClosed struct {
	Drift    string          `json:"drift"` // its id
	Kind     string          `json:"kind"`
	Severity string          `json:"severity"` // the last one
	Group    Group           `json:"group"`    // id "": no single group
	Subject  string          `json:"subject,omitempty"`
	Rule     *secgroup.Entry `json:"rule,omitempty"` // if the drift has one
	Since    time.Time       `json:"since"`          // when it was found
	Audit    string          `json:"audit"`          // the id of the audit that closed it
}

// DetailType returns "Drift Closed".
func (DriftClosed) DetailType() string { return DriftClosedType }

// MarshalJSON adds the place of the group, and the message for people.
func (d DriftClosed) MarshalJSON() ([]byte, error) {
	type plain DriftClosed
	return json.Marshal(struct {
		plain
		located
		Chat Chat `json:"chat"`
	}{plain(d), d.Group.located(), d.Chat()})
}

// Chat returns the message of a closed drift. It belongs to the thread of the drift.
func (d DriftClosed) Chat() Chat {
	c := Chat{Title: "Drift closed: " + d.Kind, Thread: d.Drift, Group: d.Group}
	if d.Rule != nil {
		c.add("rule", d.Rule.Rule.String())
	}
	c.add("subject", d.Subject)
	c.add("group", d.Group.withPlace())
	c.add("since", chatTime(d.Since))
	return c
}
