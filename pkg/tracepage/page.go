// Package tracepage draws a checked run of the protocol as one HTML page. The page has a row for
// each step, in the order that the steps prove. It has a lane for each function, and columns for
// the lease, the tickets and the calls to EC2. It fetches nothing and needs no script.
package tracepage

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/trace"
)

//go:embed page.css
var css string

// Write writes the page of one group's run. Texts of the run enter the page through g.Text and
// g.Attr, which escape them.
func Write(w io.Writer, r trace.Result) error {
	rows, left := rowsOf(r)
	sum := sha256.Sum256([]byte(css))
	policy := "default-src 'none'; img-src data:; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'"
	return h.Doctype(h.HTML(h.Lang("en"),
		h.Head(
			h.Meta(h.Charset("utf-8")),
			h.Meta(g.Attr("http-equiv", "Content-Security-Policy"), h.Content(policy)),
			h.Meta(h.Name("viewport"), h.Content("width=device-width, initial-scale=1")),
			h.Meta(h.Name("color-scheme"), h.Content("light dark")),
			h.Link(h.Rel("icon"), h.Href("data:,")),
			h.TitleEl(g.Text(verdict(r)+" · "+text(r.Group)+" · sgkeeper trace")),
			h.StyleEl(g.Raw(css)),
		),
		h.Body(
			h.Header(
				h.P(h.Class("brand"), g.Text("sgkeeper trace")),
				h.H1(h.Class(map[bool]string{true: "good", false: "bad"}[r.Broken == nil]), g.Text(verdict(r))),
				h.P(h.Class("note"), g.Textf("%s. Steps: %d, passes: %d, functions: %d. "+
					"Times are UTC, by each function's clock.",
					text(r.Group), steps(r), r.Passes, len(r.Functions))),
			),
			explained(r), notes("Unfinished passes", r.Unfinished), notes("Gaps", r.Gaps),
			legend(), functions(r), drawing(rows, len(r.Functions)),
			g.If(left > 0, h.P(h.Class("note"), g.Textf("%d more steps are not drawn.", left))),
		),
	)).Render(w)
}

func verdict(r trace.Result) string {
	if r.Broken != nil {
		return "The run does not conform to the protocol"
	}
	return "The run conforms to the protocol"
}

func steps(r trace.Result) (n int) {
	for _, e := range r.Events {
		if e.Line != nil {
			n++
		}
	}
	return n
}

func explained(r trace.Result) g.Node {
	if r.Broken == nil {
		return nil
	}
	return h.P(h.Class("why"), g.Text("The first impossible step is marked: "), g.Text(text(r.Broken.Why)), g.Text("."))
}

// mostNotes bounds a list of notes.
const mostNotes = 20

func notes(title string, all []string) g.Node {
	if len(all) == 0 {
		return nil
	}
	var list g.Group
	for _, note := range all[:min(mostNotes, len(all))] {
		list = append(list, h.Li(g.Text(text(note))))
	}
	if more := len(all) - mostNotes; more > 0 {
		list = append(list, h.Li(g.Textf("and %d more", more)))
	}
	return h.Section(h.H2(g.Text(title)), h.Ul(list))
}

func legend() g.Node {
	item := func(mark g.Node, label string) g.Node {
		return h.Span(h.SVG(g.Attr("viewBox", "0 0 16 16"), mark), g.Text(label))
	}
	return h.P(h.Class("legend"),
		item(circle("read", 8, 8, 3), "a step"), item(circle("write", 8, 8, 5), "a write of the head"),
		item(square("ec2", 8, 8), "a call to EC2"), item(cross(8, 8), "a lost reply"),
		item(rect("held k1", 4, 0, 8, 16), "the lease is held"), item(rect("waits", 0, 6, 16, 5), "tickets that wait"))
}

// functions names the lanes.
func functions(r trace.Result) g.Node {
	var list g.Group
	for i, f := range r.Functions[:min(mostNotes, len(r.Functions))] {
		passes := 0
		var seen []string
		for _, e := range r.Events {
			if e.Line != nil && e.Line.Function == f && !slices.Contains(seen, e.Line.Pass) {
				passes++
				seen = append(seen, e.Line.Pass)
			}
		}
		list = append(list, h.Span(h.Class("lane "+color(i)), g.Textf("F%d ", i+1), h.Code(g.Text(text(f))),
			g.Textf(" passes: %d", passes)))
	}
	return h.P(h.Class("functions"), list)
}

// text makes a text of the run harmless.
func text(s string) string { return console.Printable(s) }

// shortName returns the part of a pass's name that tells it from others.
func shortName(pass string) string {
	parts := strings.Split(pass, "/")
	last := parts[len(parts)-1]
	return last[:min(6, len(last))]
}

func color(i int) string { return fmt.Sprintf("k%d", i%colors+1) }

const colors = 10
