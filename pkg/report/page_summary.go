package report

import (
	"fmt"
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

func (p *page) summarySection() g.Node {
	clean := len(p.Drifts) == 0 && len(p.Groups) > 0
	return h.Section(h.Class("summary"), h.Aria("label", "Summary"),
		h.Div(
			h.H1(g.If(clean, h.Class("clean")), g.Text(p.verdict())),
			p.tiles(),
			g.Map(notesOf(p.Report), func(note string) g.Node { return h.P(h.Class("note"), g.Text(note)) }),
		),
		chart(p.History).figure(),
	)
}

func (p *page) title() string {
	switch {
	case len(p.sections) == 0:
		return "No groups"
	case len(p.Drifts) == 0:
		return "No drift"
	}
	return count(len(p.Drifts), "drift", "drifts")
}

// verdict summarizes the report in a sentence.
func (p *page) verdict() string {
	n := count(len(p.sections), "group", "groups")
	switch {
	case len(p.sections) == 0:
		return "No group is managed here, and no launch requests one."
	case len(p.Drifts) > 0:
		return fmt.Sprintf("%s in %s of %s.", p.title(), number(p.drifted()), n)
	case len(p.sections) == 1:
		return "The group contains exactly the requested rules."
	}
	return fmt.Sprintf("All %s contain exactly the requested rules.", n)
}

func (p *page) drifted() (n int) {
	for _, s := range p.sections {
		if len(s.drifts) > 0 {
			n++
		}
	}
	return n
}

// notesOf returns remarks on how far the drifts can be trusted to be complete.
func notesOf(r *drift.Report) (notes []string) {
	unread := 0
	for i := range r.Groups {
		if r.Groups[i].Unreadable != "" {
			unread++
		}
	}
	if unread > 0 {
		notes = append(notes, count(unread, "group", "groups")+
			" could not be read: the audit does not know the state of "+them(unread)+
			", which is not the same as clean.")
	}
	if n := r.Unverified(); n > 0 {
		notes = append(notes, unverifiedNote(n))
	}
	if r.Excepted > 0 {
		notes = append(notes, count(r.Excepted, "rule is", "rules are")+" explained by exceptions.")
	}
	return notes
}

// unverifiedNote says how many drifts the last audit could not verify.
func unverifiedNote(n int) string {
	return fmt.Sprintf("%s %s not verified: something that the verdict needs could not be read.",
		count(n, "drift", "drifts"), be(n))
}

func them(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// tiles shows the number of drifts of each severity, with a link to them.
func (p *page) tiles() g.Node {
	if len(p.sections) == 0 {
		return nil
	}
	counts := p.Counts()
	return h.Ul(h.Class("tiles"), g.Map(p.severities(), func(s drift.Severity) g.Node {
		class := "tile " + tone(s)
		if counts[s] == 0 {
			class += " none"
		}
		return h.Li(h.A(h.Class(class), h.Href("#drifts"), h.Data("severity", digit(s)),
			h.B(g.Text(number(counts[s]))), h.Span(g.Text(s.String())), p.change(s, counts[s])))
	}))
}

// severities returns the severities that have a tile, the highest first. Informational has one
// only if it occurs.
func (p *page) severities() (some []drift.Severity) {
	counts := p.Counts()
	for s := drift.Critical; s >= drift.Informational; s-- {
		if s > drift.Informational || counts[s] > 0 {
			some = append(some, s)
		}
	}
	return some
}

// change compares a severity's count with the audit before.
func (p *page) change(s drift.Severity, now int) g.Node {
	n := len(p.History)
	if n < 2 {
		return nil
	}
	text := "as before"
	switch more := now - p.History[n-2].Counts[s]; {
	case more > 0:
		text = number(more) + " more than before"
	case more < 0:
		text = number(-more) + " fewer than before"
	}
	return h.Small(g.Text(text))
}

// tone returns the class that gives a severity its color.
func tone(s drift.Severity) string { return "s" + digit(s) }

// digit returns a severity's number, which the page's script uses.
func digit(s drift.Severity) string { return strconv.Itoa(int(s)) }
