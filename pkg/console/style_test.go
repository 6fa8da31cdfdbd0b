package console

import (
	"strings"
	"testing"
)

// TestStyleForPipe: variables turn color on for a pipe. NO_COLOR wins.
func TestStyleForPipe(t *testing.T) {
	for _, row := range []struct {
		force, clicolor, no string
		want                bool
	}{
		{"", "", "", false},
		{"1", "", "", true},
		{"0", "", "", false},
		{"false", "", "", false},
		{"", "1", "", true},
		{"", "0", "", false},
		{"1", "1", "1", false},
	} {
		t.Setenv("FORCE_COLOR", row.force)
		t.Setenv("CLICOLOR_FORCE", row.clicolor)
		t.Setenv("NO_COLOR", row.no)
		if got := StyleFor(new(strings.Builder)).Colour; got != row.want {
			t.Errorf("FORCE_COLOR=%q CLICOLOR_FORCE=%q NO_COLOR=%q: color %v, want %v",
				row.force, row.clicolor, row.no, got, row.want)
		}
	}
}
