package plan

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// These tags are on every rule that sgkeeper makes.
const (
	TagInstallation = "sgkeeper:installation"
	TagRule         = "sgkeeper:rule"
)

// MaxBatch is the number of rules that one call authorizes. The value of TagRule has a seal
// for each rule, and EC2 limits it to 256 characters.
const MaxBatch = 256 / sealSize

// sealSize is the length of one rule's seal: 24 bits in base64url.
const sealSize = 4

// Installation is the identity of one deployment of sgkeeper. A rule with another
// installation's tag is foreign.
type Installation string

// DefaultInstallation is the identity of a deployment, unless another is configured. table is
// the name of its DynamoDB table.
func DefaultInstallation(account, region, table string) Installation {
	return Installation(account + "/" + region + "/" + table)
}

// Tags returns the tags for rules that one call authorizes. EC2 gives all of them the same
// tags, so TagRule holds a seal for each.
func (i Installation) Tags(batch []secgroup.Entry) map[string]string {
	seals := ""
	for _, entry := range batch {
		seals += seal(entry.Rule)
	}
	return map[string]string{TagInstallation: string(i), TagRule: seals}
}

// Owns reports whether the installation made the rule and nobody has modified it since. The
// rule must have the installation's tag, and its own seal must be in TagRule.
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

// seal is a checksum of a rule's identity. It detects a rule that was modified in place, but
// not a forged one.
func seal(r secgroup.Rule) string { return checksum(r)[:sealSize] }

func checksum(r secgroup.Rule) string { return hashed(r.WithoutOwner().String()) }

// hashed returns the SHA-256 of a text in base64url.
func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Batches splits rules like [Plain], and gives each rule the tags of its call.
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

// Plain splits rules into batches for one call each: one direction, and at most MaxBatch
// rules. It keeps the order of rules within a direction.
func Plain(entries []secgroup.Entry) (batches [][]secgroup.Entry) {
	for _, direction := range []secgroup.Direction{secgroup.Ingress, secgroup.Egress} {
		batches = slices.AppendSeq(batches, slices.Chunk(of(direction, entries), MaxBatch))
	}
	return batches
}

func of(d secgroup.Direction, entries []secgroup.Entry) []secgroup.Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e secgroup.Entry) bool { return e.Rule.Direction != d })
}
