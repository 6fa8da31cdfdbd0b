package plan

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// proofSize is the length of the checksum that the ledger keeps with the id of a rule:
// 48 bits in base64url. It tells a rule that was modified. It needs no key, because only
// sgkeeper writes the ledger.
const proofSize = 8

// Untagged returns the record that a rule is ours by its id.
func Untagged(made secgroup.Entry, at time.Time) claim.Untagged {
	return claim.Untagged{ID: made.ID, Seal: checksum(made.Rule)[:proofSize], At: at.Truncate(time.Second)}
}

// Recorded returns how to tell the rules whose ids the ledger holds, if they still are
// the rules that were recorded.
func Recorded(untagged []claim.Untagged) func(secgroup.Entry) bool {
	seals := make(map[string]string, len(untagged))
	for _, u := range untagged {
		seals[u.ID] = u.Seal
	}
	return func(e secgroup.Entry) bool { return e.ID != "" && seals[e.ID] == checksum(e.Rule)[:proofSize] }
}
