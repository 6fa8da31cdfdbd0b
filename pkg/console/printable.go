package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
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
func PrintableJSON(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	io.WriteString(PrintableJSONWriter(&b), s)
	return b.String()
}

// PrintableJSONWriter returns a writer that applies [PrintableJSON] to a document, and passes it to w.
// Each Write must end between two characters.
func PrintableJSONWriter(w io.Writer) io.Writer { return printableJSON{w} }

type printableJSON struct{ w io.Writer }

func (j printableJSON) Write(p []byte) (int, error) {
	if !bytes.ContainsFunc(p, escaped) { // true for most texts
		return j.w.Write(p)
	}
	var b bytes.Buffer
	for _, c := range string(p) {
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
	if _, err := j.w.Write(b.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
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
