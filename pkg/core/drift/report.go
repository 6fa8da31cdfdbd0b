package drift

import (
	"slices"
	"sort"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Report is the result of one audit.
type Report struct {
	// ID names the audit, and sorts by time: 20261124T105500Z and a suffix.
	ID           string `json:"id"`
	Installation string `json:"installation"`
	// Table is the name or ARN of the installation's table, for the commands that mend drifts; ""
	// if unknown, as in an audit of files.
	Table    string    `json:"table,omitempty"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	Groups   []Group   `json:"groups"`            // by account, Region and id
	Drifts   []Drift   `json:"drifts"`            // the severest first, then by group, kind and rule
	Closed   []Drift   `json:"closed"`            // found by the previous audit, and not by this one
	Carried  []Drift   `json:"carried,omitempty"` // only in reports of format 0; see Upgraded
	Excepted int       `json:"excepted"`          // rules that an exception explains
	History  []Point   `json:"history"`           // of earlier audits, the oldest first, and this one
	// Read is the number of groups that this audit read. Groups may be more: after an audit
	// of some groups, the others are from the previous report.
	Read int `json:"looked"`
	// Whole is the start of the last audit of all groups; zero if there was none.
	Whole time.Time `json:"whole,omitzero"`
	// Lists holds each prefix list that rules name: the latest version that an audit read, and
	// those at which a group was audited last.
	Lists []Contents `json:"lists,omitempty"`
	// Exceptions are those of the last audit that read them.
	Exceptions []Exception `json:"exceptions,omitempty"`
	// Omitted counts drifts that the report leaves out because there are too many. It is the sum
	// of the groups' Omitted.
	Omitted Counts `json:"omitted,omitzero"`
	// Outbox holds the changes that an output has not confirmed yet, by the output's name.
	Outbox map[string]Pending `json:"outbox,omitempty"`
	// Past holds things that audits read and that left the report for that reason, with the time of
	// the reading. An audit that read one of them earlier does not bring it back. A key is a group,
	// or the id of an unknown drift about no group.
	Past map[string]time.Time `json:"past,omitempty"`
	// Format is the version of this structure; 0 stands for reports before version 1.
	Format int `json:"format,omitempty"`
}

// reportFormat is the Format of reports that Conclude returns.
const reportFormat = 1

// Group is one group as the audit read it.
type Group struct {
	claim.Group `json:"-"`
	Name        string     `json:"name,omitempty"`
	VPC         string     `json:"vpc,omitempty"`
	Interfaces  int        `json:"interfaces"` // attached network interfaces; -1 if unknown
	Rules       int        `json:"rules"`      // all rules
	Ours        int        `json:"ours"`       // rules that sgkeeper made
	Used        plan.Usage `json:"used"`
	Limit       int        `json:"limit"` // rules for each direction and address family
	// Unweighed are the prefix lists of unknown weight that the rules name. Each counts as 1.
	Unweighed  []string      `json:"unweighed,omitempty"`
	Requests   []FullRequest `json:"requests,omitempty"`
	Strip      []Span        `json:"strip,omitempty"`
	Excepted   int           `json:"excepted"`             // rules that an exception explains
	Frozen     string        `json:"frozen,omitempty"`     // why, by whom and until when it is frozen; "" if it is not
	Unreadable string        `json:"unreadable,omitempty"` // why it could not be read; "" if it was
	// Unread names the inputs of the verdicts that could not be read. Their last known values
	// applied.
	Unread []Input `json:"unread,omitempty"`
	// Lists has the version of its prefix list at which the audit judged a rule, by the rule's text.
	Lists map[string]int64 `json:"lists,omitempty"`
	// At is when the audit read the group, by the clock of the store of reports if that is known.
	At time.Time `json:"at,omitzero"`
	// Begun is a time before the audit read anything of the group, by the clock of the store of
	// reports; zero if unknown. An audit of a call before that time would find nothing more.
	Begun time.Time `json:"begun,omitzero"`
	// Brief says that Requests and Strip are left out to keep the report small.
	Brief bool `json:"brief,omitempty"`
	// Omitted counts this group's share of Report.Omitted.
	Omitted Counts `json:"-"`

	// Lean says that Requests and Strip were dropped from memory, by [Report.MakeLean].
	Lean bool `json:"-"`
}

func (g Group) compare(h Group) int { return compareGroups(g.Group, h.Group) }

// FullRequest is a request with all of its rules.
type FullRequest struct {
	Request
	Rules []secgroup.Rule `json:"rules"`
}

// Span is a range of ports of one direction and protocol with the same State. Ports without
// requests and rules have no span. Rules for all protocols have spans of protocol all. ICMP
// has Ports 0-0.
type Span struct {
	Direction secgroup.Direction
	Protocol  secgroup.Protocol
	Ports     secgroup.Ports
	State     State
}

// State is the state of a span's ports.
type State string

const (
	Requested   State = "asked"   // requested by a live launch, and not open to all requested peers
	Unrequested State = "present" // open without a request, or to more peers than requested
	AsRequested State = "both"    // open to exactly the requested peers
)

// Point is one audit in the history.
type Point struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	Groups int       `json:"groups"`
	Counts Counts    `json:"counts"`
}

// Counts is the number of drifts of each severity.
type Counts [Critical + 1]int

// Worst returns the highest severity that occurs; ok is false if there are no drifts.
func (c Counts) Worst() (worst Severity, ok bool) {
	for s := Critical; s >= Informational; s-- {
		if c[s] > 0 {
			return s, true
		}
	}
	return 0, false
}

// Total returns the number of drifts of all severities.
func (c Counts) Total() (n int) {
	for _, of := range c {
		n += of
	}
	return n
}

// Counts counts the report's drifts, including omitted ones.
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

// Upgraded returns a report of format 0 with the contents of later formats. In such a report, drifts
// that were not verified are in a list of their own, and groups do not count their omitted drifts by
// severity. It returns any other report as it is. The format stays, because the versions of rules'
// prefix lists are unknown.
func (r *Report) Upgraded() *Report {
	if r.Format > 0 || len(r.Carried) == 0 && r.Omitted == (Counts{}) {
		return r
	}
	upgraded := *r
	upgraded.Carried, upgraded.Drifts = nil, slices.Clone(r.Drifts)
	for _, d := range r.Carried {
		d.Unverified = d.Since
		upgraded.Drifts = append(upgraded.Drifts, d)
	}
	slices.SortFunc(upgraded.Drifts, Drift.Compare)
	upgraded.Groups = slices.Clone(r.Groups)
	left := r.Omitted
	for i := range upgraded.Groups {
		omitted := &upgraded.Groups[i].Omitted
		n := omitted.total()
		*omitted = Counts{}
		for s := Informational; s <= Critical; s++ { // milder drifts were omitted first
			take := min(n, left[s])
			omitted[s], left[s], n = take, left[s]-take, n-take
		}
	}
	return &upgraded
}

// GroupOf returns a group of the report, whose groups must be in order; nil if the report does not have
// it.
func (r *Report) GroupOf(g claim.Group) *Group {
	i := sort.Search(len(r.Groups), func(i int) bool { return compareGroups(r.Groups[i].Group, g) >= 0 })
	if i == len(r.Groups) || r.Groups[i].Group != g {
		return nil
	}
	return &r.Groups[i]
}

// Sort puts the groups in order. It changes the report.
func (r *Report) Sort() { slices.SortStableFunc(r.Groups, Group.compare) }

// Sorted returns the report with its groups in order, each once: the last, if it occurs several times.
func (r *Report) Sorted() *Report {
	inOrder := true
	for i := range r.Groups[:max(0, len(r.Groups)-1)] {
		inOrder = inOrder && compareGroups(r.Groups[i].Group, r.Groups[i+1].Group) < 0
	}
	if inOrder {
		return r
	}
	sorted := *r
	sorted.Groups = slices.Clone(r.Groups)
	slices.Reverse(sorted.Groups)
	slices.SortStableFunc(sorted.Groups, Group.compare)
	sorted.Groups = slices.CompactFunc(sorted.Groups, func(a, b Group) bool { return a.Group == b.Group })
	return &sorted
}

// MakeLean drops the requests and the ports of the report's groups from memory. An audit of all groups
// needs them only for a group that it does not read. Such a report must not be stored.
func (r *Report) MakeLean() {
	for i := range r.Groups {
		g := &r.Groups[i]
		g.Lean = g.Lean || len(g.Requests)+len(g.Strip) > 0
		g.Requests, g.Strip = nil, nil
	}
}

// HasLean reports whether the report has a group from a report that was made lean.
func (r *Report) HasLean() bool {
	return slices.ContainsFunc(r.Groups, func(g Group) bool { return g.Lean })
}

// Has reports whether the report's history has an audit.
func (r *Report) Has(id string) bool {
	return slices.ContainsFunc(r.History, func(p Point) bool { return p.ID == id })
}

// Knows reports whether the report has a group, or drifts of it.
func (r *Report) Knows(g claim.Group) bool {
	return slices.ContainsFunc(r.Groups, func(o Group) bool { return o.Group == g }) ||
		slices.ContainsFunc(r.Drifts, func(d Drift) bool { return d.Group == g })
}

// Unverified counts the drifts that the last audit could not verify.
func (r *Report) Unverified() (n int) {
	for i := range r.Drifts {
		if !r.Drifts[i].Unverified.IsZero() {
			n++
		}
	}
	return n
}

// Unreadable counts the drifts about groups and other things that could not be read.
func (r *Report) Unreadable() (n int) {
	for i := range r.Drifts {
		if r.Drifts[i].Kind == Unknown {
			n++
		}
	}
	return n
}
