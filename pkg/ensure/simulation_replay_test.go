package ensure_test

import (
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/dice"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// TestSimulationReplays repeats some simulations of each scale, or of the faster ones in part.
// Each repeat has the same requests, in the same order, at the same virtual times.
func TestSimulationReplays(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		scale simScale
		seed  uint64
		times int
	}{
		{simSmall, 3, proof.Pick(t, 20, 2, 2)},
		{simLarge, 104, proof.Pick(t, 3, 1, 0)},
		{simChurn, 90, proof.Pick(t, 3, 0, 0)},
		{simWide, 512, proof.Pick(t, 2, 0, 0)},
	} {
		if row.times == 0 {
			continue
		}
		t.Run(string(row.scale), func(t *testing.T) {
			if got := scaleOf(dice.Seed(row.seed)); got != row.scale {
				t.Fatalf("seed %d is of scale %s", row.seed, got)
			}
			want := simulated(t, row.seed).trace
			for range row.times - 1 {
				got := simulated(t, row.seed).trace
				for i := range max(len(got), len(want)) {
					if i >= len(got) || i >= len(want) || got[i] != want[i] {
						t.Fatalf("line %d of %d and %d differs:\n%s\n%s", i, len(got), len(want), lineOf(got, i),
							lineOf(want, i))
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
