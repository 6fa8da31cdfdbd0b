package plan

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// proofSize is the length of the seal that is kept with the id of a rule
// without tags: 48 bits in base64url. It need not share 256 characters.
const proofSize = 8

// Untagged returns the proof that a rule is ours which EC2 made, without tags,
// by our own call.
func Untagged(made secgroup.Entry, at time.Time) claim.Untagged {
	return claim.Untagged{ID: made.ID, Seal: checksum(made.Rule)[:proofSize], At: at.Truncate(time.Second)}
}

// Ownership returns how to tell which rules are ours: by the tags of an
// installation, or by their ids, if they still are what was authorized. Either
// proof will do, whichever of the two is in use now.
func Ownership(i Installation, untagged []claim.Untagged) func(secgroup.Entry) bool {
	seals := make(map[string]string, len(untagged))
	for _, u := range untagged {
		seals[u.ID] = u.Seal
	}
	return func(e secgroup.Entry) bool {
		return i.Owns(e) || e.ID != "" && seals[e.ID] == checksum(e.Rule)[:proofSize]
	}
}
