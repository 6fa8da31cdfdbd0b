package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/repair"
)

// The text's layout, in characters and rows.
const (
	textWidth  = 80 // of sentences; a rule may be longer
	textLeast  = 40 // of sentences, at least
	textIndent = 12 // of the lines below a drift's title
	textRows   = 20 // of the table of groups, at most
	textFew    = 4  // so many similar drifts or more are listed without details
	textName   = 40 // of a group's name, at most
)

// writeText writes the report for a terminal: each group with its drifts, then a table of the
// groups. The summary comes last, so that it stays on the screen.
func writeText(w io.Writer, r *drift.Report) error {
	t := textReport{style: console.StyleFor(w), width: textWidth, commands: repair.CommandsOf(r)}
	if t.style.Width > 0 {
		t.width = min(textWidth, max(t.style.Width, textLeast))
	}
	drifted := drifted(r)
	for _, s := range drifted {
		t.section(s)
	}
	t.groups(drifted)
	t.sum(r)
	_, err := io.WriteString(w, t.out.String())
	return err
}

// drifted returns the groups that have drifts, the worst first.
func drifted(r *drift.Report) (some []section) {
	for _, s := range sections(r) {
		if len(s.drifts) > 0 {
			some = append(some, s)
		}
	}
	worstFirst(some)
	return some
}

type textReport struct {
	style   console.Style
	width   int // of sentences
	out     strings.Builder
	changed drift.Change // the last one written

	commands repair.Commands
}

func (t *textReport) say(format string, args ...any) { fmt.Fprintf(&t.out, format+"\n", args...) }

// paints holds the color of each severity.
var paints = map[drift.Severity]console.Paint{
	drift.Critical: console.BoldRed,
	drift.High:     console.Red,
	drift.Medium:   console.Yellow,
}

func (t *textReport) section(s section) {
	heading := t.style.Paint(console.Bold, console.Printable(s.ID))
	if s.Name != "" {
		heading += "  " + foreign(s.Name)
	}
	t.say("%s", t.style.Fit(strings.TrimRight(heading+"  "+console.Printable(s.Account+" "+s.Region), " ")))
	if s.Frozen != "" {
		t.sentence("frozen: ", s.Frozen)
	}
	for _, id := range s.Unweighed {
		t.sentence("", id+" counted as 1 rule; its maximum is not known")
	}
	t.changed = drift.Change{}
	for rest := s.drifts; len(rest) > 0; {
		n := alike(rest)
		t.drifts(rest[:n])
		rest = rest[n:]
	}
	t.say("")
}

// alike returns how many of the leading drifts have the first one's kind, severity, remedy, change
// and time without verification.
func alike(drifts []*drift.Drift) int {
	first := drifts[0]
	for n, d := range drifts {
		if d.Kind != first.Kind || d.Severity != first.Severity || d.Remedy != first.Remedy ||
			d.Changed != first.Changed || !d.Unverified.Equal(first.Unverified) {
			return n
		}
	}
	return len(drifts)
}

// drifts writes drifts that are alike: a few with their details, many as a list. It writes
// their remedy once.
func (t *textReport) drifts(alike []*drift.Drift) {
	for _, d := range alike {
		t.title(d)
		if len(alike) < textFew {
			t.sentence("", d.Detail)
			t.sentence("described as: ", d.Rule.Description)
			if purposes := purposesText(d); purposes != "" {
				t.sentence("requested: ", purposes)
			}
		}
	}
	first := alike[0]
	t.sentence("mend: ", first.Remedy)
	t.sentence("not verified since ", minute(first.Unverified))
	t.command(alike)
	if first.Changed != t.changed {
		t.changed = first.Changed
		t.sentence("changed: ", changeText(first.Changed))
	}
}

// command writes the commands that mend some drifts: one for each of a few, or one for many. A command
// is not wrapped, so that it can be copied.
func (t *textReport) command(alike []*drift.Drift) {
	commands := []string{t.commands.Mend(alike...)}
	if len(alike) < textFew {
		commands = nil
		for _, d := range alike {
			commands = append(commands, t.commands.Mend(d))
		}
	}
	for _, command := range commands {
		if command != "" {
			if t.style.Width > 0 {
				command = folded(command, t.style.Width-textIndent)
			}
			t.say("%s%s", strings.Repeat(" ", textIndent), command)
		}
	}
}

