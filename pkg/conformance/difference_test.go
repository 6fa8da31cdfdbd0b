package conformance_test

import "testing"

// difference is a known fault of an engine. The embedded account follows AWS's documents
// instead.
type difference struct {
	name   string
	source string
	is     func(call, engine, account string) bool
}

// differences counts the occurrences of each difference.
type differences struct {
	all  []difference
	seen []int
}

func newDifferences(all []difference) *differences {
	return &differences{all, make([]int, len(all))}
}

// explains reports whether a known difference explains two answers.
func (d *differences) explains(call, engine, account string) bool {
	for i, known := range d.all {
		if known.is(call, engine, account) {
			d.seen[i]++
			return true
		}
	}
	return false
}

func (d *differences) total() (n int) {
	for _, seen := range d.seen {
		n += seen
	}
	return n
}

// checkSeen fails for a difference that no longer occurs.
func (d *differences) checkSeen(t *testing.T, e *engine) {
	t.Helper()
	if t.Failed() {
		return
	}
	for i, known := range d.all {
		if d.seen[i] == 0 {
			t.Errorf("%s %s no longer differs in %s (%s): remove the divergence", e.name, e.version, known.name,
				known.source)
		}
	}
}
