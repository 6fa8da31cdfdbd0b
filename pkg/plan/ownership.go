package plan

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// The tags of every rule that sgkeeper makes.
const (
	TagInstallation = "sgkeeper:installation"
	TagRule         = "sgkeeper:rule"
)

// MaxBatch is how many rules one call authorizes: as many as TagRule, whose
// value EC2 limits to 256 characters, can seal.
const MaxBatch = 256 / sealSize

// sealSize is the length of one rule's seal: 24 bits in base64url.
const sealSize = 4

// Installation is the identity of one deployment of sgkeeper. Rules tagged with
// another's are foreign.
type Installation string

// DefaultInstallation is the identity of the deployment that keeps its claims in
// a table, unless it was given another.
func DefaultInstallation(account, region, table string) Installation {
	return Installation(account + "/" + region + "/" + table)
}

// Tags returns the tags for rules that are authorized in one call. EC2 gives
// all of them the same tags, so TagRule holds a seal for each of them.
func (i Installation) Tags(batch []secgroup.Entry) map[string]string {
	seals := ""
	for _, entry := range batch {
		seals += seal(entry.Rule)
	}
	return map[string]string{TagInstallation: string(i), TagRule: seals}
}

// Owns reports whether the installation made the rule and nobody has modified
// it since: it bears the installation's tag, and its own seal is among those
// of TagRule.
func (i Installation) Owns(e secgroup.Entry) bool {
	if i == "" || e.Tags[TagInstallation] != string(i) {
		return false
	}
	own, seals := seal(e.Rule), e.Tags[TagRule]
	for ; len(seals) >= sealSize; seals = seals[sealSize:] {
		if seals[:sealSize] == own {
			return true
		}
	}
	return false
}

// seal is a checksum of a rule's identity. It tells a rule that was modified in
// place from one that was not; it is no protection against forgery.
func seal(r secgroup.Rule) string { return checksum(r)[:sealSize] }

func checksum(r secgroup.Rule) string { return hashed(r.WithoutOwner().String()) }

// hashed returns the SHA-256 of a text in base64url.
func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Batches cuts rules as [Plain] does, and gives each rule the tags of its call.
func (i Installation) Batches(entries []secgroup.Entry) [][]secgroup.Entry {
	batches := Plain(entries)
	for n, batch := range batches {
		batches[n] = i.Tagged(batch)
	}
	return batches
}

// Tagged returns rules with the tags of the one call that authorizes them.
func (i Installation) Tagged(batch []secgroup.Entry) []secgroup.Entry {
	tags, tagged := i.Tags(batch), slices.Clone(batch)
	for n := range tagged {
		tagged[n].Tags = tags
	}
	return tagged
}

// Plain cuts rules into those that one call can authorize: of one direction, and
// at most MaxBatch. The order of rules of one direction is kept.
func Plain(entries []secgroup.Entry) (batches [][]secgroup.Entry) {
	for _, direction := range []secgroup.Direction{secgroup.Ingress, secgroup.Egress} {
		batches = slices.AppendSeq(batches, slices.Chunk(of(direction, entries), MaxBatch))
	}
	return batches
}

func of(d secgroup.Direction, entries []secgroup.Entry) []secgroup.Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e secgroup.Entry) bool { return e.Rule.Direction != d })
}
