package console

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Style paints text for a terminal; the zero Style leaves it as it is.
type Style struct{ Colour bool }

// Paint is what a piece of text is painted with: an SGR parameter.
type Paint string

// The paints in use.
const (
	Bold    Paint = "1"
	Faint   Paint = "2"
	Red     Paint = "31"
	Green   Paint = "32"
	Yellow  Paint = "33"
	BoldRed Paint = "1;31"
)

// StyleFor is the style for a writer: colour only for a terminal that can show
// it, and unless NO_COLOR forbids it (no-color.org).
func StyleFor(w io.Writer) Style {
	file, ok := w.(*os.File)
	return Style{ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))}
}

// Paint returns the text painted.
func (s Style) Paint(p Paint, text string) string {
	if !s.Colour || text == "" || p == "" {
		return text
	}
	return "\x1b[" + string(p) + "m" + text + "\x1b[0m"
}
