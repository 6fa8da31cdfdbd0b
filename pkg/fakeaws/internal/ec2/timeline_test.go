package ec2

import (
	"testing"
	"time"
)

func TestTimeline(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	var line timeline[string]
	line.set(at(10), "one")
	line.set(at(20), "two")
	line.end(at(30))
	line.set(at(40), "three")
	tests := []struct {
		second int
		want   string
	}{
		{9, ""}, {10, "one"}, {19, "one"}, {20, "two"}, {29, "two"}, {30, ""}, {39, ""}, {40, "three"}, {99, "three"},
	}
	for _, tt := range tests {
		if got, ok := line.at(at(tt.second)); got != tt.want || ok != (tt.want != "") {
			t.Errorf("at(%d) = %q, %v, want %q", tt.second, got, ok, tt.want)
		}
	}
	line.set(at(40).Add(2*memory), "four")
	if n := len(line.versions); n != 2 { // "three" has only just ended
		t.Errorf("%d versions kept, want 2", n)
	}
}
