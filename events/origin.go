package events

import "strings"

// Origin says where an event came from. Each part is either believed, or "".
//
// For example, an event that EventBridge delivered has an account and a source, and a
// message that a role sent to the publishers' queue has a sender. An event by direct
// invocation has the function's own account, and neither.
type Origin struct {
	Account    string // the publisher's
	Source     string // the envelope's source, if EventBridge wrote it
	DetailType string // such as Launch Requested
	Event      string // the envelope's id
	Message    string // the SQS message's id
	Sender     string // SQS's SenderId, if a queue was delivered that publishers feed
}

// The bounds of an origin's parts, in bytes. EventBridge takes a source of 256 characters.
// A SenderId is the id of a user, or that of a role with the session's name.
const (
	maxSource = 256
	maxSender = 128
)

// isSource reports whether a source can stand in a log and be matched by patterns.
func isSource(s string) bool { return s != "" && len(s) <= maxSource && isPrintableASCII(s) }

const wantSource = "1 to 256 printable ASCII characters"

func isPrintableASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' })
}

// sender is the SenderId of a record, "" if it cannot be one.
func sender(record value) string {
	attributes, _ := record.get("attributes")
	id := attributes.word("SenderId")
	if len(id) > maxSender || !isPrintableASCII(id) {
		return ""
	}
	return id
}

// MaxNamespace is how long the name of a publisher may be, in characters.
const MaxNamespace = 32

// IsNamespace reports whether s may be the name of a publisher: letters, digits, dots,
// hyphens and underscores, a letter or digit first. It has neither the slash nor the
// colon that stand beside it in <account>:<namespace>/<launch>.
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
