// Package audit compares what launches asked for with what security groups
// contain, and names every difference: a drift, of a kind, with a severity, who
// asked, and what would mend it.
//
// [Compare] decides and is pure: the facts of one group in, its drifts out. An
// [Auditor] supplies the facts, page by page, for as many groups as there are,
// and makes a [Report] of them. What could not be read is a drift of its own,
// never clean; a group that nobody asked anything of is expected to hold nothing.
package audit
