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

// StyleFor returns the style for a writer. It has color only if the writer is a terminal that
// can show it and NO_COLOR is not set (no-color.org).
func StyleFor(w io.Writer) Style {
	file, ok := w.(*os.File)
	return Style{ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))}
}

func (s Style) Paint(p Paint, text string) string {
	if !s.Colour || text == "" || p == "" {
		return text
	}
	return "\x1b[" + string(p) + "m" + text + "\x1b[0m"
}
