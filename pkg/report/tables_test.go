package report

import (
	"encoding/csv"
	"encoding/xml"
	"strings"
	"testing"
	"unicode"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

func TestCSV(t *testing.T) {
	r := whole()
	text := rendered(t, CSV, r)
	golden(t, "report.csv", text)
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 1+len(r.Drifts) {
		t.Fatalf("%d rows, %v: want one for each of %d drifts, and a heading", len(rows), err, len(r.Drifts))
	}
	for _, row := range rows {
		for i, field := range row {
			if field != "" && strings.ContainsRune("=+-@\t\r", []rune(field)[0]) ||
				strings.IndexFunc(field, unprintable) >= 0 {
				t.Errorf("%s: %q", rows[0][i], field)
			}
		}
	}
}

func unprintable(c rune) bool { return !unicode.IsPrint(c) }

func TestInert(t *testing.T) {
	for _, test := range []struct{ field, want string }{
		{"", ""},
		{"tcp 22 from 0.0.0.0/0", "tcp 22 from 0.0.0.0/0"},
		{"=1+1", "'=1+1"},
		{"+1", "'+1"},
		{"-1", "'-1"},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"|cmd", "'|cmd"},
		{" =1+1", "' =1+1"}, // some programs trim
		{"\t=1", `\t=1`},
		{"\r\n=1", `\r\n=1`},
		{"=1", "'=1"}, // full width
		{"a=1", "a=1"},
	} {
		if got := inert(test.field); got != test.want {
			t.Errorf("inert(%q) = %q, want %q", test.field, got, test.want)
		}
	}
}

func TestJUnit(t *testing.T) {
	r := whole()
	text := rendered(t, JUnit, r)
	golden(t, "report.junit.xml", text)
	var suites struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string  `xml:"name,attr"`
				Failure *string `xml:"failure"`
				Error   *string `xml:"error"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(text), &suites); err != nil {
		t.Fatal(err)
	}
	if suites.Tests != len(r.Groups) || suites.Failures != 6 || suites.Errors != 1 || len(suites.Suites) != 1 {
		t.Errorf("%d tests, %d failures, %d errors in %d suites: want one for each of %d groups, 6, 1, 1", suites.Tests,
			suites.Failures, suites.Errors, len(suites.Suites), len(r.Groups))
	}
	for _, c := range suites.Suites[0].Cases {
		if quiet := strings.Contains(c.Name, "quiet") || strings.Contains(c.Name, "old"); quiet != (c.Failure == nil &&
			c.Error == nil) {
			t.Errorf("%s: failure %v, error %v", c.Name, c.Failure, c.Error)
		}
	}
}

// TestRequestsText: a launch has no words before it only if it requested the rule itself.
func TestRequestsText(t *testing.T) {
	request := func(name string, relation drift.Relation, more int, wants ...string) drift.Request {
		a := drift.Request{Launch: claim.Launch{Name: name}, Status: claim.Open, Relation: relation, More: more}
		for _, text := range wants {
			a.Wants = append(a.Wants, secgroup.MustParseRule(text))
		}
		return a
	}
	d := drift.Drift{Requests: []drift.Request{
		request("part", drift.Part, 2, "tcp 8000 from 0.0.0.0/0", "tcp 8001 from 0.0.0.0/0"),
		request("exact", drift.Itself, 0),
		request("other", drift.Instead, 0, "tcp 80 from 10.0.0.0/8"),
	}}
	want := "exact (until its end); " +
		"serves part for part (until its end): tcp 8000 from 0.0.0.0/0, tcp 8001 from 0.0.0.0/0 and 2 more; " +
		"in place of the request of other (until its end): tcp 80 from 10.0.0.0/8"
	if got := requestsText(&d); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	v := (&page{Report: new(drift.Report)}).driftView(driftIn{Drift: &d})
	var html strings.Builder
	if err := v.requests().Render(&html); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<dt>Requested by</dt><dd><ul><li><bdi>exact</bdi>`, `<dt>Serves part for</dt><dd><ul><li><bdi>part</bdi>`,
		`: tcp 8000 from 0.0.0.0/0, tcp 8001 from 0.0.0.0/0 and 2 more</li>`, `<dt>In place of the request of</dt>`,
	} {
		if !strings.Contains(html.String(), want) {
			t.Errorf("%s lacks %s", &html, want)
		}
	}
}
