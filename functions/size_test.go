package functions_test

import (
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// TestSize limits the programs' sizes. If code calls methods by name, for example with the
// standard library's templates, the linker keeps every operation of every client, 700 of EC2
// alone. The program then has about 60 MB. The CLI, which no other test links, is measured in CI, and if
// -run names the test.
func TestSize(t *testing.T) {
	const mb = 1e6
	rows := []struct {
		folder string
		most   int // bytes
	}{
		{"./ensure", 20 * mb},
		{"./audit", 25 * mb},
		{"../cmd/sgkeeper", 25 * mb},
	}
	for _, row := range rows[:proof.Pick(t, 3, 2, 2)] {
		p := build(t, row.folder)
		t.Logf("%s: %.1f MB", row.folder, float64(p.binary)/mb)
		if p.binary > row.most {
			t.Errorf("%s has %d bytes, want %d at most: does it link html/template, "+
				"text/template or reflect's MethodByName?", row.folder, p.binary, row.most)
		}
	}
}
