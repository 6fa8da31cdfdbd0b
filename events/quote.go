package events

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// maxQuoted is how many bytes of a text a fault quotes: more than any text
// that an event can mean, save names and descriptions.
const maxQuoted = 80

// abbreviate returns s, or the beginning of one that is too long to quote.
func abbreviate(s string) string {
	if len(s) <= maxQuoted {
		return s
	}
	cut := maxQuoted
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}

// quote returns s in quotes and in ASCII, so that a log line or a terminal
// shows what was sent and does nothing that was sent.
func quote(s string) string {
	quoted := strconv.QuoteToASCII(abbreviate(s))
	if len(s) <= maxQuoted {
		return quoted
	}
	return fmt.Sprintf("%s (%d bytes)", quoted, len(s))
}

// isWord reports whether s is short and of visible ASCII alone, as all ports,
// peers, protocols and ids are. What is not a word need not be parsed.
func isWord(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxQuoted
}
