// Package console writes text for people on a terminal: safe text, colors and tables.
//
// Descriptions, tags and names of launches were written by others. They go through
// [Printable], so that they cannot act on the terminal.
package console

import "fmt"

// Count returns a number and its noun, for example "1 rule" or "2 rules".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
