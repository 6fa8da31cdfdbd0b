// Package phrase writes lists for people in one form.
package phrase

import (
	"fmt"
	"strings"
)

// Few lists the first texts, most of them, and counts the others: "a, b and 3 more".
func Few(texts []string, most int) string {
	if n := len(texts) - most; n > 0 {
		return strings.Join(texts[:most], ", ") + " " + More(n)
	}
	return strings.Join(texts, ", ")
}

// More counts the elements that a list leaves out: "and 3 more".
func More(n int) string { return fmt.Sprintf("and %d more", n) }
