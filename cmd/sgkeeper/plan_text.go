package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/preview"
)

// printPlan prints a plan for people, in the style of Terraform.
func printPlan(w io.Writer, p preview.Preview, limit int) error {
	t := planText{style: console.StyleFor(w)}
	for _, g := range p.Groups {
		t.group(g, limit)
	}
	for _, r := range p.Rejected {
		t.rejection(r)
	}
	for _, r := range p.Remarks {
		t.line(console.Yellow, "~", printable(r.Launch+" "+r.Fault.String()))
	}
	if len(p.Remarks) > 0 {
		t.out.WriteByte('\n')
	}
	t.count(p)
	_, err := io.WriteString(w, t.style.Fit(t.out.String()))
	return err
}

type planText struct {
	style console.Style
	out   strings.Builder
}

// change is one line of a group: a rule, its fate and the reason.
type change struct {
	paint console.Paint
	mark  string
	rule  string
	note  string
}

func (t *planText) group(g preview.GroupPlan, limit int) {
	heading := t.style.Paint(console.Bold, printable(g.Group))
	if g.Assumed {
		heading += "  not in the rules file: taken for a group without rules"
	}
	fmt.Fprintln(&t.out, heading)
	changes := changesOf(g)
	width := 0
	for _, c := range changes {
		width = max(width, utf8.RuneCountInString(c.rule))
	}
	for _, c := range changes {
		padding := strings.Repeat(" ", width-utf8.RuneCountInString(c.rule))
		t.line(c.paint, "  "+c.mark, strings.TrimRight(c.rule+padding+"  "+c.note, " "))
	}
	fmt.Fprintf(&t.out, "  %s\n", quotaText(g.Usage, limit))
	for _, id := range g.Unweighed {
		fmt.Fprintf(&t.out, "  %s counted as 1 rule; its maximum is not known offline\n", printable(id))
	}
	t.out.WriteByte('\n')
}

func changesOf(g preview.GroupPlan) []change {
	var changes []change
	for _, e := range g.Revokes() {
		changes = append(changes, change{console.Red, "-", ruleText(e, g.Group), standingText(e)})
	}
	for _, e := range g.Held {
		note := strings.TrimSpace(standingText(e) + " held by quota: its replacement does not fit")
		changes = append(changes, change{console.Yellow, "~", ruleText(e, g.Group), note})
	}
	for _, e := range g.Authorize {
		changes = append(changes, change{console.Green, "+", ruleText(e, g.Group), quoted(e.Description)})
	}
	for _, c := range g.Covered {
		changes = append(changes, change{console.Faint, "=", ruleText(c.Rule, g.Group), coverText(c, g.Group)})
	}
	return changes
}

// standingText returns further facts of an existing rule.
func standingText(e secgroup.Entry) string {
	return strings.TrimSpace(printable(e.ID) + " " + quoted(e.Description))
}

func quoted(description string) string {
	if description == "" {
		return ""
	}
	return `"` + printable(description) + `"`
}

// coverText names the rules that cover one, by id if it is known.
func coverText(c secgroup.CoveredEntry, group string) string {
	by := make([]string, len(c.By))
	for i, e := range c.By {
		by[i] = ruleText(e, group)
		if e.ID != "" {
			by[i] = printable(e.ID) + " (" + by[i] + ")"
		}
	}
	if len(c.By) == 1 && c.By[0].Rule.Matches(c.Rule.Rule) {
		return strings.TrimSpace("there already " + printable(c.By[0].ID))
	}
	return "covered by " + strings.Join(by, ", ")
}

func quotaText(u plan.Usage, limit int) string {
	verdict := "fits"
	if !u.Fits {
		verdict = "does not fit"
	}
	return fmt.Sprintf("quota: ingress %d IPv4 and %d IPv6, egress %d IPv4 and %d IPv6, of %d each: %s",
		u.IngressIPv4, u.IngressIPv6, u.EgressIPv4, u.EgressIPv6, limit, verdict)
}

func (t *planText) rejection(r preview.Rejection) {
	t.line(console.Red, "!", cmp.Or(printable(r.Launch), "an event that names no launch")+" is rejected")
	for _, reason := range r.Reasons {
		fmt.Fprintf(&t.out, "    %s\n", printable(reason.String()))
	}
	t.out.WriteByte('\n')
}

func (t *planText) count(p preview.Preview) {
	var authorize, revoke, covered int
	for _, g := range p.Groups {
		authorize += len(g.Authorize)
		revoke += len(g.Revokes())
		covered += len(g.Covered)
	}
	fmt.Fprintf(&t.out, "Plan: %d to authorize, %d to revoke, %d covered, %d rejected.\n",
		authorize, revoke, covered, len(p.Rejected))
}

func (t *planText) line(p console.Paint, mark, text string) {
	fmt.Fprintln(&t.out, t.style.Paint(p, mark), text)
}
