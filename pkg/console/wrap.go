package console

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Wrap breaks text into lines of at most width characters, each indented by so many blanks. It
// breaks a word that is longer than a line.
func Wrap(s string, width, indent int) string {
	lines := strings.Split(text.WrapSoft(s, width-indent), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(strings.Repeat(" ", indent)+line, " ")
	}
	return strings.Join(lines, "\n")
}
