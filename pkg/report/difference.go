package report

import (
	"fmt"
	"io"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// WriteDifference writes the differences between two reports for a terminal: a line for each drift.
// A mark says whether it is new (+), closed (-), changed (~) or not verified (?).
func WriteDifference(w io.Writer, d drift.Difference) error {
	t := textReport{style: console.StyleFor(w)}
	line := func(mark string, x *drift.Drift, severity string) {
		text := fmt.Sprintf("%s %-8s  %s  %s", mark, severity, x.Kind, console.Printable(x.Group.ID))
		if what := about(x); what != "" {
			text += "  " + limited(console.Printable(what), textWidth)
		}
		if x.Rule.ID != "" {
			text += "  " + console.Printable(x.Rule.ID)
		}
		t.say("%s", t.style.Fit(t.style.Paint(paints[x.Severity], text)))
	}
	for i := range d.New {
		line("+", &d.New[i], d.New[i].Severity.String())
	}
	for i := range d.Changed {
		was, is := &d.Changed[i].Before, &d.Changed[i].After
		severity := is.Severity.String()
		if was.Severity != is.Severity {
			severity = was.Severity.String() + " to " + severity
		}
		line("~", is, severity)
	}
	for i := range d.Closed {
		line("-", &d.Closed[i], d.Closed[i].Severity.String())
	}
	for i := range d.Unverified {
		line("?", &d.Unverified[i], d.Unverified[i].Severity.String())
	}
	sum := fmt.Sprintf("Diff: %d new, %d changed, %d closed", len(d.New), len(d.Changed), len(d.Closed))
	if n := len(d.Unverified); n > 0 {
		sum += fmt.Sprintf(", %d in groups that the later audit did not read", n)
	}
	t.say("%s", t.style.Fit(sum+"."))
	_, err := io.WriteString(w, t.out.String())
	return err
}
