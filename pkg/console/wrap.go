package console

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Wrap breaks text into lines of at most width characters with an indent of so
// many blanks. A word that is too long is broken.
func Wrap(s string, width, indent int) string {
	lines := strings.Split(text.WrapSoft(s, width-indent), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(strings.Repeat(" ", indent)+line, " ")
	}
	return strings.Join(lines, "\n")
}
