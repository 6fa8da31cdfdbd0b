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
	ID           string    `json:"id"`
	Installation string    `json:"installation"`
	Started      time.Time `json:"started"`
	Finished     time.Time `json:"finished"`
	Groups       []Group   `json:"groups"`            // by account, Region and id
	Drifts       []Drift   `json:"drifts"`            // the severest first, then by group, kind and rule
	Closed       []Drift   `json:"closed"`            // what the audit before found, and this one did not
	Carried      []Drift   `json:"carried,omitempty"` // what earlier audits found in groups that this one could not read
	Excepted     int       `json:"excepted"`          // how many rules an exception explains
	History      []Point   `json:"history"`           // of earlier audits, the oldest first, and this one
	// Looked is how many groups this audit looked at: not all of Groups, where it
	// was of some groups only and Groups are as the audit before found the others.
	Looked int `json:"looked"`
	// Whole is when the last audit of every group was begun; zero: none was.
	Whole time.Time  `json:"whole,omitzero"`
	Lists []Contents `json:"lists,omitempty"` // the prefix lists that rules name
	// Omitted counts the drifts that are left out, since there are too many.
	Omitted Counts `json:"omitted,omitzero"`
}

// Group is one group as the audit saw it.
type Group struct {
	claim.Group `json:"-"`
	Name        string     `json:"name,omitempty"`
	VPC         string     `json:"vpc,omitempty"`
	Interfaces  int        `json:"interfaces"` // network interfaces that it is attached to; -1: not known
	Rules       int        `json:"rules"`      // how many it holds
	Ours        int        `json:"ours"`       // how many of them sgkeeper made
	Used        plan.Usage `json:"used"`
	Limit       int        `json:"limit"` // rules for each direction and address family
	Requests    []Request  `json:"requests,omitempty"`
	Strip       []Span     `json:"strip,omitempty"`
	Excepted    int        `json:"excepted"`             // how many of its rules an exception explains
	Frozen      string     `json:"frozen,omitempty"`     // why nothing is written to it; "": it is not frozen
	Unreadable  string     `json:"unreadable,omitempty"` // why it could not be read; "": it could
	// At is when the audit looked at it.
	At time.Time `json:"at,omitzero"`
	// Brief: what was asked and the strip are left out, since the report would be
	// too large; the group has no drift.
	Brief bool `json:"brief,omitempty"`
	// Omitted is how many of its drifts are left out; Report.Omitted counts them.
	Omitted int `json:"omitted,omitempty"`
}

// Request is what a launch asked, on a timeline.
type Request struct {
	Asker
	Rules []secgroup.Rule `json:"rules"`
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
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	Groups int       `json:"groups"`
	Counts Counts    `json:"counts"`
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

// Counts counts the report's drifts, those omitted too.
func (r *Report) Counts() Counts {
	c := r.Omitted
	for i := range r.Drifts {
		c[r.Drifts[i].Severity]++
	}
	return c
}

func (c Counts) plus(d Counts) Counts {
	for s := range c {
		c[s] += d[s]
	}
	return c
}
