package s3store

import (
	_ "embed"
	"net/url"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

//go:embed index.css
var indexCSS string

func (i Index) page() g.Node {
	title := g.Text("Audits of " + i.Installation)
	return h.Doctype(h.HTML(h.Lang("en"),
		h.Head(
			h.Meta(h.Charset("utf-8")),
			h.Meta(h.Name("viewport"), h.Content("width=device-width, initial-scale=1")),
			h.Meta(g.Attr("http-equiv", "Content-Security-Policy"),
				h.Content("default-src 'none'; style-src 'unsafe-inline'")),
			h.TitleEl(title),
			h.StyleEl(g.Raw(indexCSS)),
		),
		h.Body(
			h.H1(title),
			h.P(h.A(h.Href("latest.html"), g.Text("The latest report")),
				g.Text(". The last audit of all groups: "+i.whole()+".")),
			h.Div(h.Class("wide"), h.TabIndex("0"), h.Role("region"), h.Aria("label", "Audits"), i.table()),
		),
	))
}

// whole returns the start of the last audit of all groups.
func (i Index) whole() string {
	if i.Whole.IsZero() {
		return "none"
	}
	return second(i.Whole) + " UTC"
}

var severities = []drift.Severity{drift.Critical, drift.High, drift.Medium, drift.Low, drift.Informational}

func (i Index) table() g.Node {
	counts := g.Map(severities, func(s drift.Severity) g.Node { return column("n", s.String()) })
	return h.Table(
		h.THead(h.Tr(column("", "Begun (UTC)"), column("n", "Groups"), counts, column("", "Report"))),
		h.TBody(g.Map(i.Audits, row)),
	)
}

func column(class, title string) g.Node {
	return h.Th(h.Scope("col"), g.If(class != "", h.Class(class)), g.Text(title))
}

func row(p drift.Point) g.Node {
	return h.Tr(
		h.Th(h.Scope("row"), g.Text(second(p.At))),
		h.Td(h.Class("n"), g.Text(strconv.Itoa(p.Groups))),
		g.Map(severities, func(s drift.Severity) g.Node { return cell(p.Counts[s]) }),
		h.Td(h.A(h.Href("reports/"+url.PathEscape(p.ID)+".html"), g.Text(p.ID))),
	)
}

func cell(n int) g.Node {
	class := "n"
	if n > 0 {
		class += " some"
	}
	return h.Td(h.Class(class), g.Text(strconv.Itoa(n)))
}

func second(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }
