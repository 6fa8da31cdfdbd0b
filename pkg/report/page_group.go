package report

import (
	"fmt"
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// groupView is a group as JSON for the page's script.
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
	Frozen     string     `json:"z,omitempty"`
	Unreadable string     `json:"q,omitempty"`
	Cells      []cellView `json:"s,omitempty"`
}

func (p *page) groupView(s section) groupView {
	return groupView{
		ID: console.Printable(s.ID), Name: s.name(),
		Place: console.Printable(s.Account + " " + s.Region), VPC: console.Printable(s.VPC),
		Interfaces: s.Interfaces, Rules: s.Rules, Ours: s.Ours, Excepted: s.Excepted, Limit: s.Limit,
		Used:   [4]int{s.Used.IngressIPv4, s.Used.IngressIPv6, s.Used.EgressIPv4, s.Used.EgressIPv6},
		Counts: s.counts(),
		Frozen: console.Printable(s.Frozen), Unreadable: console.Printable(s.Unreadable),
		Cells: p.columns.cells(s),
	}
}

func (p *page) groupSection() g.Node {
	if len(p.sections) == 0 {
		return nil
	}
	first := p.sections[:min(firstGroups, len(p.sections))]
	return titledSection("h-groups", "Groups",
		legend(),
		h.Div(h.Class("groups"),
			p.groupHead(),
			h.Div(h.ID("groups"), h.Data("width", strconv.Itoa(p.columns.width())), g.Map(first, p.group))),
		moreButton("more-groups", "Show more groups"),
		limitNote(len(first), len(p.sections), "groups"),
	)
}

// group renders a row. The script renders the other rows in the same form.
func (p *page) group(s section) g.Node {
	v := p.groupView(s)
	return h.Details(h.Class("group"),
		h.Summary(
			h.Span(h.Class("gname"), isolated(s.title()), v.badges()),
			p.columns.strip(s.title(), v.Cells),
			h.Span(h.Class("q"), quotaBars(v.quotas()), h.B(g.Text(v.most()))),
			h.Span(h.Class("m"), v.marks()),
		),
		v.body(),
	)
}

// badges renders the marks beside a group's name.
func (v groupView) badges() g.Node {
	return g.Group{
		g.If(v.Frozen != "", g.Group{g.Text(" "), h.Em(g.Text("frozen"))}),
		g.If(v.Unreadable != "", g.Group{g.Text(" "), h.Em(h.Class("bad"), g.Text("unreadable"))}),
		g.If(v.Name != "", g.Group{g.Text(" "), h.Small(g.Text(v.ID))}),
	}
}

// marks counts the drifts of each severity that occurs.
func (v groupView) marks() g.Node {
	var marks g.Group
	for s := drift.Critical; s >= drift.Informational; s-- {
		if n := number(v.Counts[s]); v.Counts[s] > 0 {
			marks = append(marks, h.I(h.Class(tone(s)), h.Title(n+" "+s.String()),
				g.Text(n), h.Span(h.Class("sr"), g.Text(" "+s.String()))))
		}
	}
	if len(marks) == 0 {
		return h.Span(h.Class("none"), g.Text("none"))
	}
	return marks
}

func (v groupView) body() g.Node {
	return h.Div(h.Class("body"),
		h.P(g.Text(v.place()+". "+v.facts()+".")),
		g.If(v.Unreadable != "", h.P(h.Class("bad"), g.Text("Could not be read: "+v.Unreadable))),
		g.If(v.Frozen != "", h.P(g.Text("Frozen: "+v.Frozen))),
		h.Ul(h.Class("quotas"), g.Map(v.quotas(), quota.item)),
		h.Ul(h.Class("spans"), g.Map(v.Cells, cellView.item)),
	)
}

func (v groupView) place() string {
	text := v.ID + " · " + v.Place
	if v.VPC != "" {
		text += " · " + v.VPC
	}
	return text
}

// facts sums up a group in one line.
func (v groupView) facts() string {
	text := fmt.Sprintf("%s, %d by sgkeeper", count(v.Rules, "rule", "rules"), v.Ours)
	if v.Excepted > 0 {
		text += fmt.Sprintf(", %d explained by exceptions", v.Excepted)
	}
	if v.Interfaces < 0 {
		return text
	}
	return text + "; attached to " + count(v.Interfaces, "interface", "interfaces")
}
