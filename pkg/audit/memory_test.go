package audit_test

import (
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// TestAuditMemory bounds the memory of an audit for each group. It compares the live heap of audits of
// two sizes, with an earlier report, six rules a group, and drifts in one of five groups. So the figure
// does not depend on the garbage collector. It falls with the size, because a report has the requests and
// ports of some of its groups only.
func TestAuditMemory(t *testing.T) {
	proof.FullOnly(t, "it audits 14,000 groups, twice")
	const few, many = 2_000, 12_000
	const bound = 2_400.0 // bytes for each group
	var most [2]uint64
	for i, groups := range []int{few, many} {
		e := newEstate(groups, 6)
		recorder := e.recorder()
		e.audit(t, recorder)
		e.reset()
		e.live = true
		e.audit(t, recorder)
		most[i] = e.held()
	}
	each := float64(most[1]-most[0]) / float64(many-few)
	t.Logf("%d groups: %d bytes, %d groups: %d bytes; %.0f bytes for each further group", few, most[0], many,
		most[1], each)
	if each > bound {
		t.Errorf("%.0f bytes for each group, want at most %.0f", each, bound)
	}
}
