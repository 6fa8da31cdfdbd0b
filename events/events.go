// Package events is sgkeeper's wire contract: the events that launches publish, the events
// that sgkeeper publishes, and their JSON.
//
// A launch publishes a Launch Requested or a Launch Ended event. A [Decoder] reads any payload
// of the function: an SQS batch, an SNS notification, an EventBridge event, a bare detail, a
// sweep or a wait. It returns one [Message] for each event. A Message holds a [Request], an
// [End], an [Instance], a [Sweep] or a [Wait]. Otherwise it holds all faults of the event, each
// with a JSON Pointer within its detail.
//
// A payload is hostile until it is decoded. The decoder limits sizes, depth and counts before
// it builds anything. It escapes and abbreviates all text that a fault quotes.
//
// The decoder is strict if a mistake could open the wrong port. It refuses unknown, repeated
// and differently cased keys of a detail. It also refuses null, which has the wrong type for
// every key: leave out the key instead. It is lenient towards AWS, which may add keys to its
// envelopes.
//
// [Decoder.DecodeAudit] reads the payloads of the audit function: commands, and [Change]
// events of CloudTrail. From these, the audit takes only facts that EC2 does not provide.
//
// sgkeeper publishes [PortsEnsured], [PortsReleased] and [LaunchRejected], and the audit
// publishes [DriftDetected] and [AuditCompleted]. A direct invocation returns a [Result].
// [Schemas] and [Examples] hold a JSON Schema (2020-12) and examples for each. The tests
// compare them with the decoder.
//
// A request that the decoder accepts may still be refused later. The decoder reads no clock,
// knows no guardrails and no quota, and does not check whether a group exists or is served.
package events

// Source is the source of the events that sgkeeper publishes.
const Source = "sgkeeper"

// These are the detail-types of the events that sgkeeper reads.
const (
	LaunchRequested = "Launch Requested"
	LaunchEnded     = "Launch Ended"
)

// MaxRules is the largest number of rules in one request, before they are merged: port ranges
// x peers. For example, 10 port ranges from 100 peers are 1,000 rules.
const MaxRules = 1000
