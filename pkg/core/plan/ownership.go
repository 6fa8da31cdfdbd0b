package plan

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// These tags are on every rule that sgkeeper makes.
const (
	TagInstallation = "sgkeeper:installation"
	TagRule         = "sgkeeper:rule"   // a checksum of each rule of the call
	TagSeal         = "sgkeeper:seal"   // a seal of each rule of the call
	TagTicket       = "sgkeeper:ticket" // the call's stamp and seal
)

// MaxBatch is how many rules one call authorizes: as many as TagSeal, whose
// value EC2 limits to 256 characters, can seal.
const MaxBatch = maxTag / minSeal

// Installation is the identity of one deployment of sgkeeper. A rule with another
// installation's tag is foreign.
type Installation string

// DefaultInstallation returns the identity of a deployment, unless another is configured. table is
// the name of its DynamoDB table.
func DefaultInstallation(account, region, table string) Installation {
	return Installation(account + "/" + region + "/" + table)
}

// Owner recognises the rules that an installation made in one group, and marks new ones.
type Owner struct {
	Installation Installation
	Group        string      // its id
	Keys         []claim.Key // of the group, the newest first: it seals new rules, and all are accepted
	// Offline: no key is known, so a checksum counts as proof. Nothing may be revoked
	// because of it.
	Offline bool
}

// Proof is how a rule proves that the installation made it and that nobody has modified
// it since.
type Proof struct {
	Stamp  Stamp
	Former bool // only a former key sealed it
}

// Proof returns the proof that a rule's tags or its description give. ok is false if they
// give none.
func (o Owner) Proof(e secgroup.Entry) (proof Proof, ok bool) {
	if o.Installation == "" {
		return Proof{}, false
	}
	if o.Offline {
		return Proof{}, o.Installation.checks(e)
	}
	for i, key := range o.Keys {
		s := sealer{o, key}
		if stamp, ok := s.proves(e); ok {
			return Proof{stamp, i > 0}, true
		}
	}
	return Proof{}, false
}

func (s sealer) proves(e secgroup.Entry) (Stamp, bool) {
	if s.key == claim.Unkeyed {
		return Stamp{}, s.unkeyed(e)
	}
	if stamp, ok := s.tagged(e); ok {
		return stamp, true
	}
	return s.signed(e)
}

// Owns reports whether a rule's tags or its description prove that it is ours.
func (o Owner) Owns(e secgroup.Entry) bool {
	_, ok := o.Proof(e)
	return ok
}

// Bears reports whether the tags of a rule are from a call of ours. The rule may still be
// foreign: an outsider modified it, or copied the tags.
func (o Owner) Bears(e secgroup.Entry) bool {
	return slices.ContainsFunc(o.Keys, func(key claim.Key) bool {
		_, _, ok := sealer{o, key}.call(e.Tags)
		return ok
	})
}

// Tagged returns rules with the tags of the one call that authorizes them. EC2 gives all
// of them the same tags, so TagRule and TagSeal hold a part for each rule.
func (o Owner) Tagged(at Stamp, batch []secgroup.Entry) []secgroup.Entry {
	tags, tagged := o.sealer().tags(at, batch), slices.Clone(batch)
	for n := range tagged {
		tagged[n].Tags = tags
	}
	return tagged
}

// Plain splits rules into batches for one call each: one direction, and at most MaxBatch
// rules. It keeps the order of rules within a direction.
func Plain(entries []secgroup.Entry) (batches [][]secgroup.Entry) {
	for _, direction := range []secgroup.Direction{secgroup.Ingress, secgroup.Egress} {
		batches = slices.AppendSeq(batches, slices.Chunk(secgroup.OfDirection(direction, entries), MaxBatch))
	}
	return batches
}

// proofSize is the length of the checksum that the ledger keeps with the id of a rule:
// 48 bits in base64url. It reveals a modified rule. It needs no key, because only
// sgkeeper writes the ledger.
const proofSize = 8

// Untagged returns the record that a rule is ours by its id.
func Untagged(made secgroup.Entry, at time.Time) claim.Untagged {
	return claim.Untagged{ID: made.ID, Seal: checksum(made.Rule)[:proofSize], At: at.Truncate(time.Second)}
}

// Recorded returns a function that reports whether the ledger holds a rule's id, and the
// rule was not modified since.
func Recorded(untagged []claim.Untagged) func(secgroup.Entry) bool {
	seals := make(map[string]string, len(untagged))
	for _, u := range untagged {
		seals[u.ID] = u.Seal
	}
	return func(e secgroup.Entry) bool { return e.ID != "" && seals[e.ID] == checksum(e.Rule)[:proofSize] }
}
