package report

import (
	"net/url"
	"slices"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/phrase"
)

func (p *page) driftSection() g.Node {
	if len(p.drifts) == 0 {
		return nil
	}
	first := p.drifts[:min(firstDrifts, len(p.drifts))]
	return h.Section(h.Aria("labelledby", "drifts"),
		h.H2(h.ID("drifts"), h.TabIndex("-1"), g.Text("Drifts")),
		p.filters(),
		h.P(h.Class("found"), h.ID("found"), h.Role("status"),
			g.Text(count(len(p.drifts), "drift", "drifts")),
			g.If(len(first) < len(p.drifts), h.Span(h.Class(unscripted),
				g.Textf("; the first %d are shown, all of them with JavaScript, or in the JSON report", len(first))))),
		h.Div(h.Class("drifts"), h.ID("list"), g.Map(first, p.drift)),
		moreButton("more", "Show more"),
	)
}

// How many entries of a list a row shows.
const (
	mostGaps     = 12
	mostRequests = 12
)

// driftView is a drift as JSON for the page's script. Its keys are short, because a page may
// hold thousands.
type driftView struct {
	ID           string       `json:"i"`
	Kind         string       `json:"k"`
	Severity     int          `json:"s"`
	Group        int          `json:"g"` // index among the groups
	About        string       `json:"r"`
	RuleID       string       `json:"n,omitempty"`
	Text         string       `json:"e,omitempty"` // the rule's description
	Gap          []string     `json:"p,omitempty"`
	MoreGaps     int          `json:"pm,omitempty"`
	Launches     []launchView `json:"a,omitempty"`
	MoreLaunches int          `json:"am,omitempty"`
	Detail       string       `json:"d"`
	Remedy       string       `json:"m"`
	Command      string       `json:"o,omitempty"`
	Since        string       `json:"t"`
	New          bool         `json:"w,omitempty"` // first found by this audit
	Changed      string       `json:"c,omitempty"`
	Unverified   string       `json:"u,omitempty"` // the time of the last verification
}

// launchView is a launch, with the begin and the end of its request.
type launchView struct {
	Launch  string `json:"l"`
	Account string `json:"a"`
	Since   string `json:"s"`
	Until   string `json:"u"`
	Status  string `json:"t"`
	// Relation is the relation of Wants, the requested rules, to the drift's rule.
	Relation string `json:"r,omitempty"`
	Wants    string `json:"w,omitempty"`
	Why      string `json:"y,omitempty"` // who asked, and why
}

func (p *page) driftView(d driftIn) driftView {
	v := driftView{
		ID: d.ID, Kind: string(d.Kind), Severity: int(d.Severity), Group: d.section, About: aboutText(d.Drift),
		RuleID: console.Printable(d.Rule.ID), Text: limited(console.Printable(d.Rule.Description), 255),
		Detail: limited(sentence(d.Detail), 1200), Remedy: limited(sentence(d.Remedy), 600),
		Command: p.commands.Mend(d.Drift),
		Since:   minute(d.Since), New: !d.Since.Before(p.Started), Changed: console.Printable(changeText(d.Changed)),
		Unverified: minute(d.Unverified),
	}
	gap := d.Gap
	if len(gap) == 1 && gap[0] == d.Rule.Rule { // adds nothing
		gap = nil
	}
	v.Gap, v.MoreGaps = ruleTexts(gap[:min(len(gap), mostGaps)], d.Group), max(0, len(gap)-mostGaps)
	for _, a := range d.Requests[:min(len(d.Requests), mostRequests)] {
		asked := launchViewOf(a)
		asked.Relation, asked.Wants = string(a.Relation), limited(console.Printable(wantsText(a, d.Group)), 400)
		v.Launches = append(v.Launches, asked)
	}
	v.MoreLaunches = max(0, len(d.Requests)-mostRequests)
	return v
}

func launchViewOf(a drift.Request) launchView {
	v := launchView{
		Launch: limited(console.Printable(a.Launch.Name), 128), Account: console.Printable(a.Launch.Account),
		Since: minute(a.Since), Until: minute(a.Until), Status: string(a.Status), Why: whyText(a),
	}
	if a.Until.IsZero() && a.Status == claim.Open {
		v.Until = "its end"
	}
	return v
}

