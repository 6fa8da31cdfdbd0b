package pattern

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"web", "web", true},
		{"web", "web-1", false},
		{"*", "", true},
		{"*", "web", true},
		{"web*", "web", true},
		{"web*", "we", false},
		{"*web", "my web", true},
		{"w*b", "web", true},
		{"w*b", "wb", true},
		{"w*b", "w", false},
		{"a*a", "a", false}, // one a cannot match both
		{"a*b*a", "aba", true},
		{"a*b*a", "aab", false},
		{"a**b", "ab", true},
		{"a*", "b*", false},
		{"[a]?", "[a]?", true}, // only * is special
		{"[a]?", "ab", false},
	} {
		if got := Match(test.pattern, test.text); got != test.want {
			t.Errorf("Match(%q, %q) = %v, want %v", test.pattern, test.text, got, test.want)
		}
	}
}

// TestMatchLaws checks Match with texts that are built from the pattern.
func TestMatchLaws(t *testing.T) {
	letters := rapid.StringMatching(`[ab]{0,4}`)
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(letters, 1, 4).Draw(t, "parts")
		fillers := rapid.SliceOfN(letters, len(parts)-1, len(parts)-1).Draw(t, "fillers")
		text := parts[0]
		for i, filler := range fillers {
			text += filler + parts[i+1]
		}
		if pattern := strings.Join(parts, "*"); !Match(pattern, text) {
			t.Errorf("Match(%q, %q) = false", pattern, text)
		}
	})
}

// TestOverlap compares Overlap with a search over all texts of two letters.
func TestOverlap(t *testing.T) {
	var texts, patterns []string
	var grow func(s, letters string, n int, all *[]string)
	grow = func(s, letters string, n int, all *[]string) {
		*all = append(*all, s)
		for _, c := range letters {
			if n > 0 {
				grow(s+string(c), letters, n-1, all)
			}
		}
	}
	grow("", "ab", 7, &texts)
	grow("", "ab*", 4, &patterns)
	for _, p := range patterns {
		for _, q := range patterns {
			want := false
			for _, text := range texts {
				want = want || Match(p, text) && Match(q, text)
			}
			if got := Overlap(p, q); got != want {
				t.Fatalf("Overlap(%q, %q) = %v, want %v", p, q, got, want)
			}
		}
	}
}
