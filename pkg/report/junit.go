package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// The elements of JUnit's XML, in the form that CI systems read.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Name    string       `xml:"name,attr"`
		Tally   junitTally   `xml:",any,attr"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Timestamp string      `xml:"timestamp,attr"`
		Tally     junitTally  `xml:",any,attr"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name      string      `xml:"name,attr"`
		Classname string      `xml:"classname,attr"`
		Time      string      `xml:"time,attr"`
		Failure   *junitFault `xml:"failure,omitempty"`
		Error     *junitFault `xml:"error,omitempty"`
		Output    string      `xml:"system-out,omitempty"`
	}
	junitFault struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",cdata"`
	}
	junitTally []xml.Attr
)

// writeJUnit writes a test suite for each account and Region, and a case for each group. A
// group with a drift of at least the given severity is a failure, and an unreadable group is an
// error. Milder drifts are the case's output.
func writeJUnit(w io.Writer, r *drift.Report, failOn drift.Severity) error {
	all := junitSuites{Name: "sgkeeper audit " + r.ID}
	var cases []junitCase
	for _, s := range sections(r) {
		name := s.Account + "/" + s.Region
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != name {
			all.Suites = append(all.Suites, junitSuite{Name: name,
				Timestamp: r.Started.UTC().Format("2006-01-02T15:04:05")})
		}
		suite := &all.Suites[len(all.Suites)-1]
		suite.Cases = append(suite.Cases, caseOf(s, failOn))
		cases = append(cases, suite.Cases[len(suite.Cases)-1])
	}
	for i := range all.Suites {
		all.Suites[i].Tally = tallyOf(all.Suites[i].Cases)
	}
	all.Tally = tallyOf(cases)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func tallyOf(cases []junitCase) junitTally {
	failures, errors := 0, 0
	for _, c := range cases {
		if c.Failure != nil {
			failures++
		}
		if c.Error != nil {
			errors++
		}
	}
	attr := func(name string, n int) xml.Attr { return xml.Attr{Name: xml.Name{Local: name}, Value: fmt.Sprint(n)} }
	return junitTally{attr("tests", len(cases)), attr("failures", failures), attr("errors", errors), attr("skipped", 0)}
}

func caseOf(s section, failOn drift.Severity) junitCase {
	c := junitCase{Name: s.ID, Classname: s.Account + "." + s.Region, Time: "0"}
	if s.Name != "" {
		c.Name += " (" + console.Printable(s.Name) + ")"
	}
	if len(s.drifts) == 0 {
		return c
	}
	worst := s.drifts[0]
	fault := &junitFault{Type: string(worst.Kind), Message: count(len(s.drifts), "drift", "drifts") + ": " +
		tally(s.counts())}
	failed := false
	for _, d := range s.drifts {
		fault.Text += junitText(d)
		failed = failed || d.Severity >= failOn
	}
	switch {
	case !failed:
		c.Output = fault.Message + "\n" + fault.Text
	case s.Unreadable != "":
		c.Error = fault
	default:
		c.Failure = fault
	}
	return c
}

func junitText(d *drift.Drift) string {
	lines := []string{
		fmt.Sprintf("%s %s %s %s", d.Severity, d.Kind, cmp.Or(about(d), "the group"), d.Rule.ID),
		"  " + d.Detail,
		"  mend: " + d.Remedy,
	}
	for _, more := range []struct{ before, text string }{
		{"described as: ", d.Rule.Description}, {"requested: ", purposesText(d)}, {"changed: ", changeText(d.Changed)},
		{"not verified since ", minute(d.Unverified)},
	} {
		if more.text != "" {
			lines = append(lines, "  "+more.before+more.text)
		}
	}
	for i, line := range lines {
		lines[i] = strings.TrimRight(console.Printable(line), " ")
	}
	return "\n" + strings.Join(lines, "\n") + "\n"
}
