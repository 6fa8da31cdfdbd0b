package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/repair"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/mend"
)

// mendJSON is the output of `sgkeeper mend --output json`. No list in it is null.
type mendJSON struct {
	Done     bool            `json:"done"` // false: this is the plan
	UndoFile string          `json:"undoFile,omitempty"`
	Groups   []mendGroupJSON `json:"groups"`
	Closed   []string        `json:"closed"` // ids of the report's drifts that are gone
}

type mendGroupJSON struct {
	Group   string         `json:"group"`
	Account string         `json:"account"`
	Region  string         `json:"region"`
	Steps   []mendStepJSON `json:"steps"`
	Left    []mendLeftJSON `json:"left"`
	Error   string         `json:"error,omitempty"`
}

type mendStepJSON struct {
	Call        string            `json:"call"`
	Rule        *secgroup.Entry   `json:"rule,omitempty"` // none: the group itself
	Description string            `json:"description,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Drifts      []string          `json:"drifts"`
	Reason      string            `json:"reason"`
	Status      string            `json:"status"` // planned, done, failed or untried
	Error       string            `json:"error,omitempty"`
}

type mendLeftJSON struct {
	Drift   string          `json:"drift,omitempty"` // its id
	Kind    drift.Kind      `json:"kind,omitempty"`
	Rule    *secgroup.Entry `json:"rule,omitempty"`
	Subject string          `json:"subject,omitempty"`
	Reason  string          `json:"reason"`
}

// print prints the plan or the results, and returns the exit code.
func (m *mending) print(cmd *cobra.Command) error {
	var err error
	if outputOf(cmd) == jsonFormat {
		err = console.WriteJSON(cmd.OutOrStdout(), m.json())
	} else {
		_, err = io.WriteString(cmd.OutOrStdout(), m.text(cmd.OutOrStdout()))
	}
	failedJob := func(j *mend.Job) bool {
		return j.Err != nil || slices.ContainsFunc(j.Results, func(r mend.Result) bool { return r.Err != nil })
	}
	if err == nil && slices.ContainsFunc(m.jobs, failedJob) {
		return failed
	}
	return err
}

func (m *mending) json() mendJSON {
	document := mendJSON{Done: m.done, UndoFile: m.undoFile, Groups: []mendGroupJSON{}, Closed: []string{}}
	for _, d := range m.gone {
		document.Closed = append(document.Closed, d.ID)
	}
	for _, j := range m.jobs {
		g := mendGroupJSON{Group: j.Group.ID, Account: j.Group.Account, Region: j.Group.Region,
			Steps: []mendStepJSON{}, Left: []mendLeftJSON{}}
		if j.Err != nil {
			g.Error = awsError(j.Err).Error()
		}
		for i, s := range j.Plan.Steps {
			step := mendStepJSON{Call: string(s.Op), Description: s.Description, Tags: s.Tags,
				Drifts: orEmpty(s.Drifts), Reason: s.Reason}
			if s.Entry.Rule.Peer.IsValid() {
				step.Rule = &s.Entry
			}
			step.Status, step.Error = m.status(j, i)
			g.Steps = append(g.Steps, step)
		}
		for _, l := range j.Plan.Left {
			left := mendLeftJSON{Drift: l.Drift.ID, Kind: l.Drift.Kind, Subject: l.Drift.Subject, Reason: l.Reason}
			if l.Drift.HasRule() {
				left.Rule = &l.Drift.Rule
			}
			g.Left = append(g.Left, left)
		}
		document.Groups = append(document.Groups, g)
	}
	return document
}

// status returns the outcome of a step, and its error.
func (m *mending) status(j *mend.Job, step int) (status, problem string) {
	switch {
	case !m.done:
		return "planned", ""
	case step >= len(j.Results):
		return "untried", ""
	case j.Results[step].Err != nil:
		return "failed", awsError(j.Results[step].Err).Error()
	}
	return "done", ""
}

// text is the plan or the results for people.
func (m *mending) text(w io.Writer) string {
	t := mendText{style: console.StyleFor(w), m: m}
	for _, j := range m.jobs {
		t.job(j)
	}
	for _, d := range m.gone {
		t.sentence(console.Faint, "=", fmt.Sprintf("%s in %s: it is closed by now", d.Kind, d.Group.ID))
	}
	t.sum()
	return t.out.String()
}

type mendText struct {
	style  console.Style
	m      *mending
	out    strings.Builder
	counts [3]int // rules to authorize and to revoke, and other changes
	left   int
	failed int
}

// sentence writes a mark and a text, wrapped and indented.
func (t *mendText) sentence(p console.Paint, mark, text string) {
	wrapped := strings.TrimLeft(console.Wrap(printable(text), 80, 5), " ")
	fmt.Fprintf(&t.out, "  %s  %s\n", t.style.Paint(p, mark), wrapped)
}

func (t *mendText) job(j *mend.Job) {
	fmt.Fprintln(&t.out, t.style.Paint(console.Bold, printable(j.Group.ID)))
	rows := console.Table{Style: t.style}
	for i, s := range j.Plan.Steps {
		status, problem := t.m.status(j, i)
		if status == "failed" || status == "untried" {
			t.failed++
			defer t.sentence(console.Red, "!", cmp.Or(problem, "not tried")+": "+whatText(s, j.Group.ID))
			continue
		}
		rows.Add(t.row(s, j.Group.ID)...)
	}
	if len(rows.Rows) > 0 {
		t.out.WriteString(rows.String())
	}
	for _, l := range j.Plan.Left {
		t.left++
		what := strings.TrimSpace(string(l.Drift.Kind) + " " + l.Drift.Subject)
		if l.Drift.HasRule() {
			what = strings.TrimSpace(what + " " + ruleText(l.Drift.Rule, j.Group.ID))
		}
		t.sentence(console.Yellow, "!", what+": "+l.Reason)
	}
	if j.Err != nil {
		t.failed++
		t.sentence(console.Red, "!", awsError(j.Err).Error())
	}
}

// row is the row of one step.
func (t *mendText) row(s repair.Step, group string) []console.Cell {
	mark, kind := console.Yellow.Cell("  ~"), 2
	switch s.Op {
	case repair.Authorize:
		mark, kind = console.Green.Cell("  +"), 0
	case repair.Revoke:
		mark, kind = console.Red.Cell("  -"), 1
	}
	t.counts[kind]++
	return append([]console.Cell{mark},
		console.Plain(whatText(s, group), printable(s.Entry.ID), printable(s.Reason))...)
}

// whatText names the rule of a step and, unless the step makes or revokes it, the change.
func whatText(s repair.Step, group string) string {
	var tags []string
	for key, value := range s.Tags {
		tags = append(tags, printable(key+"="+value))
	}
	slices.Sort(tags)
	switch rule := ruleText(s.Entry, group); s.Op {
	case repair.Describe:
		return rule + ": description " + quoted(s.Description)
	case repair.Tag:
		return fmt.Sprintf("%s: %d tags", rule, len(tags))
	case repair.Untag:
		return rule + ": without sgkeeper's tags"
	case repair.TagGroup:
		return "the group: tag " + strings.Join(tags, ", ")
	case repair.UntagGroup:
		return "the group: without tag " + strings.Join(tags, ", ")
	default:
		return rule
	}
}

// sum writes the counts, and how to undo.
func (t *mendText) sum() {
	verb := "Plan: %d to authorize, %d to revoke, %d to change, %d left.\n"
	if t.m.done {
		verb = "Done: %d authorized, %d revoked, %d changed, %d left.\n"
	}
	fmt.Fprintf(&t.out, verb, t.counts[0], t.counts[1], t.counts[2], t.left)
	if t.m.done && t.failed > 0 {
		fmt.Fprintln(&t.out, "Not all calls succeeded. The same command tries the others again.")
	}
	if t.m.undoFile != "" {
		fmt.Fprintf(&t.out, "To undo: sgkeeper mend --undo %s%s\n", shellWord(t.m.undoFile), t.m.again)
	}
}
