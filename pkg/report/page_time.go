package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// requestView is one launch's request on a group, as JSON for the page's script. Its bar on
// the timeline begins at X.
type requestView struct {
	Launch  string `json:"l"`
	Group   int    `json:"g"` // index among the groups
	Rules   string `json:"r"`
	Status  string `json:"t"`
	Since   string `json:"s"`
	Until   string `json:"u"`
	X       int    `json:"x"`
	Width   int    `json:"w"`
	Endless bool   `json:"e,omitempty"`
}

func (p *page) requestView(r requestIn) requestView {
	v := requestView{
		Launch: limited(console.Printable(r.Launch.Name), 128), Group: r.section, Rules: rulesText(r.FullRequest),
		Status: string(r.Status), Since: minute(r.Since), Until: minute(r.Until), X: p.scale.x(r.Since),
	}
	end := p.scale.to
	if !r.Until.IsZero() {
		end = r.Until
	} else if v.Endless = r.Status == claim.Open; v.Endless {
		v.Until = "its end"
	}
	v.X = min(v.X, 994)
	v.Width = max(6, p.scale.x(end)-v.X)
	return v
}

// rulesText sums up a request's protocols and ports, at most four.
func rulesText(r *drift.FullRequest) string {
	const most = 4
	var texts []string
	for _, rule := range r.Rules {
		text := rule.Protocol.String()
		if ports := rule.Ports.String(); rule.Protocol.HasPorts() {
			text += " " + ports
		}
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	if n := len(texts); n > most {
		texts = append(texts[:most-1], fmt.Sprintf("%d more", n-most+1))
	}
	return strings.Join(texts, ", ")
}

// timeSection shows the launches with open ports, and from when until when.
func (p *page) timeSection() g.Node {
	if len(p.requests) == 0 {
		return nil
	}
	first := p.requests[:min(firstRequests, len(p.requests))]
	return titledSection("h-time", "Rules over time",
		h.Div(h.Class("timeline"),
			p.timeHead(),
			h.Ul(h.ID("requests"), h.Data("now", strconv.Itoa(p.scale.x(p.Started))), g.Map(first, p.request))),
		moreButton("more-requests", "Show more requests"),
		limitNote(len(first), len(p.requests), "requests"),
	)
}

func (p *page) timeHead() g.Node {
	ticks := g.Map(p.scale.ticks(), func(tick string) g.Node { return h.Span(g.Text(tick)) })
	return h.Div(h.Class("thead"), unspoken(),
		h.Span(g.Text("Launch")), h.Span(h.Class("tg"), g.Text("Group")),
		h.P(h.Class("axis"), ticks), h.Span(h.Class("tu"), g.Text("Until")))
}

// request renders a row. The script renders the other rows in the same form.
func (p *page) request(r requestIn) g.Node {
	v := p.requestView(r)
	title := fmt.Sprintf("%s: %s, from %s until %s, %s", v.Launch, v.Rules, v.Since, v.Until, v.Status)
	now := float64(p.scale.x(p.Started))
	return h.Li(h.Title(title),
		h.Span(h.Class("tl"), isolated(v.Launch), g.Text(" "), h.Small(g.Text(v.Rules))),
		h.Span(h.Class("tg"), isolated(p.sections[v.Group].title())),
		drawing(1000, 10, stretched(), pictured(title),
			rect("ground", 0, 4.5, 1000, 1),
			rect("span "+v.Status, float64(v.X), 1, float64(v.Width), 8),
			rect("future", now, 0, 1000, 10),
			rect("now", now, 0, 2, 10)),
		h.Span(h.Class("tu"), v.end()),
	)
}

// end renders the end of a live request, or the status and the end of another one.
func (v requestView) end() g.Node {
	if v.Status == string(claim.Open) {
		return g.Text(v.Until)
	}
	return g.Group{g.Text(v.Status), g.If(v.Until != "", g.Group{g.Text(" "), h.Small(g.Text(v.Until))})}
}
