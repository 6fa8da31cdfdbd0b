// Package performance_test writes the tables and plots of docs/performance.md from measured
// figures.
//
//	go test ./pkg/ensure -run 'TestStorm$|TestStormDeployed|TestScale' -timeout 60m -record ../../docs/performance
//	go test ./pkg/ensure -run 'TestWalls$' -timeout 60m -record ../../docs/performance
//	go test ./pkg/performance -measure -timeout 60m
//	go test ./pkg/performance -update
//
// Without flags, it compares the document with the figures.
package performance_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var (
	measure = flag.Bool("measure", false, "run the benchmarks and write their figures")
	update  = flag.Bool("update", false, "write the tables and plots of docs/performance.md")
)

const (
	folder   = "../../docs/performance"
	document = "../../docs/performance.md"
)

// TestDocument compares tables and plots with the figures, or writes them.
func TestDocument(t *testing.T) {
	if *measure {
		measureAll(t)
	}
	f := read(t)
	for name, plot := range f.plots() {
		hold(t, filepath.Join(folder, name+".svg"), plot.svg())
	}
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for name, table := range f.tables() {
		text = between(t, text, name, table)
	}
	hold(t, document, text)
}

// between replaces the table between its marks.
func between(t *testing.T, text []byte, name, table string) []byte {
	t.Helper()
	begin, end := fmt.Sprintf("<!-- %s: written by go test ./pkg/performance -update -->\n", name),
		fmt.Sprintf("<!-- end of %s -->", name)
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ended := strings.Cut(rest, end)
	if !ok || !ended {
		t.Fatalf("%s lacks the marks of %s", document, name)
	}
	return []byte(before + begin + "\n" + table + "\n" + end + after)
}

// hold fails the test unless the file has exactly the text. With -update, it writes the file.
func hold(t *testing.T, file string, text []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if there, err := os.ReadFile(file); err != nil || !bytes.Equal(there, text) {
		t.Errorf("%s differs from the figures (%v): run go test ./pkg/performance -update", file, err)
	}
}

func read(t *testing.T) (f figures) {
	t.Helper()
	for name, into := range map[string]any{
		"benchmarks.json": &f.Benchmarks, "storms.json": &f.Storms, "deployed.json": &f.Deployed,
		"scales.json": &f.Scales, "walls.json": &f.Walls,
	} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func write(t *testing.T, name string, figures any) {
	t.Helper()
	text, err := json.MarshalIndent(figures, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name), append(text, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
