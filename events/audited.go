package events

import (
	"encoding/json"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// These are the detail-types of the events that the audit publishes, with [Source].
const (
	DriftDetectedType  = "Drift Detected"
	AuditCompletedType = "Audit Completed"
)

// DriftDetected announces a difference between desired and existing rules that the previous
// audit did not find, or whose severity changed. It is published at least once. Drift is the same
// each time, and in each report while the drift lasts.
type DriftDetected struct {
	Drift    string `json:"drift"` // its id
	Kind     string `json:"kind"`
	Severity string `json:"severity"`
	// Was is the severity before, if this is no new drift and its severity changed.
	Was     string `json:"was,omitempty"`
	Group   Group  `json:"group"` // id "": no single group
	Subject string `json:"subject,omitempty"`
	// Rule is the rule of the drift, if it has one. Gap holds the rules that are desired and
	// not open, or open and not desired. More counts the rules that Gap leaves out.
	Rule     *secgroup.Entry  `json:"rule,omitempty"`
	Gap      []secgroup.Entry `json:"gap"`
	More     int              `json:"more,omitempty"`
	Launches []DriftLaunch    `json:"asked"` // the first 100
	Detail   string           `json:"detail"`
	Remedy   string           `json:"remedy"`
	Since    time.Time        `json:"since"`
	Changed  *ChangedBy       `json:"changed,omitempty"` // if CloudTrail recorded it
	Audit    string           `json:"audit"`             // the audit's id
}

// DriftLaunch is a launch that a drift concerns, with the period of its requests.
type DriftLaunch struct {
	Launch  string    `json:"launch"`
	Account string    `json:"account"`
	Since   time.Time `json:"since,omitzero"`
	Until   time.Time `json:"until,omitzero"`
	Status  string    `json:"status"`
	// Relation says how the launch's rules relate to the drift's rule. It is "" if the launch
	// desires the rule itself, else "part", "overlap" or "instead". Wants holds the first of
	// those rules, and More counts the rest.
	Relation string           `json:"relation,omitempty"`
	Wants    []secgroup.Entry `json:"wants,omitempty"`
	More     int              `json:"more,omitempty"`
}

// ChangedBy is the principal that changed a group, and the call.
type ChangedBy struct {
	EventID string    `json:"eventId"`
	Name    string    `json:"name"`
	Actor   string    `json:"actor"`
	At      time.Time `json:"at"`
}

// AuditCompleted summarizes an audit.
type AuditCompleted struct {
	Audit        string    `json:"audit"`
	Installation string    `json:"installation"`
	Started      time.Time `json:"started"`
	Finished     time.Time `json:"finished"`
	All          bool      `json:"all"`    // of every group; else of changed or named groups
	Groups       int       `json:"groups"` // the number of groups audited
	Unreadable   int       `json:"unreadable"`
	Unverified   int       `json:"unverified,omitempty"` // drifts that the last audit could not verify
	// Drifts counts the current drifts of all groups by severity.
	Drifts   map[string]int `json:"drifts"`
	Detected int            `json:"detected"` // the number of new drifts
	// Closed holds the ids of drifts that no longer exist, and that no earlier event named for
	// certain. If there are more than 1,000, further events of the same audit hold the others.
	Closed   []string `json:"closed"`
	Excepted int      `json:"excepted"`         // rules that an exception allows
	Report   string   `json:"report,omitempty"` // its location: s3://bucket/key
}

// DetailType returns "Drift Detected".
func (DriftDetected) DetailType() string { return DriftDetectedType }

// DetailType returns "Audit Completed".
func (AuditCompleted) DetailType() string { return AuditCompletedType }

// MarshalJSON writes empty lists as [], never as null.
func (d DriftDetected) MarshalJSON() ([]byte, error) {
	type plain DriftDetected
	d.Gap, d.Launches = orEmpty(d.Gap), orEmpty(d.Launches)
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
	Ignored int              `json:"ignored"` // messages that do not concern the audit
	Reasons []claim.Fault    `json:"reasons"` // the faults of refused messages
}

// MarshalJSON writes empty lists as [], never as null.
func (r AuditResult) MarshalJSON() ([]byte, error) {
	type plain AuditResult
	r.Audits, r.Left, r.Reasons = orEmpty(r.Audits), orEmpty(r.Left), orEmpty(r.Reasons)
	return json.Marshal(plain(r))
}
