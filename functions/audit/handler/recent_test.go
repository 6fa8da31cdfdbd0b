package handler

import (
	"testing"
	"time"
)

// TestRecentIsBounded: a warm function forgets lookups after an hour, and holds a bounded number.
func TestRecentIsBounded(t *testing.T) {
	var r recent[int, string]
	now := time.Now()
	for i := range 3 * recentSize {
		r.put(i, "x", now)
		if len(r.values) > recentSize {
			t.Fatalf("%d values, want at most %d", len(r.values), recentSize)
		}
	}
	last := 3*recentSize - 1
	if v, ok := r.get(last, now.Add(recentFor-time.Second)); !ok || v != "x" {
		t.Errorf("within the hour: %q, %v", v, ok)
	}
	if _, ok := r.get(last, now.Add(recentFor)); ok {
		t.Error("a value is remembered for more than an hour")
	}
	r.forget(last)
	if _, ok := r.get(last, now); ok {
		t.Error("a forgotten value is remembered")
	}
}
