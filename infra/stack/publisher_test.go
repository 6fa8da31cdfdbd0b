package stack

import (
	"regexp"
	"strings"
	"testing"
)

// TestOverlap compares overlap with a search: every text of up to five letters, for every two
// patterns of up to three.
func TestOverlap(t *testing.T) {
	patterns, all := words("ab*", 3), words("ab", 5)
	matches := make([][]bool, len(patterns))
	for i, pattern := range patterns {
		form := regexp.MustCompile("^" + strings.ReplaceAll(pattern, "*", "[ab]*") + "$")
		for _, text := range all {
			matches[i] = append(matches[i], form.MatchString(text))
		}
	}
	for i, a := range patterns {
		for j, b := range patterns {
			want := false
			for k := range all {
				want = want || matches[i][k] && matches[j][k]
			}
			if got := overlap(a, b); got != want {
				t.Errorf("overlap(%q, %q) = %v, want %v", a, b, got, want)
			}
		}
	}
}

// words returns all texts of up to n of the letters.
func words(letters string, n int) []string {
	all := []string{""}
	for from := 0; n > 0; n-- {
		longest := all[from:]
		from = len(all)
		for _, word := range longest {
			for _, letter := range letters {
				all = append(all, word+string(letter))
			}
		}
	}
	return all
}
