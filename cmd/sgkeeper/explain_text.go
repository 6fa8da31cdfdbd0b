package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/explain"
)

// explained is the result of `sgkeeper explain`.
type explained struct {
	Group     string
	Unclaimed bool // the requests are unknown
	Answers   []answered
}

type answered struct {
	explain.Question
	explain.Answer
}

// print prints answers for people.
func (e explained) print(w io.Writer) error {
	t := explainText{group: e.Group, style: console.StyleFor(w)}
	for i, a := range e.Answers {
		if i > 0 {
			t.out.WriteByte('\n')
		}
		t.verdict(e, a)
		t.rules(a.Verdict, a.Rules)
		t.leaving(a.Leaving)
		t.claims(a.Claims)
		t.refused("Refused events that requested it", a.Refused)
		t.refused("Refused events that may have requested it", a.Unclear)
	}
	_, err := io.WriteString(w, t.out.String())
	return err
}

type explainText struct {
	group string
	style console.Style
	out   strings.Builder
}

var verdictPaint = map[explain.Verdict]console.Paint{
	explain.Open: console.Green, explain.Closed: console.Red,
	explain.Partly: console.Yellow, explain.Members: console.Yellow,
}

func (t *explainText) verdict(e explained, a answered) {
	fmt.Fprintf(&t.out, "%s: %s on %s\n", t.style.Paint(verdictPaint[a.Verdict], a.Verdict.String()), a.Question,
		e.Group)
	switch {
	case e.Unclaimed:
		fmt.Fprintln(&t.out, "Give --claims to see the launches that requested it.")
	case len(a.Claims) > 0:
	case len(a.Refused) > 0:
		fmt.Fprintln(&t.out, "sgkeeper refused each request for it.")
	case len(a.Unclear) > 0:
		fmt.Fprintln(&t.out, "No request for it is on record, but sgkeeper refused events that may have requested it.")
	default:
		fmt.Fprintln(&t.out, "No launch has requested it.")
	}
}

// rules is the table of the rules that admit the traffic. A mark links a rule to its note.
func (t *explainText) rules(v explain.Verdict, rules []explain.Rule) {
	if len(rules) == 0 {
		return
	}
	noted := slices.ContainsFunc(rules, isNoted)
	rows := console.Table{Style: t.style}
	head := console.Painted(console.Bold, "RULE", "ID", "MADE BY", "REQUESTED BY", "SINCE", "UNTIL")
	rows.Add(marked(noted, console.Cell{}, head)...)
	for _, r := range rules {
		mark := console.Cell{}
		if isNoted(r) {
			mark = console.Yellow.Cell("~")
		}
		rows.Add(marked(noted, mark, t.row(r))...)
	}
	admitted := "Admitted by:"
	if v == explain.Closed {
		admitted = "Perhaps admitted by:"
	}
	fmt.Fprintf(&t.out, "\n%s\n%s", admitted, rows.String())
	for _, r := range rules {
		t.notes(r)
	}
}

func isNoted(r explain.Rule) bool { return r.Depends || r.Note != "" }

// servesParts reports whether launches requested parts of a rule, and none requested all of it.
func servesParts(r explain.Rule) bool { return len(r.Launches) == 0 && len(r.Parts) > 0 }

// leaving names the rules that EC2 still describes although they were revoked or are pending.
func (t *explainText) leaving(rules []explain.Rule) {
	if len(rules) == 0 {
		return
	}
	fmt.Fprintln(&t.out, "\nRevoked, or about to be:")
	for _, r := range rules {
		t.note("%s (%s): %s", ruleText(r.Entry, t.group), printable(r.Entry.ID), printable(r.Note))
	}
}

// marked adds a mark to a row, if the table has marks.
func marked(marks bool, mark console.Cell, row []console.Cell) []console.Cell {
	if !marks {
		return row
	}
	return append([]console.Cell{mark}, row...)
}

func (t *explainText) row(r explain.Rule) []console.Cell {
	asked, since, until := "-", "-", "-"
	if len(r.Launches) > 0 {
		asked, since, until = strings.Join(r.Launches, ", "), minute(r.Since), untilTime(r.Until)
	}
	return console.Plain(
		ruleText(r.Entry, t.group), printable(r.Entry.ID), string(r.Owner), printable(asked), since, until)
}

