// Package audit compares the rules that launches requested with the rules that security groups
// have. It reports each difference as a drift, with a kind, a severity, the launches and the
// remedy.
//
// [Compare] is pure: it takes the facts of one group and returns its drifts. An [Auditor]
// reads the facts of any number of groups, page by page, and makes a [Report]. Anything that
// it cannot read is a drift, never clean. A group without requests should have no rules.
package audit
