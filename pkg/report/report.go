// Package report renders what an audit found: for people as text and as an HTML
// page, for programs as JSON, CSV and JUnit XML, and for those who gather
// findings as ASFF (AWS Security Hub) and OCSF.
//
// All of them show the same report. What stands in rules, tags and events was
// written by others: each format escapes it in its own way, and none lets it act.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
)

// Format is how a report is rendered.
type Format string

// The formats.
const (
	Text  Format = "text"  // for a terminal
	JSON  Format = "json"  // the whole report, by audit.ReportSchema
	HTML  Format = "html"  // one page with everything in it
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

var writers = map[Format]func(io.Writer, *audit.Report) error{
	Text:  writeText,
	JSON:  writeJSON,
	HTML:  writeHTML,
	CSV:   writeCSV,
	JUnit: writeJUnit,
	ASFF:  writeASFF,
	OCSF:  writeOCSF,
}

// Write renders the report. The report is as [audit.Conclude] leaves it.
func Write(w io.Writer, f Format, r *audit.Report) error {
	write, ok := writers[f]
	if !ok {
		_, err := ParseFormat(string(f))
		return err
	}
	return write(w, r)
}