// folded breaks a command into lines before its flags, so that a shell takes them for one.
func folded(command string, width int) string {
	const end = " \\"
	flags := strings.Split(command, " --")
	lines := flags[:1]
	for _, flag := range flags[1:] {
		last, more := &lines[len(lines)-1], " --"+flag
		if len(*last)+len(more)+len(end) > width {
			lines = append(lines, strings.Repeat(" ", textIndent+1)+more)
		} else {
			*last += more
		}
	}
	return strings.Join(lines, end+"\n")
}

func (t *textReport) title(d *drift.Drift) {
	line := t.style.Paint(paints[d.Severity], fmt.Sprintf("  %-8s  %s", d.Severity, d.Kind))
	if what := about(d); what != "" {
		line += "  " + limited(console.Printable(what), textWidth)
	}
	if d.Rule.ID != "" {
		line += "  " + console.Printable(d.Rule.ID)
	}
	t.say("%s", t.style.Fit(line))
}

// sentence writes a text below a drift, wrapped and indented.
func (t *textReport) sentence(before, s string) {
	if s != "" {
		t.say("%s", console.Wrap(before+console.Printable(s), t.width, textIndent))
	}
}

// foreign makes a text of others safe and short enough for one line.
func foreign(s string) string { return limited(console.Printable(s), textName) }

// groups writes the table of the groups that have drifts, if there are two or more.
func (t *textReport) groups(drifted []section) {
	if len(drifted) < 2 {
		return
	}
	rows := console.Table{Style: t.style, Right: 2}
	rows.Add(console.Painted(console.Bold, "GROUP", "NAME", "CRITICAL", "HIGH", "MEDIUM", "LOW", "RULES", "OURS",
		"QUOTA")...)
	for _, s := range drifted[:min(len(drifted), textRows)] {
		c := s.counts()
		id := cmp.Or(s.ID, strings.Trim(s.Account+" "+s.Region, " ")) // a place has no id
		row := console.Plain(console.Printable(id), foreign(s.Name), c[drift.Critical], c[drift.High],
			c[drift.Medium], c[drift.Low], s.Rules, s.Ours, quotaText(s.Group))
		for i, severity := range []drift.Severity{drift.Critical, drift.High, drift.Medium} {
			if c[severity] > 0 {
				row[2+i].Paint = paints[severity]
			}
		}
		rows.Add(row...)
	}
	t.out.WriteString(rows.String())
	if more := len(drifted) - textRows; more > 0 {
		t.say("... and %s more", count(more, "group", "groups"))
	}
	t.say("")
}

// quotaText shows the most used of a group's four quotas: "55/60".
func quotaText(g *drift.Group) string {
	if g.Limit == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", mostUsed(g), g.Limit)
}

func mostUsed(g *drift.Group) int {
	return max(g.Used.IngressIPv4, g.Used.IngressIPv6, g.Used.EgressIPv4, g.Used.EgressIPv6)
}

func (t *textReport) sum(r *drift.Report) {
	if n := r.Unverified(); n > 0 {
		t.say("%s", unverifiedNote(n))
	}
	if r.Excepted > 0 {
		t.say("%s explained by exceptions.", count(r.Excepted, "rule is", "rules are"))
	}
	if len(r.Closed) > 0 {
		t.say("%s of the previous audit %s closed.", count(len(r.Closed), "drift", "drifts"), be(len(r.Closed)))
	}
	paint := console.Green
	if worst, found := r.Counts().Worst(); found {
		paint = paints[worst]
	}
	t.say("%s", t.style.Fit(t.style.Paint(paint, Sum(r))))
}

// Sum summarizes a report in one sentence.
func Sum(r *drift.Report) string {
	counts := r.Counts()
	groups := count(len(r.Groups), "group", "groups")
	if counts.Total() == 0 {
		return "Audit: no drift in " + groups + "."
	}
	drifted := 0
	for _, s := range sections(r)[:len(r.Groups)] { // a drift may be about no group
		if len(s.drifts) > 0 {
			drifted++
		}
	}
	return fmt.Sprintf("Audit: %s in %s of %s: %s.", count(counts.Total(), "drift", "drifts"), number(drifted),
		groups, tally(counts))
}

func be(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