func (t *explainText) notes(r explain.Rule) {
	if r.Depends {
		t.note("%s: only if the addresses of the question are among its peer's", ruleText(r.Entry, t.group))
	}
	if servesParts(r) {
		fmt.Fprintf(&t.out, "No launch requested %s itself. These requested a part of it: %s.\n",
			ruleText(r.Entry, t.group), t.parts(r.Parts))
	}
	if r.Note != "" {
		t.note("%s: %s", ruleText(r.Entry, t.group), printable(r.Note))
	}
}

// mostParts is the maximum number of launches in a note.
const mostParts = 5

// parts names launches with the parts of a rule that they requested, such as
// "llama4-7f3a (tcp 8000 from 0.0.0.0/0)".
func (t *explainText) parts(parts []explain.Part) string {
	var texts []string
	for _, p := range parts[:min(len(parts), mostParts)] {
		var rules []string
		for _, r := range p.Rules[:min(len(p.Rules), mostParts)] {
			rules = append(rules, ruleText(secgroup.Entry{Rule: r}, t.group))
		}
		if more := len(p.Rules) - len(rules); more > 0 {
			rules = append(rules, fmt.Sprintf("%d more", more))
		}
		texts = append(texts, fmt.Sprintf("%s (%s)", printable(p.Launch), strings.Join(rules, ", ")))
	}
	if more := len(parts) - len(texts); more > 0 {
		texts = append(texts, fmt.Sprintf("%d more", more))
	}
	return strings.Join(texts, ", ")
}

// claims is the table of the launches' claims.
func (t *explainText) claims(claims []explain.Claim) {
	if len(claims) == 0 {
		return
	}
	rows := console.Table{Style: t.style}
	requests := make([]claim.Request, len(claims))
	for i, c := range claims {
		requests[i] = c.Request
	}
	why := printPurposes(requests)
	head := []string{"LAUNCH", "RULE", "SINCE", "UNTIL", "STATE"}
	if why {
		head = append(head, "WHY")
	}
	rows.Add(console.Painted(console.Bold, head...)...)
	for _, c := range claims {
		row := console.Plain(printable(c.Request.Launch.Name), ruleText(c.Rule, t.group),
			minute(c.Request.Received), untilTime(c.Request.ExpiresAt), t.state(c))
		rows.Add(withWhy(why, row, orDash(whyText(c.Request.Purpose)))...)
	}
	fmt.Fprintf(&t.out, "\nRequests:\n%s", rows.String())
}

// shownRefusals is the maximum number of refused events in an answer.
const shownRefusals = 10

// refused is the table of the last refused events.
func (t *explainText) refused(head string, refusals []claim.Refusal) {
	if len(refusals) == 0 {
		return
	}
	earlier := max(0, len(refusals)-shownRefusals)
	fmt.Fprintf(&t.out, "\n%s:\n%s", head, refusalTable(t.style, refusals[earlier:]))
	if earlier > 0 {
		refused := console.Count(earlier, "event was refused", "events were refused")
		fmt.Fprintf(&t.out, "%s before: sgkeeper history lists them.\n", refused)
	}
}

// state is a claim's state, with the reason or the rules that open it.
func (t *explainText) state(c explain.Claim) string {
	switch {
	case c.State == explain.Covered:
		by := make([]string, len(c.By))
		for i, e := range c.By {
			by[i] = strings.TrimSpace(printable(e.ID) + " (" + ruleText(e, t.group) + ")")
		}
		return "covered by " + strings.Join(by, ", ") + doubt(c)
	case c.State == explain.Queued:
		return "queued: " + printable(c.Note)
	case c.Request.Status == claim.Open:
		return string(c.State) + doubt(c)
	}
	return statusText(c.Request)
}

// doubt is the doubt about an open claim; "" if there is none.
func doubt(c explain.Claim) string {
	if c.Note == "" {
		return ""
	}
	return "; " + printable(c.Note)
}

func (t *explainText) note(format string, args ...any) {
	fmt.Fprintln(&t.out, t.style.Paint(console.Yellow, "~"), fmt.Sprintf(format, args...))
}
