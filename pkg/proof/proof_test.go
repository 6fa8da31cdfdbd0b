package proof

import (
	"testing"

	"pgregory.net/rapid"
)

func TestSize(t *testing.T) {
	for _, row := range []struct {
		test, run, proofs string
		short             bool
		want              Size
	}{
		{"TestOracle", "", "", false, Part},                 // go test ./...
		{"TestOracle", "TestModel", "", false, Part},        // another test
		{"TestOracle", "TestOracle", "", false, Alone},      // go test -run TestOracle
		{"TestOracle", "TestOracle$", "full", false, Alone}, // the same, of one test
		{"TestOracle/small", "Oracle$", "", false, Part},    // a pattern that is not the name
		{"TestOracle/small", "TestOracle", "", false, Alone},
		{"TestOracle", "", "full", false, Full}, // .ci/run
		{"TestOracle", "", "some", false, Part},
		{"TestOracle", "TestOracle", "full", true, Short}, // the race step of .ci/run
	} {
		if got := size(row.test, row.run, row.proofs, row.short); got != row.want {
			t.Errorf("size(%q, %q, %q, %v) = %v, want %v", row.test, row.run, row.proofs, row.short, got, row.want)
		}
	}
}

func TestChecks(t *testing.T) {
	checked := 0
	count := func(*rapid.T) { checked++ }
	all := 100
	if testing.Short() {
		all /= 5 // by rapid
	}
	t.Run("half", func(t *testing.T) {
		Checks(t, 50, 50, 50)
		rapid.Check(t, count)
	})
	if checked != all/2 {
		t.Fatalf("%d checks, want %d", checked, all/2)
	}
	rapid.Check(t, count)
	if checked -= all / 2; checked != all {
		t.Fatalf("%d checks in the next test, want %d", checked, all)
	}
}
