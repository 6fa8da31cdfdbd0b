package report

import (
	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// filters is the form with which the script filters drifts.
func (p *page) filters() g.Node {
	return h.Form(h.Class("filters "+scripted), h.ID("filters"), h.Role("search"), h.Aria("label", "Filter the drifts"),
		h.FieldSet(h.Class("severities"),
			h.Legend(h.Class("sr"), g.Text("Severity")),
			g.Map(p.severities(), severityBox)),
		field("Kind", h.Select(h.Name("kind"),
			h.Option(h.Value(""), g.Text("every kind")),
			g.Map(kindsIn(p.Drifts), func(k drift.Kind) g.Node { return h.Option(g.Text(string(k))) }))),
		field("Group", textInput("group", "name or id", h.List("list-groups"))),
		field("Launch", textInput("launch", "name", h.List("list-launches"))),
		field("Text", textInput("text", "port, address, actor …", h.Type("search"))),
		h.Button(h.Type("reset"), g.Text("Clear")),
		h.DataList(h.ID("list-groups")), h.DataList(h.ID("list-launches")),
	)
}

func severityBox(s drift.Severity) g.Node {
	return h.Label(h.Class(tone(s)),
		h.Input(h.Type("checkbox"), h.Name("severity"), h.Value(digit(s))), g.Text(" "), h.Span(g.Text(s.String())))
}

func field(name string, input g.Node) g.Node {
	return h.Label(h.Span(g.Text(name)), input)
}

// textInput is an input that the browser neither completes nor corrects.
func textInput(name, example string, attribute g.Node) g.Node {
	return h.Input(h.Name(name), attribute, h.Placeholder(example), h.AutoComplete("off"),
		g.Attr("spellcheck", "false"))
}

func kindsIn(drifts []drift.Drift) (kinds []drift.Kind) {
	found := make(map[drift.Kind]bool)
	for i := range drifts {
		found[drifts[i].Kind] = true
	}
	for _, k := range drift.Kinds() {
		if found[k] {
			kinds = append(kinds, k)
		}
	}
	return kinds
}
