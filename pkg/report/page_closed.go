package report

import (
	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

func (p *page) closedSection() g.Node {
	if len(p.Closed) == 0 {
		return nil
	}
	first := p.Closed[:min(firstDrifts, len(p.Closed))]
	return titledSection("h-closed", "Closed since the previous audit",
		h.Ul(h.Class("closed"), g.Map(first, closedItem)),
		g.If(len(first) < len(p.Closed), h.P(h.Class("note"),
			g.Textf("The first %d of %s.", len(first), number(len(p.Closed))))),
	)
}

func closedItem(d drift.Drift) g.Node {
	return h.Li(
		h.Span(h.Class("kind"), g.Text(string(d.Kind))), g.Text(" "),
		h.Code(g.Text(aboutText(&d))), g.Text(" "),
		h.Span(h.Class("grp"), isolated(console.Printable(d.Group.ID))), g.Text(" "),
		h.Small(g.Text("found "+minute(d.Since))),
	)
}
