// Package conformance_test compares sgkeeper with engines that others wrote: DynamoDB Local
// (Amazon's own), moto and MiniStack. Most other tests run on package fakeaws, the embedded
// account. So this package tests the embedded account as one more engine.
//
// A suite runs under the name of its engine. If an engine is known to differ from AWS, the
// test asserts the difference. Once the engine is fixed, the test fails, and you must remove the
// entry. docs/conformance.md has the commands, and a table of the results that this package
// writes.
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
	seedRandom()
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

// seedRandom makes random tests repeatable, unless a seed is given.
func seedRandom() {
	if seed := flag.Lookup("rapid.seed"); seed.Value.String() == "0" {
		_ = flag.Set("rapid.seed", "4")
	}
	_ = flag.Set("rapid.nofailfile", "true")
	_ = flag.Set("rapid.shrinktime", "5s")
}
