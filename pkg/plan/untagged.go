package plan

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// proofSize is the length of the seal of a rule without tags: 48 bits in base64url. Unlike
// TagRule's seals, it does not share 256 characters.
const proofSize = 8

// Untagged returns the proof that a rule which our call made without tags is ours.
func Untagged(made secgroup.Entry, at time.Time) claim.Untagged {
	return claim.Untagged{ID: made.ID, Seal: checksum(made.Rule)[:proofSize], At: at.Truncate(time.Second)}
}

// Ownership returns a function that reports whether a rule is ours. A rule is ours by its
// tags. It is also ours if untagged has its id and its seal. Either proof is enough, with
// either setting.
func Ownership(i Installation, untagged []claim.Untagged) func(secgroup.Entry) bool {
	seals := make(map[string]string, len(untagged))
	for _, u := range untagged {
		seals[u.ID] = u.Seal
	}
	return func(e secgroup.Entry) bool {
		return i.Owns(e) || e.ID != "" && seals[e.ID] == checksum(e.Rule)[:proofSize]
	}
}
