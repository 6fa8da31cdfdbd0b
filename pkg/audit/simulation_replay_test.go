package audit_test

import (
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// TestAuditSimulationReplays repeats some simulations. Each repeat has the same requests, in the same
// order, at the same virtual times.
func TestAuditSimulationReplays(t *testing.T) {
	t.Parallel()
	for seed := range proof.Pick[uint64](t, 40, 4, 2) {
		want := simulated(t, 1+seed, weakening{}).trace
		got := simulated(t, 1+seed, weakening{}).trace
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Errorf("seed %d: line %d of %d and %d differs:\n%s\n%s", 1+seed, i, len(got), len(want),
					lineOf(got, i), lineOf(want, i))
				break
			}
		}
	}
}

func lineOf(trace []traced, i int) string {
	if i >= len(trace) {
		return "the end"
	}
	return trace[i].brief()
}
