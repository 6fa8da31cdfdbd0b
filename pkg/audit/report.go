package audit

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Report is what one audit found.
type Report struct {
	// ID names the audit, in the order of time: 20261124T105500Z and a suffix.
	ID           string
	Installation string
	Started      time.Time
	Finished     time.Time
	Groups       []Group // by account, Region and id
	Drifts       []Drift // the severest first, then by group, kind and rule
	Closed       []Drift // what the audit before found, and this one did not
	Carried      []Drift // what earlier audits found in groups that this one could not read
	Excepted     int     // how many rules an exception explains
	History      []Point // of earlier audits, the oldest first, and this one
}

// Group is one group as the audit saw it.
type Group struct {
	claim.Group
	Name, VPC  string
	Interfaces int // network interfaces that it is attached to
	Rules      int // how many it holds
	Ours       int // how many of them sgkeeper made
	Used       plan.Usage
	Limit      int // rules for each direction and address family
	Requests   []Request
	Strip      []Span
	Excepted   int    // how many of its rules an exception explains
	Frozen     string // why nothing is written to it; "": it is not frozen
	Unreadable string // why it could not be read; "": it could
}

// Request is what a launch asked, on a timeline.
type Request struct {
	Asker
	Rules []secgroup.Rule
}

// Span is a run of ports of one direction and protocol in which the same is
// true of every port. Ports that are neither asked nor present have none. A
// rule of all protocols is in the spans of protocol all; ICMP has Ports 0-0.
type Span struct {
	Direction secgroup.Direction
	Protocol  secgroup.Protocol
	Ports     secgroup.Ports
	State     State
}

// State is what is true of the ports of a span.
type State string

const (
	Asked   State = "asked"   // by a live request, and open to none of its peers, or not to all of them
	Present State = "present" // open, and asked by nobody, or open to more than was asked
	Both    State = "both"    // open to exactly those that asked
)

// Point is one audit in the history.
type Point struct {
	ID     string
	At     time.Time
	Groups int
	Counts Counts
}

// Counts is how many drifts there are of each severity.
type Counts [Critical + 1]int

// Worst returns the highest severity found; ok is false where there is none.
func (c Counts) Worst() (worst Severity, ok bool) {
	for s := Critical; s >= Informational; s-- {
		if c[s] > 0 {
			return s, true
		}
	}
	return 0, false
}

// Counts counts the report's drifts.
func (r *Report) Counts() (c Counts) {
	for i := range r.Drifts {
		c[r.Drifts[i].Severity]++
	}
	return c
}
