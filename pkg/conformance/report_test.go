package conformance_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
)

// suites are the table's suites, in order.
var suites = []string{"DynamoDB contract", "DynamoDB differential", "EC2 semantics", "EC2 differential",
	"Real processes"}

// report collects the results for the table of docs/conformance.md.
type report struct {
	mu    sync.Mutex
	rows  map[string][]row
	lines []string // printed at the end
}

// row is the result of one suite on one engine.
type row struct {
	engine, version   string
	passed, divergent int
}

var ran report

func (r *report) add(suite string, e *engine, passed, divergent int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rows == nil {
		r.rows = make(map[string][]row)
	}
	r.rows[suite] = append(r.rows[suite], row{e.name, e.version, passed, divergent})
}

// say prints a line when all tests have ended.
func (r *report) say(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

const (
	page  = "../../docs/conformance.md"
	begin = "<!-- table: written by go test ./pkg/conformance -update -->\n"
	end   = "<!-- end of table -->"
)

// check compares the table with the page, or writes it there. If not all suites ran on all of
// their engines, it does neither.
func (r *report) check(write bool) error {
	want, complete := r.table()
	switch {
	case !complete && write:
		return errors.New("-update needs every suite on every engine: run pkg/conformance/install, " +
			"and run the tests without -run")
	case !complete:
		return nil
	}
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(text), begin)
	got, after, ended := strings.Cut(rest, end)
	switch {
	case !found || !ended:
		return fmt.Errorf("%s has no place for the table: want the lines %q and %q", page, begin, end)
	case got == want:
		return nil
	case write:
		return os.WriteFile(page, []byte(before+begin+want+end+after), 0o644)
	}
	return fmt.Errorf("the table of %s is out of date: run go test ./pkg/conformance -update, "+
		"and read the diff\n%s", page, want)
}

// rowsWanted is the number of engines for each suite.
var rowsWanted = map[string]int{
	"DynamoDB contract": 3, "DynamoDB differential": 1, "EC2 semantics": 3, "EC2 differential": 1, "Real processes": 1,
}

func (r *report) table() (text string, complete bool) {
	var b strings.Builder
	b.WriteString("\n| suite | engine | version | passed | asserted divergences |\n|---|---|---|---:|---:|\n")
	complete = true
	for _, suite := range suites {
		complete = complete && len(r.rows[suite]) == rowsWanted[suite]
		for _, row := range r.rows[suite] {
			fmt.Fprintf(&b, "| %s | %s | %s | %d | %d |\n", suite, row.engine, row.version, row.passed, row.divergent)
		}
	}
	b.WriteString("\n")
	return b.String(), complete
}
