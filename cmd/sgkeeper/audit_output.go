package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/report"
)

// auditOutputFlags set the output of a report, and the severity that is a failure.
type auditOutputFlags struct {
	format report.Format // "": not given
	file   string
	failOn string // a severity, or never
}

func (f *auditOutputFlags) add(cmd *cobra.Command) {
	f.failOn = "low"
	var formats []string
	for _, format := range report.Formats() {
		formats = append(formats, string(format))
	}
	flags := cmd.Flags()
	flags.Var(checked(&f.format, "format", oneOf(formats...)), "output",
		"format of the report: text, json, html, csv, junit, asff or ocsf; by default text, "+
			"or the format that the name of "+
			"--file ends with")
	flags.StringVar(&f.file, "file", "", "`file` to write the report to, instead of standard output")
	flags.Var(checked(&f.failOn, "severity", oneOf(severityNames()...)), "fail-on",
		"lowest severity of a drift that makes the exit code 2: informational, low, medium, high or critical; or never")
	complete(cmd, "output", formats...)
	complete(cmd, "fail-on", severityNames()...)
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

// check sets the format by --output or, without it, by the ending of the file.
func (f *auditOutputFlags) check(cmd *cobra.Command) error {
	if f.file == "" && cmd.Flags().Changed("file") {
		return errors.New("--file is empty: want a file's name, or leave it out")
	}
	if f.format != "" {
		return nil
	}
	ending := strings.ToLower(filepath.Ext(f.file))
	format, known := endings[ending]
	if !known {
		named, err := report.ParseFormat(strings.TrimPrefix(ending, "."))
		if err != nil {
			return fmt.Errorf("--file %s: no format is known by the ending %s: want .txt, .json, .html, "+
				".csv, .xml (JUnit), "+
				".asff or .ocsf, or give --output", f.file, filepath.Ext(f.file))
		}
		format = named
	}
	f.format = format
	return nil
}

// write writes the report. If it goes to a file, a line on standard output names the file.
func (f *auditOutputFlags) write(cmd *cobra.Command, r *drift.Report) error {
	if f.file == "" || f.file == "-" {
		return f.render(cmd.OutOrStdout(), r)
	}
	err := f.writeFile(r)
	if err != nil {
		return fmt.Errorf("--file %s: %w", f.file, err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\nWritten to %s.\n", report.Sum(r), printable(f.file))
	return err
}

// render writes a report in its format.
func (f *auditOutputFlags) render(w io.Writer, r *drift.Report) error {
	if f.format == report.JUnit {
		return report.WriteJUnit(w, r, f.least())
	}
	return report.Write(w, f.format, r)
}

// least returns the lowest severity of a drift that is a failure. For never, it is above all
// severities.
func (f *auditOutputFlags) least() (s drift.Severity) {
	if s.UnmarshalText([]byte(f.failOn)) != nil {
		return drift.Critical + 1
	}
	return s
}

// writeFile writes a report to the file. If that fails, it removes the incomplete file.
func (f *auditOutputFlags) writeFile(r *drift.Report) error {
	file, err := os.Create(f.file)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	err = f.render(out, r)
	err = cmp.Or(err, out.Flush(), file.Close())
	if err != nil {
		file.Close()
		os.Remove(f.file)
	}
	return err
}

// verdict returns the exit code.
func (f *auditOutputFlags) verdict(r *drift.Report) error {
	if worst, found := r.Counts().Worst(); !found || worst < f.least() {
		return nil
	}
	return different
}
