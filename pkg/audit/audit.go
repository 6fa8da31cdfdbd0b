// Package audit audits security groups: it compares the rules that launches requested with the
// rules that the groups have, and records each difference.
//
// An [Auditor] reads the facts of any number of groups, page by page. Package drift compares them
// and makes the report. A [Recorder] stores the report and publishes its new drifts. Anything
// that the audit cannot read is a drift, never clean.
//
// An audit is a [Run]. If the time of one invocation does not suffice, the next one continues
// the run. Read auditor.go first, then invocation.go, reader.go and batch.go, then recorder.go.
package audit
