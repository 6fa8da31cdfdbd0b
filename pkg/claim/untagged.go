package claim

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Untagged proves that a rule is ours by its id. EC2 told the id in the reply to our own
// Authorize, a person adopted the rule, or a former key sealed it.
type Untagged struct {
	ID   string    // EC2's SecurityGroupRuleId
	Seal string    // of the rule as it was authorized, see package plan
	At   time.Time // when it was authorized, to the second
}

// Known returns the untagged rules that are to be remembered after a describe. One
// that is not described is gone, unless it was made so lately that EC2 may not
// describe it yet.
func Known(untagged []Untagged, described []secgroup.Entry, now time.Time) []Untagged {
	seen := make(map[string]bool, len(described))
	for _, entry := range described {
		seen[entry.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(untagged), func(u Untagged) bool { return !seen[u.ID] && now.Sub(u.At) >= Lag })
}
