package claim

import "time"

// Key is a secret of one security group. It seals the rules that sgkeeper makes there, so
// that nobody else can make a rule look like ours. It prints as [hidden].
type Key string

// Unkeyed stands among the former keys of a group for the seals of older versions, which
// anybody can compute.
const Unkeyed Key = "unkeyed"

const hidden = "[hidden]"

// String keeps the key out of logs and outputs.
func (Key) String() string { return hidden }

// GoString is String, for %#v.
func (Key) GoString() string { return hidden }

// MarshalText is String, for JSON.
func (Key) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// ValidKeys returns the keys that count at a time, the newest first. Only the newest
// signs. The others count until they are retired.
func (l Ledger) ValidKeys(now time.Time) []Key {
	if len(l.Keys) > 1 && !l.Retires.IsZero() && !now.Before(l.Retires) {
		return l.Keys[:1]
	}
	return l.Keys
}
