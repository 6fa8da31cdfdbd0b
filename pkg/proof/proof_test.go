package proof

import "testing"

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
