// Package conformance_test holds sgkeeper to engines that nobody here wrote:
// DynamoDB Local (Amazon's own), moto and MiniStack. The embedded account of
// package fakeaws, by which most other tests run, is one more engine: whatever
// it is believed to do is asked of the others as well.
//
// A suite runs by the name of its engine. Where an engine is known to differ
// from AWS, the difference is asserted, so that an engine that was mended makes
// its test fail and the entry go. docs/conformance.md has the commands and, by
// this package's own hand, the table of what was run.
package conformance_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the table of docs/conformance.md")

func TestMain(m *testing.M) {
	flag.Parse()
	sow()
	code := m.Run()
	if code == 0 {
		if err := ran.check(*update); err != nil {
			fmt.Fprintln(os.Stderr, "FAIL:", err)
			code = 1
		}
	}
	stopAll(code != 0)
	for _, line := range ran.lines {
		fmt.Println(line)
	}
	os.Exit(code)
}

// sow makes random tests repeat themselves unless a seed is given.
func sow() {
	if seed := flag.Lookup("rapid.seed"); seed.Value.String() == "0" {
		_ = flag.Set("rapid.seed", "4")
	}
	_ = flag.Set("rapid.nofailfile", "true")
	_ = flag.Set("rapid.shrinktime", "5s")
}

// fewer has a test draw so many sequences, unless a number is given.
func fewer(t *testing.T, sequences string) {
	checks := flag.Lookup("rapid.checks")
	if checks.Value.String() == checks.DefValue {
		_ = flag.Set(checks.Name, sequences)
		t.Cleanup(func() { _ = flag.Set(checks.Name, checks.DefValue) })
	}
}
