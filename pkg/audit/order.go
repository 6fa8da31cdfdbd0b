package audit

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Compare orders drifts: the severest first, then by group, kind, rule and subject.
func (d Drift) Compare(e Drift) int {
	return cmp.Or(
		cmp.Compare(e.Severity, d.Severity),
		cmp.Compare(d.Group.Account, e.Group.Account),
		cmp.Compare(d.Group.Region, e.Group.Region),
		cmp.Compare(d.Group.ID, e.Group.ID),
		cmp.Compare(d.Kind, e.Kind),
		d.Rule.Rule.Compare(e.Rule.Rule),
		cmp.Compare(d.Subject, e.Subject),
	)
}

// identity returns the drift's ID: 128 bits of a hash, in hex. A rule that was removed and
// made again has the same ID.
func (d Drift) identity() string {
	rule := ""
	if d.hasRule() {
		rule = d.Rule.Rule.String()
	}
	text := strings.Join([]string{d.Group.Account, d.Group.Region, d.Group.ID, string(d.Kind), rule, d.Subject}, "\x00")
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

func (d Drift) hasRule() bool { return d.Rule.Rule.Peer.IsValid() }

// compare orders rules. Of two rules with one identity, the described one comes before the
// assumed one.
func (p present) compare(q present) int {
	assumed := 0
	switch {
	case p.assumed && !q.assumed:
		assumed = 1
	case q.assumed && !p.assumed:
		assumed = -1
	}
	return cmp.Or(p.Rule.Compare(q.Rule), assumed, cmp.Compare(p.ID, q.ID))
}
