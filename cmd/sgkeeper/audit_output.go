package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/report"
)

// auditOutputFlags set the outputs of a report, and the severity that is a failure.
type auditOutputFlags struct {
	formats formatList
	files   []string
	failOn  failOn
	outputs []auditOutput // after check
}

// auditOutput is one output of a report.
type auditOutput struct {
	file   string // "" or "-" is standard output
	format report.Format
}

func (f *auditOutputFlags) add(cmd *cobra.Command) {
	var formats []string
	for _, format := range report.Formats() {
		formats = append(formats, string(format))
	}
	flags := cmd.Flags()
	flags.Var(&f.formats, "output",
		"`format` of the report: text, json, html, csv, junit, asff or ocsf; by default text, or the format that "+
			"the name of --file ends with; may be repeated, once for each --file")
	flags.StringArrayVar(&f.files, "file", nil,
		"`file` to write the report to, instead of standard output; may be repeated; - is standard output")
	f.failOn.add(cmd)
	complete(cmd, "output", formats...)
}

// formatList is the value of --output, which may be repeated.
type formatList []report.Format

// String implements pflag.Value.
func (l *formatList) String() string {
	var names []string
	for _, f := range *l {
		names = append(names, string(f))
	}
	return strings.Join(names, ",")
}

// Type implements pflag.Value.
func (l *formatList) Type() string { return "format" }

// Set implements pflag.Value.
func (l *formatList) Set(s string) error {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, string(f))
	}
	if err := oneOf(names...)(s); err != nil {
		return err
	}
	*l = append(*l, report.Format(s))
	return nil
}

// failOn is --fail-on: the lowest severity of a drift that is a failure, or never.
type failOn struct{ severity string }

func (f *failOn) add(cmd *cobra.Command) {
	f.severity = "low"
	cmd.Flags().Var(checked(&f.severity, "severity", oneOf(severityNames()...)), "fail-on",
		"lowest severity of a drift that makes the exit code 2: informational, low, medium, high or critical; or never")
	complete(cmd, "fail-on", severityNames()...)
}

// least returns the lowest severity of a drift that is a failure. For never, it is above all
// severities.
func (f *failOn) least() (s drift.Severity) {
	if s.UnmarshalText([]byte(f.severity)) != nil {
		return drift.Critical + 1
	}
	return s
}

// verdict returns the exit code of a command that found drifts.
func (f *failOn) verdict(c drift.Counts) error {
	if worst, found := c.Worst(); !found || worst < f.least() {
		return nil
	}
	return different
}

// never is the value of --fail-on that makes no drift a failure.
const never = "never"

func severityNames() (names []string) {
	for s := drift.Informational; s <= drift.Critical; s++ {
		names = append(names, s.String())
	}
	return append(names, never)
}

// endings are the formats by the ending of a file's name. A file named after a format has that
// format.
var endings = map[string]report.Format{
	"": report.Text, ".txt": report.Text, ".json": report.JSON, ".csv": report.CSV, ".xml": report.JUnit,
	".html": report.HTML, ".htm": report.HTML,
}

// check sets the outputs. Without --output, the ending of a file sets its format.
func (f *auditOutputFlags) check() error {
	files := f.files
	if len(files) == 0 {
		files = []string{""}
	}
	if len(f.formats) > 0 && len(f.formats) != len(files) {
		return fmt.Errorf("--output is given %d times, and --file %d times: want one --output for each --file, "+
			"in their order, or no --output", len(f.formats), len(f.files))
	}
	seen := make(map[string]bool, len(files))
	for i, file := range files {
		if seen[file] {
			return fmt.Errorf("--file %s: given twice: want each file once", file)
		}
		seen[file] = true
		o := auditOutput{file: file}
		if len(f.formats) > 0 {
			o.format = f.formats[i]
		} else if err := o.byEnding(); err != nil {
			return err
		}
		f.outputs = append(f.outputs, o)
	}
	return nil
}

// byEnding sets the format by the ending of the file's name.
func (o *auditOutput) byEnding() (err error) {
	ending := strings.ToLower(filepath.Ext(o.file))
	format, known := endings[ending]
	if !known {
		if format, err = report.ParseFormat(strings.TrimPrefix(ending, ".")); err != nil {
			return fmt.Errorf("--file %s: no format is known by the ending %s: want .txt, .json, .html, "+
				".csv, .xml (JUnit), .asff or .ocsf, or give --output", o.file, filepath.Ext(o.file))
		}
	}
	o.format = format
	return nil
}

// write writes the report to all outputs. If none is standard output, lines there name the files.
func (f *auditOutputFlags) write(cmd *cobra.Command, r *drift.Report) error {
	var written []string
	for _, o := range f.outputs {
		if o.file == "" || o.file == "-" {
			if err := o.render(cmd.OutOrStdout(), r, f.failOn.least()); err != nil {
				return err
			}
			continue
		}
		if err := o.writeFile(r, f.failOn.least()); err != nil {
			return fmt.Errorf("--file %s: %w", o.file, err)
		}
		written = append(written, printable(o.file))
	}
	if len(written) < len(f.outputs) {
		return nil
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s\nWritten to %s.\n", report.Sum(r), strings.Join(written, ", "))
	return err
}

// render writes a report in its format. Milder drifts than least are no failures.
func (o auditOutput) render(w io.Writer, r *drift.Report, least drift.Severity) error {
	if o.format == report.JUnit {
		return report.WriteJUnit(w, r, least)
	}
	return report.Write(w, o.format, r)
}

// writeFile writes a report to the file. If that fails, it removes the incomplete file.
func (o auditOutput) writeFile(r *drift.Report, least drift.Severity) error {
	file, err := os.Create(o.file)
	if err != nil {
		return fileFault(err)
	}
	out := bufio.NewWriter(file)
	err = o.render(out, r, least)
	err = cmp.Or(err, out.Flush(), file.Close())
	if err != nil {
		file.Close()
		os.Remove(o.file)
	}
	return err
}
