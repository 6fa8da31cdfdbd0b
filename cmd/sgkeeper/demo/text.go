package demo

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/repair"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Print prints the result for people, at most 80 columns wide.
func (r *Result) Print(w io.Writer) error {
	t := text{style: console.StyleFor(w)}
	t.say("%s raced for ports of %s, once each way.\n",
		console.Count(r.Launches, "launch", "launches"), console.Count(r.GroupCount, "shared group", "shared groups"))
	t.figures(r.Naive, r.Sgkeeper)
	t.rules(r.SharedGroups[0])
	t.endings(r.Endings)
	t.audit(r.Audit)
	t.verdict(r)
	_, err := io.WriteString(w, t.style.Fit(t.out.String()))
	return err
}

// text is the text so far.
type text struct {
	style console.Style
	out   strings.Builder
}

func (t *text) say(format string, args ...any) { fmt.Fprintf(&t.out, format+"\n", args...) }

// figures is the table of both ways' figures: n for the naive way, s for sgkeeper.
func (t *text) figures(n, s Figures) {
	rows := console.Table{Style: t.style, Right: 1}
	rows.Add(console.Cell{}, console.Bold.Cell("   naive"), console.Bold.Cell("  sgkeeper"))
	rows.Add(console.Plain("launches", n.Launches, s.Launches)...)
	rows.Add(faults("failed launches", n.Failed, s.Failed)...)
	rows.Add(faults("  Duplicate errors surfaced", n.Duplicates, s.Duplicates)...)
	rows.Add(console.Plain("    of them lost races", n.Races, s.Races)...)
	rows.Add(faults("  other errors", n.Errors-n.Duplicates, s.Errors-s.Duplicates)...)
	rows.Add(faults("  no error, but a port not open", n.NotOpen, s.NotOpen)...)
	rows.Add(console.Plain("EC2 calls", n.EC2Calls, s.EC2Calls)...)
	rows.Add(console.Plain("DynamoDB calls", n.DynamoDBCalls, s.DynamoDBCalls)...)
	rows.Add(console.Plain("time, from first launch to last answer", seconds(n.Seconds), seconds(s.Seconds))...)
	rows.Add(console.Plain("time a launch waited, median", seconds(n.MedianSeconds), seconds(s.MedianSeconds))...)
	t.say("%s", &rows)
	t.say("%s\n", t.style.Paint(console.Faint, orderNote))
}

// orderNote explains why the naive way fails more often here than in production.
const orderNote = `EC2 lists rules in no fixed order, here in another one each time: the naive
check, which stops at the group's "all traffic" rule, then fails more often than
the 1 in 15 of the incident. Lost races are those a right check would not avert.`

// faults is a row of numbers that should be 0.
func faults(title string, numbers ...int) []console.Cell {
	row := console.Plain(title)
	for _, n := range numbers {
		c := console.Green.Cell(fmt.Sprint(n))
		if n > 0 {
			c.Paint = console.Red
		}
		row = append(row, c)
	}
	return row
}

// Limits of a group's table, to fit into 80 columns and a screen.
const (
	mostRules       = 24
	mostDescription = 24
)

// rules is the table of a group's ingress rules.
func (t *text) rules(g SharedGroup) {
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
	rule, description := console.Printable(e.Rule.Seen(group).String()), console.Printable(e.Description)
	return append([]console.Cell{mark}, console.Plain(rule, shortened(description, mostDescription), e.ID)...)
}

// shortened cuts s to that number of characters.
func shortened(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// endings is the table of the rules after each wave of ends.
func (t *text) endings(endings []Ending) {
	rows := console.Table{Style: t.style}
	head := console.Painted(console.Bold, "launches left", "rules by others", "rules by sgkeeper")
	rows.Add(append(head, console.Cell{})...)
	for _, e := range endings {
		row := console.Plain(e.LaunchesLeft, e.Others, e.Ours)
		if e.LaunchesLeft == 1 {
			row = append(row, console.Cell{Text: portsOf(e.Rules)})
		}
		rows.Add(row...)
	}
	t.say("Then the launches end, and each rule leaves with the last one that needs it:\n")
	t.say("%s", &rows)
}

// portsOf names the ports of a few rules.
func portsOf(rules []secgroup.Rule) string {
	var names []string
	for _, r := range rules[:min(len(rules), 4)] {
		names = append(names, r.Protocol.String()+" "+r.Ports.String())
	}
	return strings.Join(names, ", ")
}

// audit is the table of the outsider's changes and the drifts found.
func (t *text) audit(a Audited) {
	t.say("More launches request ports, and an audit finds no drift. Then an outsider\n" +
		"changes the groups, and another audit names each change:\n")
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
		t.say("%s", console.Wrap(console.Printable(d.Detail), 80, 2))
		t.say("%s\n", console.Wrap(console.Printable("To mend: "+d.Remedy+"."), 80, 2))
	}
	t.mended(a.Mended)
	if a.Report != "" {
		t.say("All of it, for a browser: %s\n", t.style.Paint(console.Bold, console.Printable(a.Report)))
	}
}

// mended is the table of the calls that repair drifts.
func (t *text) mended(all []Mended) {
	if len(all) == 0 {
		return
	}
	rows := console.Table{Style: t.style}
	add := func(calls []Call, note string) {
		for _, c := range calls {
			mark := console.Green.Cell("  +")
			if c.Call == repair.Revoke {
				mark = console.Red.Cell("  -")
			}
			rows.Add(mark, console.Cell{Text: c.Rule.String()}, console.Cell{Text: console.Printable(note + c.Reason)})
		}
	}
	for _, m := range all {
		add(m.Calls, "")
		add(m.Undo, "undone: ")
	}
	t.say("sgkeeper mend repairs two of them, each checked by an audit, and undoes one:\n")
	t.say("%s", &rows)
}

// exampleKind is the kind of drift that the demo prints as an example.
const exampleKind = drift.WidenedPorts

func exampleOf(a Audited) *drift.Drift {
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

// verdict prints the result of the demo, and the next steps.
func (t *text) verdict(r *Result) {
	switch s := r.Sgkeeper; {
	case r.Verified():
		kept := fmt.Sprintf("With sgkeeper every launch had its ports, no rule stood there twice, and each\n"+
			"left with the last launch that needed it. The audit found all %d changes, and\nnothing else.",
			len(r.Audit.Injected))
		t.say("%s", t.style.Paint(console.Green, kept))
	case r.kept():
		t.say("%s", t.style.Paint(console.Red, r.Audit.missed()))
	default:
		broken := fmt.Sprintf("With sgkeeper %d launches failed, %d rules stood there twice, and %d were left.",
			s.Failed, s.RulesTwice, r.Endings[len(r.Endings)-1].Ours)
		t.say("%s", t.style.Paint(console.Red, broken))
	}
	t.say("To plan for a group of your own, offline and without a write, see\n`sgkeeper plan --help`.")
}

func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
