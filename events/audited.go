package events

import (
	"encoding/json"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// The detail-types of what the audit publishes, with [Source].
const (
	DriftDetectedType  = "Drift Detected"
	AuditCompletedType = "Audit Completed"
)

// DriftDetected says that an audit found a difference between what was asked and
// what is there, which the audit before did not find. It is published at least
// once; Drift is the same each time, and in each report while the drift lasts.
type DriftDetected struct {
	Drift    string `json:"drift"` // its id
	Kind     string `json:"kind"`
	Severity string `json:"severity"`
	Group    Group  `json:"group"` // id "": it is about no one group
	Subject  string `json:"subject,omitempty"`
	// Rule is the rule that the drift is about, if it is about one. Gap is what is
	// asked and not open, or open and not asked; More is how many rules of the gap
	// are left out.
	Rule    *secgroup.Entry  `json:"rule,omitempty"`
	Gap     []secgroup.Entry `json:"gap"`
	More    int              `json:"more,omitempty"`
	Asked   []Asker          `json:"asked"` // the first hundred
	Detail  string           `json:"detail"`
	Remedy  string           `json:"remedy"`
	Since   time.Time        `json:"since"`
	Changed *ChangedBy       `json:"changed,omitempty"` // where CloudTrail told
	Audit   string           `json:"audit"`             // the audit's id
}

// Asker is a launch that a drift concerns, and from when until when it asks.
type Asker struct {
	Launch  string    `json:"launch"`
	Account string    `json:"account"`
	Since   time.Time `json:"since,omitzero"`
	Until   time.Time `json:"until,omitzero"`
	Status  string    `json:"status"`
	// Relation is how the rules that the launch asked for relate to the drift's rule:
	// "" if it asked for the rule itself, else "part", "overlap" or "instead". Wants are
	// the first few of those rules, and More is how many are left out.
	Relation string           `json:"relation,omitempty"`
	Wants    []secgroup.Entry `json:"wants,omitempty"`
	More     int              `json:"more,omitempty"`
}

// ChangedBy is who changed a group, by which call.
type ChangedBy struct {
	EventID string    `json:"eventId"`
	Name    string    `json:"name"`
	Actor   string    `json:"actor"`
	At      time.Time `json:"at"`
}

// AuditCompleted says what an audit found altogether.
type AuditCompleted struct {
	Audit        string    `json:"audit"`
	Installation string    `json:"installation"`
	Started      time.Time `json:"started"`
	Finished     time.Time `json:"finished"`
	All          bool      `json:"all"`    // of every group; else of those that changed or were named
	Groups       int       `json:"groups"` // how many it looked at
	Unreadable   int       `json:"unreadable"`
	// Drifts counts what stands now by severity, in all groups.
	Drifts   map[string]int `json:"drifts"`
	Detected int            `json:"detected"` // how many of them are new
	// Closed are the ids of drifts that are mended, the first thousand.
	Closed   []string `json:"closed"`
	Excepted int      `json:"excepted"`         // rules that an exception explains
	Report   string   `json:"report,omitempty"` // where it is: s3://bucket/key
}

// DetailType returns "Drift Detected".
func (DriftDetected) DetailType() string { return DriftDetectedType }

// DetailType returns "Audit Completed".
func (AuditCompleted) DetailType() string { return AuditCompletedType }

// MarshalJSON writes empty lists as [], never as null.
func (d DriftDetected) MarshalJSON() ([]byte, error) {
	type plain DriftDetected
	d.Gap, d.Asked = orEmpty(d.Gap), orEmpty(d.Asked)
	return json.Marshal(struct {
		plain
		located
	}{plain(d), d.Group.located()})
}

// MarshalJSON writes empty lists as [], never as null.
func (a AuditCompleted) MarshalJSON() ([]byte, error) {
	type plain AuditCompleted
	a.Closed = orEmpty(a.Closed)
	return json.Marshal(plain(a))
}

// AuditResult answers a direct invocation of the audit function.
type AuditResult struct {
	Audits  []AuditCompleted `json:"audits"`
	Left    []string         `json:"left"`    // audits that another invocation continues, or has finished
	Ignored int              `json:"ignored"` // messages that are none of an audit's business
	Reasons []Fault          `json:"reasons"` // why messages were refused
}

// MarshalJSON writes empty lists as [], never as null.
func (r AuditResult) MarshalJSON() ([]byte, error) {
	type plain AuditResult
	r.Audits, r.Left, r.Reasons = orEmpty(r.Audits), orEmpty(r.Left), orEmpty(r.Reasons)
	return json.Marshal(plain(r))
}
