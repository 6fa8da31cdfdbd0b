package report

import (
	"fmt"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/repair"
)

// How many elements the page shows without its script.
const (
	firstDrifts   = 40
	firstGroups   = 12
	firstRequests = 20
)

// page is a report, prepared for the page's sections.
//
// Texts of others enter the page through g.Text and g.Attr, which escape them. g.Raw is only
// for the page's own style and script.
type page struct {
	*drift.Report
	sections []section // the worst first
	drifts   []driftIn
	requests []requestIn
	columns  *columns
	scale    scale
	commands repair.Commands
}

func newPage(r *drift.Report) *page {
	all := sections(r)
	worstFirst(all)
	requests := requestsOf(all)
	return &page{
		Report: r, sections: all, drifts: driftsOf(all), requests: requests,
		columns: columnsOf(r.Groups), scale: scaleOf(requests, r.Started),
		commands: repair.CommandsOf(r),
	}
}

func (p *page) document() g.Node {
	return h.Doctype(h.HTML(h.Lang("en"), p.head(), p.body()))
}

func (p *page) head() g.Node {
	css := pageCSS + p.columns.css() + chart(p.History).css()
	return h.Head(
		h.Meta(h.Charset("utf-8")),
		h.Meta(g.Attr("http-equiv", "Content-Security-Policy"), h.Content(policy(css))),
		meta("viewport", "width=device-width, initial-scale=1"),
		meta("color-scheme", "light dark"),
		meta("referrer", "no-referrer"),
		meta("robots", "noindex"),
		h.Link(h.Rel("icon"), h.Href("data:,")),
		h.TitleEl(g.Text(p.title()+" · sgkeeper audit "+minute(p.Started))),
		h.StyleEl(g.Raw(css)),
	)
}

func meta(name, content string) g.Node { return h.Meta(h.Name(name), h.Content(content)) }

func (p *page) body() g.Node {
	return h.Body(
		h.A(h.Class("skip"), h.Href("#drifts"), g.Text("Skip to the drifts")),
		p.header(),
		h.Main(h.Class("wrap"),
			p.summarySection(),
			p.taskSection(),
			p.driftSection(),
			p.groupSection(),
			p.timeSection(),
			p.closedSection(),
		),
		p.footer(),
		g.NodeFunc(p.writeData),
		h.Script(g.Raw(pageJS)),
	)
}

func (p *page) header() g.Node {
	took := tookText(p.Report)
	return h.Header(h.Class("wrap"),
		h.P(h.Class("brand"), g.Text("sgkeeper "), h.Span(g.Text("audit"))),
		h.P(h.Class("meta"),
			h.Time(g.Text(minute(p.Started)+" UTC")), g.Text(" "),
			g.If(took != "", g.Group{h.Span(g.Text("took " + took)), g.Text(" ")}),
			h.Span(isolated(console.Printable(p.Installation))),
		),
	)
}

func tookText(r *drift.Report) string {
	took := r.Finished.Sub(r.Started)
	if r.Finished.IsZero() || took < 0 {
		return ""
	}
	if took < time.Minute {
		return fmt.Sprintf("%.1f s", took.Seconds())
	}
	return fmt.Sprintf("%d min %d s", int(took.Minutes()), int(took.Seconds())%60)
}

func (p *page) footer() g.Node {
	return h.Footer(h.Class("wrap"), h.P(
		g.Text("Audit "), h.Code(g.Text(console.Printable(p.ID))),
		g.Text(". Times are UTC. This page fetches nothing and holds the whole report."),
	))
}

// titledSection is a section under a heading.
func titledSection(id, title string, content ...g.Node) g.Node {
	return h.Section(h.Aria("labelledby", id), h.H2(h.ID(id), g.Text(title)), g.Group(content))
}

// isolated keeps a text from reversing the direction of its neighbours.
func isolated(text string) g.Node { return g.El("bdi", g.Text(text)) }

// scripted is the class of elements that are useless without the script. unscripted is that of
// elements that the script replaces.
const (
	scripted   = "js-only"
	unscripted = "no-js"
)

// moreButton shows more of a list. The script reveals it if there is more.
func moreButton(id, text string) g.Node {
	return h.Button(h.Class("more "+scripted), h.ID(id), h.Type("button"), g.Attr("hidden"), g.Text(text))
}

// limitNote says that a list is cut. The script hides it.
func limitNote(shown, of int, what string) g.Node {
	if shown >= of {
		return nil
	}
	return h.P(h.Class(unscripted), g.Textf("The first %d of %s %s.", shown, number(of), what))
}
