package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/demo"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

func TestDemoJSON(t *testing.T) {
	var out, errOut bytes.Buffer
	page := filepath.Join(t.TempDir(), "report.html")
	args := []string{"demo", "--launches", "20", "--groups", "2", "--output", "json", "--report", page}
	if code := run(args, strings.NewReader(""), &out, &errOut); code != 0 {
		t.Fatalf("exit code %d: %s", code, &errOut)
	}
	if errOut.Len() > 0 {
		t.Errorf("on standard error, which is no terminal: %q", &errOut)
	}
	var r demo.Result
	d := json.NewDecoder(&out)
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatal(err)
	}
	if r.Launches != 20 || r.GroupCount != 2 || r.Seed != 1 || len(r.SharedGroups) != 2 {
		t.Errorf("%d launches on %d groups (%d printed), seed %d: want 20, 2, 2, 1",
			r.Launches, r.GroupCount, len(r.SharedGroups), r.Seed)
	}
	for _, f := range []demo.Figures{r.Naive, r.Sgkeeper} {
		if f.Launches != 20 || f.Failed != f.Errors+f.NotOpen || f.Duplicates > f.Errors || f.Races > f.Duplicates {
			t.Errorf("figures %+v do not add up", f)
		}
		if f.EC2Calls != f.Calls.Of("ec2") || f.Seconds < f.MedianSeconds || f.MedianSeconds <= 0 {
			t.Errorf("figures %+v do not add up", f)
		}
	}
	html, err := os.ReadFile(page)
	if err != nil || !strings.Contains(string(html), "world-open-sensitive") || r.Audit.Report != page {
		t.Errorf("the audit's report at %q: %v", r.Audit.Report, err)
	}
	for _, g := range r.SharedGroups {
		earlier := secgroup.MustParseRule("tcp 8004 from 0.0.0.0/0")
		if !secgroup.Rules(g.Rules).Contains(earlier) || g.Rules[0].ID == "" {
			t.Errorf("group %s: rules %v", g.Group, g.Rules)
		}
	}
}
