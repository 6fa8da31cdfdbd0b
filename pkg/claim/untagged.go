package claim

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Untagged proves that a rule that bears no tags of ours is ours: EC2 told its
// id in the reply to our own Authorize.
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
