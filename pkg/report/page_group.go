package report

import (
	"fmt"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/console"
)

// groupView is a group as the page shows it.
type groupView struct {
	ID         string     `json:"i"`
	Name       string     `json:"n,omitempty"`
	Place      string     `json:"p"` // account and Region
	VPC        string     `json:"v,omitempty"`
	Interfaces int        `json:"f"`
	Rules      int        `json:"r"`
	Ours       int        `json:"o"`
	Excepted   int        `json:"x,omitempty"`
	Limit      int        `json:"l"`
	Used       [4]int     `json:"u"` // ingress IPv4 and IPv6, egress IPv4 and IPv6
	Counts     [5]int     `json:"c"` // of drifts, by severity
	Drifts     int        `json:"-"`
	Frozen     string     `json:"z,omitempty"`
	Unreadable string     `json:"q,omitempty"`
	Cells      []cellView `json:"s,omitempty"`
}

// Title is what people call the group.
func (g groupView) Title() string {
	if g.Name != "" {
		return g.Name
	}
	return g.ID
}

// groupViews returns the groups, the worst first, and their drifts, the severest
// first.
func groupViews(all []section, columns *columns, started time.Time) ([]groupView, []driftView) {
	worstFirst(all)
	groups := make([]groupView, 0, len(all))
	var drifts []driftView
	for i, s := range all {
		groups = append(groups, groupViewOf(s, columns))
		for _, d := range s.drifts {
			drifts = append(drifts, driftViewOf(d, i, groups[i].Name, started))
		}
	}
	severestFirst(drifts)
	return groups, drifts
}

// severestFirst is a stable sort by counting: there are few severities.
func severestFirst(drifts []driftView) {
	var by [audit.Critical + 1][]driftView
	for _, d := range drifts {
		by[d.Severity] = append(by[d.Severity], d)
	}
	n := 0
	for s := audit.Critical; s >= audit.Informational; s-- {
		n += copy(drifts[n:], by[s])
	}
}

func groupViewOf(s section, columns *columns) groupView {
	g := groupView{
		ID: console.Printable(s.ID), Name: limited(console.Printable(s.Name), 255),
		Place: console.Printable(s.Account + " " + s.Region), VPC: console.Printable(s.VPC),
		Interfaces: s.Interfaces, Rules: s.Rules, Ours: s.Ours, Excepted: s.Excepted, Limit: s.Limit,
		Used:   [4]int{s.Used.IngressIPv4, s.Used.IngressIPv6, s.Used.EgressIPv4, s.Used.EgressIPv6},
		Drifts: len(s.drifts), Frozen: console.Printable(s.Frozen), Unreadable: console.Printable(s.Unreadable),
		Cells: columns.cells(s),
	}
	for severity, n := range s.counts() {
		g.Counts[severity] = n
	}
	return g
}

// quotaNames are those of a group's four quotas.
var quotaNames = [4]string{"ingress IPv4", "ingress IPv6", "egress IPv4", "egress IPv6"}

// barView is one quota of a group.
type barView struct {
	Y, Width int
	Class    string
	Title    string
}

// Bars draws a group's quotas, 100 wide at the limit.
func (g groupView) Bars() (bars []barView) {
	if g.Limit == 0 {
		return nil
	}
	for i, used := range g.Used {
		bar := barView{Y: i * 5, Width: min(100, (used*100+g.Limit-1)/g.Limit), Class: "ok", Title: fmt.Sprintf("%s: %d of %d", quotaNames[i], used, g.Limit)}
		switch {
		case used > g.Limit:
			bar.Class = "over"
		case used*100 >= g.Limit*audit.DefaultThreshold:
			bar.Class = "near"
		}
		bars = append(bars, bar)
	}
	return bars
}

// Most is the quota that is used most, of what there is.
func (g groupView) Most() string {
	if g.Limit == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", max(g.Used[0], g.Used[1], g.Used[2], g.Used[3]), g.Limit)
}

// Marks is how many drifts there are of each severity that occurs.
func (g groupView) Marks() (marks []tile) {
	for s := audit.Critical; s >= audit.Informational; s-- {
		if g.Counts[s] > 0 {
			marks = append(marks, tile{Severity: int(s), Label: s.String(), Count: g.Counts[s]})
		}
	}
	return marks
}

// Facts is what there is to say of a group in one line.
func (g groupView) Facts() string {
	text := fmt.Sprintf("%s, %d by sgkeeper", count(g.Rules, "rule", "rules"), g.Ours)
	if g.Excepted > 0 {
		text += fmt.Sprintf(", %d explained by exceptions", g.Excepted)
	}
	if g.Interfaces < 0 {
		return text
	}
	return text + "; attached to " + count(g.Interfaces, "interface", "interfaces")
}
