package runtime

import (
	"io"
	"strconv"
	"sync"
	"unicode"
	"unicode/utf16"
)

// lineWriter writes the lines of the log and of the metrics one at a time. It escapes all
// unprintable characters, also those that JSON allows, so that no line acts on a terminal.
type lineWriter struct {
	mu  sync.Mutex
	out io.Writer
}

// Lines returns a writer of lines of JSON, which the log and the metrics share.
func Lines(out io.Writer) io.Writer { return &lineWriter{out: out} }

// Write implements io.Writer.
func (w *lineWriter) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.out.Write(escaped(line)); err != nil {
		return 0, err
	}
	return len(line), nil
}

// escaped replaces the unprintable characters in a line of JSON with escapes. Such characters
// occur only inside of strings.
func escaped(line []byte) []byte {
	safe := make([]byte, 0, len(line))
	for _, c := range string(line) {
		switch {
		case c == '\n' || unicode.IsPrint(c):
			safe = append(safe, string(c)...)
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			safe = appendEscape(appendEscape(safe, high), low)
		default:
			safe = appendEscape(safe, c)
		}
	}
	return safe
}

func appendEscape(line []byte, c rune) []byte {
	return append(line, `\u`+strconv.FormatUint(0x10000+uint64(c), 16)[1:]...)
}
