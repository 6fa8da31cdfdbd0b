package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/report"
)

// auditOutputFlags say where a report goes, and when it is a failure.
type auditOutputFlags struct {
	format reportFormat
	file   string
	failOn severityFlag
}

func (f *auditOutputFlags) add(cmd *cobra.Command) {
	f.failOn = "low"
	flags := cmd.Flags()
	flags.Var(&f.format, "output", "how the report is written: text, json, html, csv, junit, asff or ocsf; by default text, or what the name of --file ends with")
	flags.StringVar(&f.file, "file", "", "`file` to write the report to, instead of standard output")
	flags.Var(&f.failOn, "fail-on", "from which severity on drift makes the exit code 2: informational, low, medium, high or critical; or never")
	var formats []string
	for _, format := range report.Formats() {
		formats = append(formats, string(format))
	}
	complete(cmd, "output", formats...)
	complete(cmd, "fail-on", severityNames()...)
}

// reportFormat is the format of a report. It is a flag's value; "" is not given.
type reportFormat report.Format

// String implements pflag.Value.
func (f *reportFormat) String() string { return string(*f) }

// Type implements pflag.Value.
func (f *reportFormat) Type() string { return "format" }

// Set implements pflag.Value.
func (f *reportFormat) Set(s string) error {
	format, err := report.ParseFormat(s)
	if err != nil {
		return errors.New("want text, json, html, csv, junit, asff or ocsf")
	}
	*f = reportFormat(format)
	return nil
}

// severityFlag is a severity, or never. It is a flag's value.
type severityFlag string

const never = "never"

func severityNames() (names []string) {
	for s := audit.Informational; s <= audit.Critical; s++ {
		names = append(names, s.String())
	}
	return append(names, never)
}

// String implements pflag.Value.
func (f *severityFlag) String() string { return string(*f) }

// Type implements pflag.Value.
func (f *severityFlag) Type() string { return "severity" }

// Set implements pflag.Value.
func (f *severityFlag) Set(s string) error {
	var severity audit.Severity
	if s != never && severity.UnmarshalText([]byte(s)) != nil {
		return errors.New("want informational, low, medium, high, critical or never")
	}
	*f = severityFlag(s)
	return nil
}

// endings are the formats by what a file's name ends with. What is named after a
// format is in it, too.
var endings = map[string]report.Format{
	"": report.Text, ".txt": report.Text, ".json": report.JSON, ".html": report.HTML, ".htm": report.HTML, ".csv": report.CSV, ".xml": report.JUnit,
}

// check settles the format: what --output says, or else what the file is named.
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
			return fmt.Errorf("--file %s: no format is known by the ending %s: want .txt, .json, .html, .csv, .xml (JUnit), .asff or .ocsf, or say by --output which", f.file, filepath.Ext(f.file))
		}
		format = named
	}
	f.format = reportFormat(format)
	return nil
}

// write writes the report. Where it goes to a file, a line on standard output
// tells so.
func (f *auditOutputFlags) write(cmd *cobra.Command, r *audit.Report) error {
	if f.file == "" || f.file == "-" {
		return report.Write(cmd.OutOrStdout(), report.Format(f.format), r)
	}
	err := writeReport(f.file, report.Format(f.format), r)
	if err != nil {
		return fmt.Errorf("--file %s: %w", f.file, err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\nWritten to %s.\n", report.Sum(r), printable(f.file))
	return err
}

// writeReport writes a report to a file. One that cannot be written whole is
// taken away.
func writeReport(name string, format report.Format, r *audit.Report) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	err = report.Write(out, format, r)
	err = cmp.Or(err, out.Flush(), file.Close())
	if err != nil {
		file.Close()
		os.Remove(name)
	}
	return err
}

// verdict is the exit code.
func (f *auditOutputFlags) verdict(r *audit.Report) error {
	var least audit.Severity
	worst, found := r.Counts().Worst()
	if f.failOn == never || !found || least.UnmarshalText([]byte(f.failOn)) != nil || worst < least {
		return nil
	}
	return different
}
