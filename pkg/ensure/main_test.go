package ensure_test

import (
	"runtime/debug"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// TestMain collects garbage less often: the tests make much of it, and hold little. This saves a
// third of their CPU time. The tests that take seconds run in parallel, each in its own virtual
// time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	debug.SetMemoryLimit(1 << 30) // bytes; near it, garbage is collected as often as it takes
	m.Run()
}

// notRaced skips a test of a large load under the race detector. A load's size says nothing
// about races: TestStorm and TestSimulation run the same code with smaller loads.
func notRaced(t *testing.T) {
	if proof.Race {
		t.Skip("a large load; smaller ones look for races")
	}
}
