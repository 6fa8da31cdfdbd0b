package audit

import (
	"fmt"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// TestEventIsBounded: an event names a bounded number of one launch's rules, and counts the
// others.
func TestEventIsBounded(t *testing.T) {
	a := drift.Request{More: 90}
	for i := range 10 {
		a.Wants = append(a.Wants, secgroup.MustParseRule(fmt.Sprintf("tcp %d from 10.0.0.0/8", 8000+2*i)))
	}
	if e := requestEvent(a); len(e.Wants) != maxWants || e.More != 100-maxWants {
		t.Errorf("%d rules and %d more, want %d and %d", len(e.Wants), e.More, maxWants, 100-maxWants)
	}
}
