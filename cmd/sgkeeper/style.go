package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// style paints text for a terminal; the zero style leaves it as it is.
type style struct{ colour bool }

// paint is what a piece of text is painted with: an SGR parameter.
type paint string

const (
	bold   paint = "1"
	faint  paint = "2"
	red    paint = "31"
	green  paint = "32"
	yellow paint = "33"
)

// styleFor is the style for a writer: colour only for a terminal that can show
// it, and unless NO_COLOR forbids it (no-color.org).
func styleFor(w io.Writer) style {
	file, ok := w.(*os.File)
	return style{ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))}
}

func (s style) paint(p paint, text string) string {
	if !s.colour || text == "" {
		return text
	}
	return "\x1b[" + string(p) + "m" + text + "\x1b[0m"
}
