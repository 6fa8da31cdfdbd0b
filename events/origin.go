package events

import "strings"

// Origin is the origin of an event. Each part is either trusted, or "".
//
// For example, an event that EventBridge delivered has an account and a source. A message from
// a role to the publishers' queue has a sender. An event by direct invocation has the
// function's own account, and neither.
type Origin struct {
	Account    string // the publisher's
	Source     string // the envelope's source, if EventBridge wrote it
	DetailType string // such as Launch Requested
	Event      string // the envelope's id
	Message    string // the SQS message's id
	Sender     string // SQS's SenderId, if a queue of publishers delivered it
}

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

// MaxNamespace is the maximum length of a publisher's name, in characters.
const MaxNamespace = 32

// IsNamespace reports whether s may be the name of a publisher: letters, digits, dots, hyphens
// and underscores, and first a letter or digit. It may not have the slash or the colon of
// <account>:<namespace>/<launch>.
func IsNamespace(s string) bool {
	if s == "" || len(s) > MaxNamespace {
		return false
	}
	for i, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && (i == 0 || !strings.ContainsRune("._-", rune(c))) {
			return false
		}
	}
	return true
}
