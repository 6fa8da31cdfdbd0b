package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/trace"
	"github.com/sgkeeper/sgkeeper/pkg/tracepage"
)

// newTrace returns the parent of the commands about recorded runs.
func newTrace() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trace",
		Short: "Check recorded runs of the functions against the protocol",
		Long:  traceLong,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTraceCheck())
	return cmd
}

// traceCheckFlags are the flags of `sgkeeper trace check`.
type traceCheckFlags struct {
	group    string
	html     string
	complete bool
}

func newTraceCheck() *cobra.Command {
	var f traceCheckFlags
	cmd := &cobra.Command{
		Use:     "check FILE...",
		Short:   "Check the logs of functions against the protocol",
		Long:    traceCheckLong,
		Example: traceCheckExample,
		Args:    atLeastOneLog,
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.group, "group", "", "check only this security group, by its `id`")
	flags.StringVar(&f.html, "html", "", "`file` for a page that draws the run of one group")
	flags.BoolVar(&f.complete, "complete", false,
		"the files have the logs of all functions, so a step of any other function is impossible")
	must(cmd.MarkFlagFilename("html", "html"))
	complete(cmd, "group")
	return cmd
}

func atLeastOneLog(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errors.New("which log? name at least one file; - is standard input")
	}
	return nil
}

func (f *traceCheckFlags) run(cmd *cobra.Command, files []string) error {
	var log trace.Log
	source := source{stdin: cmd.InOrStdin()}
	for _, file := range files {
		data, err := source.read(file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := log.Read(file, bytes.NewReader(data)); err != nil {
			return err
		}
	}
	lines := slices.DeleteFunc(log.Lines, func(l trace.Line) bool {
		return f.group != "" && !strings.HasSuffix(l.Group, "/"+f.group)
	})
	if len(lines) == 0 {
		return fmt.Errorf("found no step among %d lines: want the log of an ensure function with SGKEEPER_TRACE=on",
			log.Skipped+len(log.Lines))
	}
	results := trace.Check(lines, f.complete)
	if err := f.draw(results); err != nil {
		return err
	}
	checked := traceChecked{Groups: []tracedGroup{}, Skipped: log.Skipped, Unreadable: orEmpty(log.Faults)}
	for _, r := range results {
		checked.Groups = append(checked.Groups, tracedGroupOf(r))
	}
	if err := checked.write(cmd); err != nil {
		return err
	}
	if slices.ContainsFunc(checked.Groups, func(g tracedGroup) bool { return !g.Conforms }) {
		return failed
	}
	return nil
}

// draw writes the page of the only group.
func (f *traceCheckFlags) draw(results []trace.Result) error {
	if f.html == "" {
		return nil
	}
	if len(results) > 1 {
		return fmt.Errorf("--html draws one group, and the files have %d: choose one with --group", len(results))
	}
	var page bytes.Buffer
	if err := tracepage.Write(&page, results[0]); err != nil {
		return err
	}
	return os.WriteFile(f.html, page.Bytes(), 0o644)
}

// traceChecked is the output of `sgkeeper trace check --output json`.
type traceChecked struct {
	Groups     []tracedGroup `json:"groups"`
	Skipped    int           `json:"skipped"`    // other lines
	Unreadable []string      `json:"unreadable"` // steps
}

// tracedGroup is the check of one group.
type tracedGroup struct {
	Group      string       `json:"group"`
	Conforms   bool         `json:"conforms"`
	Passes     int          `json:"passes"`
	Functions  int          `json:"functions"`
	Steps      int          `json:"steps"`
	Unfinished []string     `json:"unfinished"`
	Gaps       []string     `json:"gaps"`
	Why        string       `json:"why,omitempty"`    // the first impossible step is impossible
	Step       *trace.Line  `json:"step,omitempty"`   // the first impossible one
	Before     []traceEvent `json:"before,omitempty"` // at most ten events before it
}

// traceEvent is a step, or an effect that no function logged.
type traceEvent struct {
	Step     *trace.Line `json:"step,omitempty"`
	Unlogged string      `json:"unlogged,omitempty"`
}

func tracedGroupOf(r trace.Result) tracedGroup {
	g := tracedGroup{
		Group: r.Group, Conforms: r.Broken == nil, Passes: r.Passes, Functions: len(r.Functions),
		Unfinished: orEmpty(r.Unfinished), Gaps: orEmpty(r.Gaps),
	}
	for _, e := range r.Events {
		if e.Line != nil {
			g.Steps++
		}
	}
	if b := r.Broken; b != nil {
		g.Why, g.Step = b.Why, b.Line
		for _, e := range b.Before {
			g.Before = append(g.Before, traceEvent{e.Line, e.Unlogged})
		}
	}
	return g
}

func (c traceChecked) write(cmd *cobra.Command) error {
	w := cmd.OutOrStdout()
	if outputOf(cmd) == jsonFormat {
		return console.WriteJSON(w, c)
	}
	style := console.StyleFor(w)
	var b strings.Builder
	for _, g := range c.Groups {
		g.print(&b)
	}
	for _, fault := range c.Unreadable {
		fmt.Fprintf(&b, "not read: %s\n", fault)
	}
	_, err := io.WriteString(w, style.Fit(console.PrintableLines(b.String())))
	return err
}

func (g tracedGroup) print(b *strings.Builder) {
	verdict := "conforms"
	if !g.Conforms {
		verdict = "does not conform"
	}
	fmt.Fprintf(b, "%s %s (steps %d, passes %d, functions %d)\n", g.Group, verdict, g.Steps, g.Passes, g.Functions)
	for _, text := range g.Unfinished {
		fmt.Fprintf(b, "  unfinished: %s\n", text)
	}
	for _, text := range g.Gaps {
		fmt.Fprintf(b, "  gap: %s\n", text)
	}
	for _, e := range g.Before {
		if e.Step == nil {
			fmt.Fprintf(b, "    (%s)\n", e.Unlogged)
			continue
		}
		fmt.Fprintf(b, "    %s\n", stepText(e.Step))
	}
	if g.Step != nil {
		fmt.Fprintf(b, "  > %s\n  impossible: %s\n", stepText(g.Step), g.Why)
	}
}

func stepText(l *trace.Line) string {
	text := fmt.Sprintf("%s %s step %d: %s", l.At.Time().Format("15:04:05.000"), l.Pass, l.Number, l.Step)
	switch {
	case l.Lost:
		text += ", reply lost"
	case l.Failed:
		text += ", refused"
	}
	if h := l.Head; h != nil {
		text += fmt.Sprintf(", saw %d of %d tickets served", h.Applied, h.Want)
		if h.Owner != "" {
			text += ", lease of " + h.Owner
		}
	}
	return text + ", then " + l.After.Step
}