func aboutText(d *drift.Drift) string { return limited(console.Printable(about(d)), 120) }

// drift renders a row. The script renders the other rows in the same form.
func (p *page) drift(d driftIn) g.Node {
	v := p.driftView(d)
	return h.Details(h.Class("drift "+tone(d.Severity)), h.ID("d-"+v.ID),
		h.Summary(
			h.Span(h.Class("sev"), g.Text(d.Severity.String())),
			h.Span(h.Class("kind"), g.Text(v.Kind)),
			h.Code(h.Class("rule"), g.Text(v.About)),
			h.Span(h.Class("grp"), isolated(p.sections[v.Group].title())),
			h.Span(h.Class("age"), g.Text(v.age())),
		),
		v.body(),
	)
}

func (v driftView) age() string {
	if v.New {
		return "new"
	}
	return v.Since
}

func (v driftView) body() g.Node {
	return h.Div(h.Class("body"),
		h.P(g.Text(v.Detail)),
		h.Dl(
			term("To mend", g.Text(v.Remedy+"."), g.If(v.Command != "", command(v.Command))),
			v.gap(),
			v.requests(),
			v.rule(),
			g.If(v.Changed != "", term("Changed", g.Text(v.Changed))),
			g.If(v.Unverified != "", term("Not verified since", g.Text(v.Unverified))),
			term("Found", g.Text(v.found()), h.Span(h.Class("link"),
				g.Text(" · "), h.A(h.Href("#d-"+url.PathEscape(v.ID)), g.Text("link to this drift")))),
		),
	)
}

// command renders a command on a line of its own. A click selects all of it.
func command(text string) g.Node { return h.Pre(h.Class("command"), h.Code(g.Text(text))) }

func (v driftView) gap() g.Node {
	if len(v.Gap) == 0 {
		return nil
	}
	rules := g.Map(v.Gap, func(rule string) g.Node { return h.Li(h.Code(g.Text(rule))) })
	return term("Gap", some(rules, v.MoreGaps))
}

func (v driftView) requests() g.Node {
	if len(v.Launches) == 0 {
		return nil
	}
	var terms g.Group
	for i, words := range relationWords {
		var items g.Group
		for _, a := range v.Launches {
			if a.Relation == string(words.relation) {
				items = append(items, a.item())
			}
		}
		more := 0
		if v.MoreLaunches > 0 && i == v.last() {
			more = v.MoreLaunches
		}
		if len(items) > 0 {
			terms = append(terms, term(words.title, some(items, more)))
		}
	}
	return terms
}

// last returns the index of the last relation that a launch of the drift has.
func (v driftView) last() (last int) {
	for i, words := range relationWords {
		if slices.ContainsFunc(v.Launches, func(a launchView) bool { return a.Relation == string(words.relation) }) {
			last = i
		}
	}
	return last
}

func (a launchView) item() g.Node {
	return h.Li(isolated(a.Launch), g.Text(" "),
		h.Small(g.Textf("%s, from %s until %s, %s", a.Account, a.Since, a.Until, a.Status)),
		g.If(a.Why != "", g.Group{g.Text(" "), isolated(a.Why)}),
		g.If(a.Wants != "", g.Text(": "+a.Wants)))
}

func (v driftView) rule() g.Node {
	if v.RuleID == "" {
		return nil
	}
	return term("Rule", h.Code(g.Text(v.RuleID)), g.If(v.Text != "", g.Group{g.Text(" "), h.Q(g.Text(v.Text))}))
}

func (v driftView) found() string {
	if v.New {
		return "by this audit"
	}
	return "first at " + v.Since
}

func term(name string, what ...g.Node) g.Node {
	return g.Group{h.Dt(g.Text(name)), h.Dd(what...)}
}

// some renders a list, and how many more entries there are.
func some(items g.Group, more int) g.Node {
	return h.Ul(items, g.If(more > 0, h.Li(g.Text(phrase.More(more)))))
}
