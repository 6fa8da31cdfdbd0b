package ensure_test

import (
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// TestMain runs the tests. Those that take seconds run in parallel, each in its own virtual time.
func TestMain(m *testing.M) { proof.Main(m) }

// notRaced skips a test of a large load under the race detector. A load's size says nothing
// about races: TestStorm and TestSimulation run the same code with smaller loads.
func notRaced(t *testing.T) {
	if proof.Race {
		t.Skip("a large load; smaller ones look for races")
	}
}
