package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Printable escapes each character in s that could act on a terminal or deceive a reader.
// These are control characters, invalid UTF-8, and marks that change the direction of writing.
func Printable(s string) string {
	if !strings.ContainsFunc(s, acts) { // true for most texts
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

// acts reports whether a character is invalid or not printable.
func acts(c rune) bool { return c == '\uFFFD' || !unicode.IsPrint(c) }

// PrintableLines is [Printable] for text of several lines.
func PrintableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = Printable(line)
	}
	return strings.Join(lines, "\n")
}

// PrintableJSON is [Printable] for a JSON document. The result encodes the same values.
func PrintableJSON(s string) string { return string(escape([]byte(s))) }

// PrintableJSONWriter returns a writer that applies [PrintableJSON] to a document, and passes it to w.
// If a Write ends within a character, the character waits for the next Write.
func PrintableJSONWriter(w io.Writer) io.Writer { return &printableJSON{w: w} }

type printableJSON struct {
	w    io.Writer
	part []byte // of a character
}

func (j *printableJSON) Write(p []byte) (int, error) {
	text := p
	if len(j.part) > 0 {
		text = slices.Concat(j.part, p)
	}
	whole := wholeRunes(text)
	text, j.part = text[:whole], bytes.Clone(text[whole:])
	if _, err := j.w.Write(escape(text)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// wholeRunes returns the length of a text without an incomplete character at its end.
func wholeRunes(text []byte) int {
	for n := len(text) - 1; n >= max(0, len(text)-utf8.UTFMax); n-- {
		if utf8.RuneStart(text[n]) {
			if !utf8.FullRune(text[n:]) {
				return n
			}
			break
		}
	}
	return len(text)
}

func escape(text []byte) []byte {
	if !bytes.ContainsFunc(text, escaped) { // true for most texts
		return text
	}
	var b bytes.Buffer
	for _, c := range string(text) {
		switch {
		case !escaped(c):
			b.WriteRune(c)
		case c > 0xFFFF:
			high, low := utf16.EncodeRune(c)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, c)
		}
	}
	return b.Bytes()
}

// escaped reports whether [PrintableJSON] escapes a character.
func escaped(c rune) bool { return c != '\n' && !unicode.IsPrint(c) }

// WriteJSON writes v as one indented document. It escapes unprintable characters, so text in
// the document cannot act on a terminal.
func WriteJSON(w io.Writer, v any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, PrintableJSON(text.String()))
	return err
}
