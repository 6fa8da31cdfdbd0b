package claim

import "time"

// Key is a secret of one security group. It seals the rules that sgkeeper makes there, so that
// no outsider can forge one. It prints as [hidden].
type Key string

// Unkeyed is a former key of a group that validates the seals of older versions. Anyone can
// compute such a seal.
const Unkeyed Key = "unkeyed"

const hidden = "[hidden]"

// String keeps the key out of logs and outputs.
func (Key) String() string { return hidden }

// GoString is String, for %#v.
func (Key) GoString() string { return hidden }

// MarshalText is String, for JSON.
func (Key) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// ValidKeys returns the keys that are valid at a time, the newest first. Only the newest
// signs. The others are valid until they are retired.
func (l Ledger) ValidKeys(now time.Time) []Key {
	if len(l.Keys) > 1 && !l.Retires.IsZero() && !now.Before(l.Retires) {
		return l.Keys[:1]
	}
	return l.Keys
}
