package console

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// Style paints text for a terminal, and fits it into its width. The zero Style leaves it as it is.
type Style struct {
	Colour bool
	Width  int // columns; 0 means that lines may have any length
}

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

// StyleFor returns the style for a writer. Its width is that of the terminal, or COLUMNS if that is
// a number, also for a file or a pipe. It has color if the writer is a terminal that can
// show it. NO_COLOR turns color off (no-color.org). FORCE_COLOR and CLICOLOR_FORCE turn it on,
// also for a file or a pipe, unless their value is 0 or false (force-color.org, bixense.com/clicolors).
func StyleFor(w io.Writer) Style { return Style{colour(w), width(w)} }

func width(w io.Writer) int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if file, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(file.Fd())); err == nil {
			return n
		}
	}
	return 0
}

func colour(w io.Writer) bool {
	if os.Getenv("NO_COLOR") != "" {
		return false
	}
	for _, name := range []string{"FORCE_COLOR", "CLICOLOR_FORCE"} {
		if v := os.Getenv(name); v != "" && v != "0" && v != "false" {
			return true
		}
	}
	file, ok := w.(*os.File)
	return ok && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))
}

// Paint returns the text in a paint, or unchanged if the style has no color or the paint is "".
func (s Style) Paint(p Paint, text string) string {
	if !s.Colour || text == "" || p == "" {
		return text
	}
	return "\x1b[" + string(p) + "m" + text + "\x1b[0m"
}
