package guard

import (
	"testing"
	"time"
)

// TestSpan: a duration reads back as it was written, in the largest unit that fits.
func TestSpan(t *testing.T) {
	for _, test := range []struct {
		text string
		want time.Duration // 0: the text is refused
		back string
	}{
		{"90m", 90 * time.Minute, "90m"},
		{"120m", 2 * time.Hour, "2h"},
		{"48h", 48 * time.Hour, "2d"},
		{"3650d", 3650 * 24 * time.Hour, "3650d"},
		{"3651d", 0, ""},
		{"106752d", 0, ""}, // these three overflow a time.Duration
		{"213504d", 0, ""},
		{"999999d", 0, ""},
		{"0d", 0, ""},
		{"07d", 0, ""},
		{"1w", 0, ""},
		{"1h30m", 0, ""},
		{" 1h", 0, ""},
		{"", 0, ""},
	} {
		d, ok := ParseSpan(test.text)
		if ok != (test.want > 0) || ok && d != test.want {
			t.Errorf("ParseSpan(%q) = %v, %v, want %v", test.text, d, ok, test.want)
		}
		if ok && span(d) != test.back {
			t.Errorf("span(%v) = %q, want %q", d, span(d), test.back)
		}
	}
}
