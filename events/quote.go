package events

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// maxQuoted is the number of bytes of a text that a fault quotes. Only valid names and
// descriptions are longer.
const maxQuoted = 80

// abbreviate returns s, or its beginning if it has more bytes.
func abbreviate(s string, most int) string {
	if len(s) <= most {
		return s
	}
	cut := most
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}

// quote returns s in quotes and in ASCII, so that a log or a terminal shows it without any
// effect.
func quote(s string) string {
	quoted := strconv.QuoteToASCII(abbreviate(s, maxQuoted))
	if len(s) <= maxQuoted {
		return quoted
	}
	return fmt.Sprintf("%s (%d bytes)", quoted, len(s))
}

// isWord reports whether s is short and has only visible ASCII, like all valid ports, peers,
// protocols and ids. Any other text need not be parsed.
func isWord(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxQuoted
}
