package main

import (
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// audit is the table of the outsider's changes and the drifts found.
func (t *demoText) audit(a audited) {
	t.say("Other launches ask, and an audit finds no drift. Then somebody changes the\ngroups behind sgkeeper's back, and another audit names each change:\n")
	rows := console.Table{Style: t.style}
	rows.Add(console.Bold.Cell("severity"), console.Bold.Cell("kind of drift"), console.Bold.Cell("change"))
	for _, i := range a.Injected {
		severity := console.Red.Cell("missed")
		if i.Drift != nil {
			severity = paintOf(i.Drift.Severity).Cell(i.Drift.Severity.String())
		}
		rows.Add(severity, console.Cell{Text: string(i.Kind)}, console.Cell{Text: i.Did})
	}
	t.say("%s", &rows)
	if d := exampleOf(a); d != nil {
		t.say("Each drift has its rule, the launches that requested it, and a remedy. For\nexample:\n")
		t.say("%s", console.Wrap(printable(d.Detail), 80, 2))
		t.say("%s\n", console.Wrap(printable("To mend: "+d.Remedy+"."), 80, 2))
	}
	if a.Report != "" {
		t.say("All of it, for a browser: %s\n", t.style.Paint(console.Bold, printable(a.Report)))
	}
}

// exampleKind is the kind of drift that the demo prints as an example.
const exampleKind = drift.WidenedPorts

func exampleOf(a audited) *drift.Drift {
	for _, i := range a.Injected {
		if i.Kind == exampleKind {
			return i.Drift
		}
	}
	return nil
}

func paintOf(s drift.Severity) console.Paint {
	switch {
	case s >= drift.High:
		return console.Red
	case s == drift.Medium:
		return console.Yellow
	}
	return console.Faint
}

// missed names the changes that the audits missed, and the drifts without a change.
func (a audited) missed() string {
	n := 0
	for _, i := range a.Injected {
		if i.Drift == nil {
			n++
		}
	}
	return fmt.Sprintf("Of %d changes the audit missed %d, and it found %d drifts that are none.", len(a.Injected), n, a.Before+a.Others)
}
