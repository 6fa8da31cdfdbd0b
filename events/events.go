// Package events is sgkeeper's wire contract: what launches ask for, what
// sgkeeper answers, and how both look as JSON.
//
// A launch publishes a Launch Requested or a Launch Ended event. A [Decoder]
// reads whatever reached the function (an SQS batch, an SNS notification, an
// EventBridge event, a bare detail, a sweep) into one [Message] an event, and
// each Message holds a [Request], an [End] or a [Sweep], or else all the
// [Faults] of the event at once, each by JSON Pointer within its detail.
// Everything in a payload is hostile until it is decoded: sizes, depth and
// counts are limited before anything is built, and what a fault quotes is
// escaped and abbreviated.
//
// The decoder is strict where a mistake would open the wrong port: unknown,
// repeated and differently-cased keys of a detail are refused, and so is null,
// which is a wrong type everywhere; leave a key out to mean that it is absent.
// It is lenient towards AWS, which may add keys to its envelopes.
//
// [Decoder.DecodeAudit] reads what reaches the audit function: commands, and
// [Change] events of CloudTrail, of which little is taken and nothing is believed
// that EC2 can tell.
//
// Going out are [PortsEnsured], [PortsReleased] and [LaunchRejected], the audit's
// [DriftDetected] and [AuditCompleted], and the [Result] of a direct invocation.
// [Schemas] and [Examples] hold a JSON Schema (2020-12) and examples for each; the
// tests hold them and the decoder to each other.
//
// Requests that the decoder accepts may still be refused later: it reads no
// clock, knows no guardrails and no quota, and does not ask whether a group
// exists or is served.
package events

// Source is the source of the events that sgkeeper publishes.
const Source = "sgkeeper"

// The detail-types of the events that sgkeeper reads.
const (
	LaunchRequested = "Launch Requested"
	LaunchEnded     = "Launch Ended"
)

// MaxRules is how many rules one request may ask for: port ranges x peers,
// counted over the whole request before anything is merged.
const MaxRules = 1000
