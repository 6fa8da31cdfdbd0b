package claim

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Untagged proves by a rule's id that sgkeeper owns the rule. EC2 returned the id to our own
// Authorize, an operator adopted the rule, or a former key sealed it.
type Untagged struct {
	ID   string    // EC2's SecurityGroupRuleId
	Seal string    // of the rule as it was authorized, see package plan
	At   time.Time // when it was authorized, to the second
}

// Known returns the untagged rules to keep after a describe. It drops a rule that is not
// described, unless the rule is so new that EC2 may not describe it yet.
func Known(untagged []Untagged, described []secgroup.Entry, now time.Time) []Untagged {
	seen := make(map[string]bool, len(described))
	for _, entry := range described {
		seen[entry.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(untagged), func(u Untagged) bool {
		return !seen[u.ID] && now.Sub(u.At) >= Lag
	})
}
