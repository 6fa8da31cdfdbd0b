package main

import (
	"unicode/utf8"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Limits of a group's table, to fit into 80 columns and a screen.
const (
	mostRules       = 24
	mostDescription = 24
)

// rules is the table of a group's ingress rules.
func (t *demoText) rules(g sharedGroup) {
	rows := console.Table{Style: t.style}
	rows.Add(console.Cell{}, console.Bold.Cell("rule"), console.Bold.Cell("description"), console.Bold.Cell("id"))
	owner, coming := "", 0
	for _, e := range g.Rules {
		if e.Rule.Direction == secgroup.Egress {
			continue
		}
		if coming++; coming <= mostRules {
			rows.Add(ruleRow(e, g.Group)...)
		}
		if tag := e.Tags[plan.TagInstallation]; tag != "" {
			owner = tag
		}
	}
	t.say("%s afterwards, as sgkeeper left it:\n", g.Group)
	t.out.WriteString(rows.String())
	if more := coming - mostRules; more > 0 {
		t.say("   ... and %d more; --output json has them all", more)
	}
	if owner != "" {
		t.say("%s  tagged %s=%s", t.style.Paint(console.Green, "+"), plan.TagInstallation, owner)
	}
	t.say("")
}

// ruleRow is the row of one rule. A plus marks a rule that sgkeeper made.
func ruleRow(e secgroup.Entry, group string) []console.Cell {
	mark := console.Cell{}
	if e.Tags[plan.TagInstallation] != "" {
		mark = console.Green.Cell("+")
	}
	text := console.Plain(ruleText(e, group), shortened(printable(e.Description), mostDescription), e.ID)
	return append([]console.Cell{mark}, text...)
}

// shortened cuts s to that number of characters.
func shortened(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
