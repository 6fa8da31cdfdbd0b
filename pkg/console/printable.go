package console

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Printable returns s with everything that could act on a terminal, or deceive
// whoever reads it, written as an escape: control characters, bytes that are no
// text, marks that turn the direction of writing.
func Printable(s string) string {
	if !strings.ContainsFunc(s, acts) { // as most texts
		return s
	}
	var b strings.Builder
	for _, c := range s {
		if acts(c) {
			escaped := strconv.QuoteRuneToASCII(c)
			b.WriteString(escaped[1 : len(escaped)-1])
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// acts reports whether a character does anything but be read, or is none.
func acts(c rune) bool { return c == '\uFFFD' || !unicode.IsPrint(c) }

// PrintableLines is [Printable] for text of several lines.
func PrintableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = Printable(line)
	}
	return strings.Join(lines, "\n")
}

// PrintableJSON is [Printable] for a JSON document, which stays the same document.
func PrintableJSON(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, c := range s {
		switch {
		case c == '\n' || unicode.IsPrint(c):
			b.WriteRune(c)
		case c > 0xFFFF:
			high, low := utf16.EncodeRune(c)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, c)
		}
	}
	return b.String()
}
