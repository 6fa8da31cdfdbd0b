package ec2

import "testing"

func TestWildcard(t *testing.T) {
	tests := []struct {
		pattern, text string
		want          bool
	}{
		{"web", "web", true},
		{"web", "webs", false},
		{"w*", "web", true},
		{"*", "", true},
		{"*b*", "web", true},
		{"w?b", "web", true},
		{"w?b", "wb", false},
		{`w\*b`, "w*b", true},
		{`w\*b`, "web", false},
		{"Web", "web", false}, // matching is case-sensitive
		{"", "", true},
		{"", "web", false},
	}
	for _, tt := range tests {
		if got := wildcard(tt.pattern, tt.text); got != tt.want {
			t.Errorf("wildcard(%q, %q) = %v, want %v", tt.pattern, tt.text, got, tt.want)
		}
	}
}
