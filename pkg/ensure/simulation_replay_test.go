package ensure_test

import (
	"testing"
)

// TestSimulationReplays runs some simulations again and again: the same
// requests, in the same order, at the same moments of virtual time.
func TestSimulationReplays(t *testing.T) {
	const seed, times = 3, 20
	want := simulated(t, seed).trace
	for range times - 1 {
		got := simulated(t, seed).trace
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Fatalf("line %d of %d and %d differs:\n%s\n%s", i, len(got), len(want), lineOf(got, i), lineOf(want, i))
			}
		}
	}
}

func lineOf(trace []traced, i int) string {
	if i >= len(trace) {
		return "the end"
	}
	return trace[i].String()
}
