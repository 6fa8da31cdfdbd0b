package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// described is the bill of materials of this test's program, twice under two names.
func described(t *testing.T) (bill bom, text []byte, path string) {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err = describe(source{tag: "v1.2.3"}, []program{{archive: "one.zip", path: path},
		{archive: "two.tar.gz", path: path}})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &bill); err != nil {
		t.Fatal(err)
	}
	return bill, text, path
}

// TestBillIsGoVersion: the bill holds each line of `go version -m`, in its order, and no more.
func TestBillIsGoVersion(t *testing.T) {
	bill, _, path := described(t)
	out, err := exec.Command("go", "version", "-m", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		fields := strings.Fields(line)
		switch {
		case i == 0: // the path and Go's version
			want = append(want, "dep std "+fields[1])
		case fields[0] != "mod": // the version in it is none; the bill's is the tag
			want = append(want, strings.Join(fields, " "))
		}
	}
	components := make(map[string]component)
	for _, c := range bill.Components {
		if components[c.Ref].Ref != "" {
			t.Errorf("%s occurs twice", c.Ref)
		}
		components[c.Ref] = c
	}
	for _, name := range []string{"one.zip", "two.tar.gz"} {
		got := linesOf(t, components[name], bill.needs(t, name), components)
		if diff := cmp.Diff(sortedLines(want), sortedLines(got)); diff != "" || len(want) < 20 {
			t.Errorf("%s (-go version -m +bill):\n%s", name, diff)
		}
	}
	if got := bill.needs(t, self); !cmp.Equal(got, []string{"one.zip", "two.tar.gz"}) {
		t.Errorf("the release consists of %v", got)
	}
	if len(bill.Dependencies) != len(bill.Components)+1 {
		t.Errorf("%d dependencies for %d components and the release", len(bill.Dependencies), len(bill.Components))
	}
}

// needs returns the components that a component depends on.
func (b bom) needs(t *testing.T, ref string) []string {
	t.Helper()
	for _, d := range b.Dependencies {
		if d.Ref == ref {
			return d.DependsOn
		}
	}
	t.Fatalf("the bill has no dependencies of %s", ref)
	return nil
}

// linesOf writes a program of the bill as `go version -m` does.
func linesOf(t *testing.T, application component, needs []string, components map[string]component) (lines []string) {
	t.Helper()
	for _, p := range application.Properties {
		name := strings.TrimPrefix(p.Name, "go:")
		if setting, ok := strings.CutPrefix(name, "build:"); ok {
			lines = append(lines, "build "+setting+"="+p.Value)
			continue
		}
		lines = append(lines, name+" "+p.Value)
	}
	for _, ref := range needs {
		c := components[ref]
		line := "dep " + c.Name + " " + c.Version
		for _, h := range c.Hashes {
			sum, err := hex.DecodeString(h.Content)
			if err != nil {
				t.Fatal(err)
			}
			line += " h1:" + base64.StdEncoding.EncodeToString(sum)
		}
		lines = append(lines, line)
	}
	return lines
}

// sortedLines has one entry for each line, because the bill's order is by kind.
func sortedLines(lines []string) map[string]int {
	counted := make(map[string]int)
	for _, line := range lines {
		counted[line]++
	}
	return counted
}

// TestBillIsCycloneDX validates the bill against the schema that the CycloneDX project
// publishes.
func TestBillIsCycloneDX(t *testing.T) {
	folder := os.Getenv("SGKEEPER_ENGINES")
	if folder == "" {
		folder = ".engines"
	}
	if !filepath.IsAbs(folder) {
		folder = filepath.Join("..", "..", folder)
	}
	python := filepath.Join(folder, "linters", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		if os.Getenv("CI") == "" {
			t.Skip("the linters are not installed: run infra/install")
		}
		t.Fatal("the linters are not installed: run infra/install")
	}
	const validate = `
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(str(error) if error else 0)`
	_, text, _ := described(t)
	check := exec.Command(python, "-c", validate)
	check.Stdin = strings.NewReader(string(text))
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("the bill is not CycloneDX 1.6: %v\n%s", err, out)
	}
	if _, again, _ := described(t); string(again) != string(text) {
		t.Error("the same programs have another bill")
	}
}
