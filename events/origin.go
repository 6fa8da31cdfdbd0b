package events

import "strings"

// Limits of an origin's parts, in bytes. EventBridge takes a source of 256 characters. A
// SenderId is a user's id, or a role's id with the session's name.
const (
	maxSource = 256
	maxSender = 128
)

// isSource reports whether a source is safe to log and to match with patterns.
func isSource(s string) bool { return s != "" && len(s) <= maxSource && isPrintableASCII(s) }

const wantSource = "1 to 256 printable ASCII characters"

func isPrintableASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' })
}

// sender returns a record's SenderId, or "" if it is not valid.
func sender(record value) string {
	attributes, _ := record.get("attributes")
	id := attributes.word("SenderId")
	if len(id) > maxSender || !isPrintableASCII(id) {
		return ""
	}
	return id
}
