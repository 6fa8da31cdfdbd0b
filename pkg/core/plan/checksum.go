package plan

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// TagRule holds a checksum of each rule of its call. It reveals a rule that was
// modified. Anybody can compute it, so it proves nothing. For rules from files,
// it decides alone, because files hold no key.
//
// Versions before schema version 2 wrote no other seal. So for a while after the update of
// a group, rules with a checksum alone are ours, until rounds have recorded their ids.

// checksumSize is the length of a rule's checksum in TagRule: 24 bits in base64url.
const checksumSize = 4

func checksums(batch []secgroup.Entry) (text string) {
	for _, e := range batch {
		text += checksum(e.Rule)[:checksumSize]
	}
	return text
}

// checks reports whether a rule bears the installation's tag, and its own checksum.
func (i Installation) checks(e secgroup.Entry) bool {
	if e.Tags[TagInstallation] != string(i) {
		return false
	}
	own, sums := checksum(e.Rule)[:checksumSize], e.Tags[TagRule]
	for ; len(sums) >= checksumSize; sums = sums[checksumSize:] {
		if sums[:checksumSize] == own {
			return true
		}
	}
	return false
}

// unkeyed reports whether a rule has an older version's checksum, in its tag or in its
// description.
func (o Owner) unkeyed(e secgroup.Entry) bool {
	text := string(o.Installation) + "\n" + o.Group + "\n" + o.identity(e.Rule)
	signed := strings.HasPrefix(e.Description, author+" ") &&
		strings.HasSuffix(e.Description, signatureOpen+hashed(text)[:proofSize]+signatureClose)
	return signed || e.Tags[TagTicket] == "" && o.Installation.checks(e)
}

func checksum(r secgroup.Rule) string { return hashed(r.WithoutOwner().String()) }

// hashed returns the SHA-256 of a text in base64url.
func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
