package claim

import (
	"strings"
	"time"
)

// Freeze stops all writes to a group. The zero Freeze is none.
type Freeze struct {
	Reason string
	By     string    // the principal that froze the group, as an ARN; "": not known
	At     time.Time // zero: not known
	Until  time.Time // the freeze ends by itself; zero: a thaw ends it
}

// Holds reports whether there is a freeze.
func (f Freeze) Holds() bool { return f.Reason != "" }

// String returns the reason with the known facts, for example
// "incident 12 (by user/ada since 2026-11-23T09:00:00Z, until 2026-11-23T12:00:00Z)".
func (f Freeze) String() string {
	var facts []string
	if f.By != "" {
		facts = append(facts, "by "+f.By[strings.LastIndexByte(f.By, ':')+1:])
	}
	if !f.At.IsZero() {
		facts = append(facts, "since "+f.At.UTC().Format(time.RFC3339))
	}
	text := strings.Join(facts, " ")
	if !f.Until.IsZero() {
		text = strings.TrimPrefix(text+", until "+f.Until.UTC().Format(time.RFC3339), ", ")
	}
	if text == "" {
		return f.Reason
	}
	return f.Reason + " (" + text + ")"
}
