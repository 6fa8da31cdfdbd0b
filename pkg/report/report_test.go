package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func rendered(t *testing.T, f Format, r *drift.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, f, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got); with -update it is rewritten:\n%s", file, diff)
	}
}

func TestText(t *testing.T) {
	golden(t, "report.txt", rendered(t, Text, whole()))
	golden(t, "clean.txt", rendered(t, Text, audited(now, nil, group(4, "quiet"))))
	golden(t, "empty.txt", rendered(t, Text, audited(now, nil)))
}

// TestTerminalIsSafe: the output has no character that controls a terminal.
func TestTerminalIsSafe(t *testing.T) {
	for _, f := range []Format{Text, JSON} {
		for i, c := range rendered(t, f, whole()) {
			if c != '\n' && !unicode.IsPrint(c) {
				t.Errorf("%s: %q at %d", f, c, i)
			}
		}
	}
}

// TestJSON reads back the written report, and checks it against its schema.
func TestJSON(t *testing.T) {
	for name, r := range map[string]*drift.Report{"whole": whole(), "empty": audited(now, nil)} {
		text := rendered(t, JSON, r)
		var got drift.Report
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		// An invalid byte is written as \ufffd. Decoded, it is the character U+FFFD itself.
		again := strings.ReplaceAll(rendered(t, JSON, &got), "\uFFFD", `\ufffd`)
		if diff := cmp.Diff(text, again); diff != "" {
			t.Errorf("%s: written again (-first +second):\n%s", name, diff)
		}
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schemaOf(t, drift.ReportSchema).Validate(document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func schemaOf(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestFormats(t *testing.T) {
	for _, f := range Formats() {
		if got, err := ParseFormat(string(f)); got != f || err != nil {
			t.Errorf("ParseFormat(%q) = %q, %v", f, got, err)
		}
	}
	for _, s := range []string{"", "JSON", "xml"} {
		if _, err := ParseFormat(s); err == nil || !strings.Contains(err.Error(),
			"want text, json, html, csv, junit, asff or ocsf") {
			t.Errorf("ParseFormat(%q): %v", s, err)
		}
	}
	if err := Write(&bytes.Buffer{}, "xml", audited(now, nil)); err == nil {
		t.Error("Write(xml) took it")
	}
}

// TestJUnitFailsOn: a group without a drift of the severity passes, and its drifts are output.
func TestJUnitFailsOn(t *testing.T) {
	r := whole()
	for _, row := range []struct {
		failOn drift.Severity
		fails  bool
	}{{drift.Informational, true}, {drift.Critical, true}, {drift.Critical + 1, false}} {
		var b strings.Builder
		if err := WriteJUnit(&b, r, row.failOn); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if fails := strings.Contains(text, "<failure"); fails != row.fails {
			t.Errorf("fail on %d: a failure %v, want %v", row.failOn, fails, row.fails)
		}
		if passes := strings.Contains(text, "<system-out"); passes != (row.failOn > drift.Informational) {
			t.Errorf("fail on %d: drifts as output %v", row.failOn, passes)
		}
		if n := strings.Count(text, "mend:"); n != len(r.Drifts) {
			t.Errorf("fail on %d: %d drifts, want all %d", row.failOn, n, len(r.Drifts))
		}
	}
}

// TestDescriptionIsShown: the description of a drift's rule is in each format.
func TestDescriptionIsShown(t *testing.T) {
	r := audited(now, nil, group(4, "quiet"))
	g := r.Groups[0].Group
	r.Drifts = []drift.Drift{{
		Kind: drift.Unexpected, Severity: drift.Medium, Group: g, Since: now, ID: "d",
		Rule: secgroup.Entry{ID: "sgr-1", Description: "asked by Kim",
			Rule: secgroup.MustParseRule("tcp 80 from 10.0.0.0/8")},
	}}
	for _, f := range Formats() {
		if text := rendered(t, f, r); !strings.Contains(text, "asked by Kim") {
			t.Errorf("%s has no description:\n%s", f, text)
		}
	}
}

// TestFindingIsSeenAfterItBegan: a drift may begin while the audit runs.
func TestFindingIsSeenAfterItBegan(t *testing.T) {
	r := audited(now, nil, group(4, "quiet"))
	r.Drifts = []drift.Drift{{Kind: drift.Unexpected, Group: r.Groups[0].Group, Since: r.Started.Add(time.Second),
		ID: "d"}}
	r.Finished = time.Time{}
	d := &r.Drifts[0]
	if f := ocsfOf(r, &r.Groups[0], d, 1, "Create"); f.FindingInfo.LastSeen < f.FindingInfo.FirstSeen {
		t.Errorf("OCSF: last seen %d, first seen %d", f.FindingInfo.LastSeen, f.FindingInfo.FirstSeen)
	}
	if f := finding(r, &r.Groups[0], d); f.LastObservedAt < f.FirstObservedAt {
		t.Errorf("ASFF: last observed %s, first observed %s", f.LastObservedAt, f.FirstObservedAt)
	}
}

// TestSum: a drift about no group does not count as a group.
func TestSum(t *testing.T) {
	group := claim.Group{Account: "111122223333", Region: "us-east-1", ID: "sg-0123456789abcdef0"}
	r := &drift.Report{Groups: []drift.Group{{Group: group}}, Drifts: []drift.Drift{
		{Group: group, Kind: drift.Unexpected, Severity: drift.Medium},
		{Group: claim.Group{Account: "111122223333", Region: "us-east-1"}, Kind: drift.Unknown, Severity: drift.High},
	}}
	if got, want := Sum(r), "Audit: 2 drifts in 1 of 1 group: 1 high, 1 medium."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
