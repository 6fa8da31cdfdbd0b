// Package report renders an audit's report. People read it as text or as an HTML page,
// programs as JSON, CSV or JUnit XML, and findings' consumers as ASFF (AWS Security Hub) or
// OCSF.
//
// All formats show the same report. Rules, tags and events hold text that others wrote. Each
// format escapes it, so that no text acts as markup, a formula or a terminal code.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/bigjson"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// Format names a format of a report.
type Format string

// The formats.
const (
	Text  Format = "text"  // for a terminal
	JSON  Format = "json"  // the whole report, by drift.ReportSchema
	HTML  Format = "html"  // one page, with the whole report in it
	CSV   Format = "csv"   // a row for each drift
	JUnit Format = "junit" // a test case for each group
	ASFF  Format = "asff"  // a line for each batch of findings, for BatchImportFindings
	OCSF  Format = "ocsf"  // a list of Compliance Findings
)

// Formats returns every format.
func Formats() []Format { return []Format{Text, JSON, HTML, CSV, JUnit, ASFF, OCSF} }

// ParseFormat reads a format's name.
func ParseFormat(s string) (Format, error) {
	if f := Format(s); slices.Contains(Formats(), f) {
		return f, nil
	}
	names := make([]string, len(Formats()))
	for i, f := range Formats() {
		names[i] = string(f)
	}
	last := len(names) - 1
	return "", fmt.Errorf("format %q: want %s or %s", s, strings.Join(names[:last], ", "), names[last])
}

var writers = map[Format]func(io.Writer, *drift.Report) error{
	Text: writeText,
	JSON: writeJSON,
	HTML: writeHTML,
	CSV:  writeCSV,
	ASFF: writeASFF,
	OCSF: writeOCSF,
}

// Write renders a report that [drift.Conclude] has completed. It fails if it does not know the
// format, if w fails, or, for ASFF and OCSF, with [ErrNoPlace].
//
// JUnit marks each group with drift as failed. [WriteJUnit] can let milder drifts pass.
func Write(w io.Writer, f Format, r *drift.Report) error {
	if f == JUnit {
		return WriteJUnit(w, r, drift.Informational)
	}
	write, ok := writers[f]
	if !ok {
		_, err := ParseFormat(string(f))
		return err
	}
	return write(w, r)
}

// WriteJUnit renders a report in the format [JUnit]. Only drifts of at least the severity failOn
// are failures. For a severity above [drift.Critical], no drift is.
func WriteJUnit(w io.Writer, r *drift.Report, failOn drift.Severity) error {
	return writeJUnit(w, r, failOn)
}

func writeJSON(w io.Writer, r *drift.Report) error {
	return bigjson.Write(console.PrintableJSONWriter(w), r, "  ")
}

// WriteDense renders a report in the format [JSON] on one line.
func WriteDense(w io.Writer, r *drift.Report) error {
	return bigjson.Write(console.PrintableJSONWriter(w), r, "")
}
