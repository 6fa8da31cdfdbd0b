package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// printDemo prints a report for people, at most 80 columns wide.
func printDemo(w io.Writer, r demoReport) error {
	t := demoText{style: console.StyleFor(w)}
	t.say("%s raced for ports of %s, once each way.\n",
		count(r.Launches, "launch", "launches"), count(r.GroupCount, "shared group", "shared groups"))
	t.figures(r.Naive, r.Sgkeeper)
	t.rules(r.SharedGroups[0])
	t.endings(r.Endings)
	t.audit(r.Audit)
	t.verdict(r)
	_, err := io.WriteString(w, t.out.String())
	return err
}

type demoText struct {
	style console.Style
	out   strings.Builder
}

func (t *demoText) say(format string, args ...any) { fmt.Fprintf(&t.out, format+"\n", args...) }

// figures is the table of both ways' figures: n for the naive way, s for sgkeeper.
func (t *demoText) figures(n, s figures) {
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

// endings is the table of the rules after each wave of ends.
func (t *demoText) endings(endings []ending) {
	rows := console.Table{Style: t.style}
	rows.Add(console.Bold.Cell("launches left"), console.Bold.Cell("rules by others"), console.Bold.Cell("rules by sgkeeper"), console.Cell{})
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

// verdict prints the result of the demo, and the next steps.
func (t *demoText) verdict(r demoReport) {
	switch s := r.Sgkeeper; {
	case r.verified():
		t.say("%s", t.style.Paint(console.Green, fmt.Sprintf("With sgkeeper every launch had its ports, no rule stood there twice, and each\nleft with the last launch that needed it. The audit found all %d changes, and\nnothing else.", len(r.Audit.Injected))))
	case r.kept():
		t.say("%s", t.style.Paint(console.Red, r.Audit.missed()))
	default:
		t.say("%s", t.style.Paint(console.Red, fmt.Sprintf("With sgkeeper %d launches failed, %d rules stood there twice, and %d were left.",
			s.Failed, s.RulesTwice, r.Endings[len(r.Endings)-1].Ours)))
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

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
