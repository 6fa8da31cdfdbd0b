package claim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// TestInOrder: the order is total, so every round decides alike. Launches of two publishers of one
// account may have one name.
func TestInOrder(t *testing.T) {
	request := func(at int64, account, publisher, name, rule string) Request {
		return Request{
			Launch: Launch{Account: account, Namespace: publisher, Name: name}, Received: time.UnixMilli(at),
			Rules: []secgroup.Entry{{Rule: secgroup.MustParseRule(rule)}},
		}
	}
	const rule = "tcp 8000 from 10.0.0.0/8"
	want := []Request{
		request(1, "2", "b", "b", rule),
		request(2, "1", "b", "b", rule),
		request(2, "2", "a", "b", rule),
		request(2, "2", "b", "a", rule),
		request(2, "2", "b", "b", rule),
	}
	for i := range want {
		for j := range want {
			if got := want[i].Compare(want[j]); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("Compare(%v, %v) = %d", want[i].Launch, want[j].Launch, got)
			}
		}
	}
	got := InOrder([]Request{want[4], want[2], want[0], want[3], want[1]})
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b secgroup.Rule) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	a, b := request(3, "1", "", "x", rule), request(3, "1", "", "x", "tcp 8001 from 10.0.0.0/8")
	if a.Compare(b) == 0 || a.Compare(b) != -b.Compare(a) {
		t.Errorf("two requests of a launch, of other rules, compare as %d and %d", a.Compare(b), b.Compare(a))
	}
}
