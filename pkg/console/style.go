package console

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Style paints text for a terminal. The zero Style leaves it as it is.
type Style struct{ Colour bool }

// Paint is an SGR parameter, such as a color.
type Paint string

const (
	Bold    Paint = "1"
	Faint   Paint = "2"
	Red     Paint = "31"
	Green   Paint = "32"
	Yellow  Paint = "33"
	BoldRed Paint = "1;31"
)

// StyleFor returns the style for a writer. It has color if the writer is a terminal that can
// show it. NO_COLOR turns color off (no-color.org). FORCE_COLOR and CLICOLOR_FORCE turn it on,
// also for a file or a pipe, unless their value is 0 or false (force-color.org, bixense.com/clicolors).
func StyleFor(w io.Writer) Style {
	if os.Getenv("NO_COLOR") != "" {
		return Style{}
	}
	for _, name := range []string{"FORCE_COLOR", "CLICOLOR_FORCE"} {
		if v := os.Getenv(name); v != "" && v != "0" && v != "false" {
			return Style{true}
		}
	}
	file, ok := w.(*os.File)
	return Style{ok && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))}
}

// Paint returns the text in a paint, or unchanged if the style has no color or the paint is "".
func (s Style) Paint(p Paint, text string) string {
	if !s.Colour || text == "" || p == "" {
		return text
	}
	return "\x1b[" + string(p) + "m" + text + "\x1b[0m"
}
