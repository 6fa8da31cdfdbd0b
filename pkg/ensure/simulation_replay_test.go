package ensure_test

import (
	"testing"
)

// TestSimulationReplays repeats some simulations of each scale. Each repeat has the same
// requests, in the same order, at the same virtual times.
func TestSimulationReplays(t *testing.T) {
	for _, row := range []struct {
		scale simScale
		seed  uint64
		times int
	}{{simSmall, 3, 20}, {simLarge, 104, 3}, {simChurn, 90, 3}, {simWide, 512, 2}} {
		t.Run(string(row.scale), func(t *testing.T) {
			if got := scaleOf(dice(row.seed)); got != row.scale {
				t.Fatalf("seed %d is of scale %s", row.seed, got)
			}
			want := simulated(t, row.seed).trace
			for range row.times - 1 {
				got := simulated(t, row.seed).trace
				for i := range max(len(got), len(want)) {
					if i >= len(got) || i >= len(want) || got[i] != want[i] {
						t.Fatalf("line %d of %d and %d differs:\n%s\n%s", i, len(got), len(want), lineOf(got, i), lineOf(want, i))
					}
				}
			}
		})
	}
}

func lineOf(trace []traced, i int) string {
	if i >= len(trace) {
		return "the end"
	}
	return trace[i].String()
}
