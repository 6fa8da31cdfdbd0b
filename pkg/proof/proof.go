// Package proof says how much of a long proof a test runs. For example, a simulation runs 2,000
// seeds in CI, 25 seeds in `go test ./...`, and 15 seeds under the race detector.
//
// Each size is a real test: it fails if the code is broken. The larger ones find rarer faults.
package proof

import (
	"flag"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
)

// Size is the extent of a proof.
type Size int

const (
	// Short is for -short and for the race detector, under which a test takes about ten times
	// as long.
	Short Size = iota
	// Part is for a run of many tests, such as `go test ./...`.
	Part
	// Full is for CI, which sets SGKEEPER_PROOFS=full.
	Full
	// Alone is for a test that -run names. Most tests treat it like Full.
	Alone
)

// Of returns the size of the proof in a test.
func Of(t testing.TB) Size {
	return size(t.Name(), flag.Lookup("test.run").Value.String(), os.Getenv("SGKEEPER_PROOFS"), testing.Short() || Race)
}

func size(test, run, proofs string, short bool) Size {
	test, _, _ = strings.Cut(test, "/")
	switch {
	case short:
		return Short
	case strings.Contains(run, test):
		return Alone
	case proofs == "full":
		return Full
	}
	return Part
}

// Pick returns the value for the size of the proof in a test, for example a number of seeds.
func Pick[T any](t testing.TB, full, part, short T) T {
	return [...]T{Short: short, Part: part, Full: full, Alone: full}[Of(t)]
}

// FullOnly skips a test that has no smaller form, unless it runs in CI or -run names it.
func FullOnly(t testing.TB, why string) {
	t.Helper()
	if Of(t) < Full {
		t.Skipf("%s: CI runs this test, and -run %s", why, t.Name())
	}
}

// Checks sets the number of checks that rapid makes of each property in a test, unless the flag
// -rapid.checks is given. Rapid's own number is 100. With -short, it makes a fifth of the number.
func Checks(t testing.TB, full, part, short int) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f == checks })
	if given {
		return
	}
	before := checks.Value.String()
	set := func(number string) { // unlike flag.Set, it does not mark the flag as given
		if err := checks.Value.Set(number); err != nil {
			t.Fatal(err)
		}
	}
	set(strconv.Itoa(Pick(t, full, part, short)))
	t.Cleanup(func() { set(before) })
}

// Main runs the tests of a package with long proofs, as its TestMain. Garbage is collected less often,
// because the tests make much of it and hold little: this saves a third of their CPU time. Benchmarks
// have Go's own setting.
func Main(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() == "" {
		debug.SetGCPercent(800)
		debug.SetMemoryLimit(1 << 30) // bytes; near it, garbage is collected as often as it takes
	}
	m.Run()
}
