// Package drift compares the rules that launches requested on a security group with the rules
// that the group has. Each difference is a [Drift], with a kind, a severity, the launches and the
// remedy. A group without requests should have no rules.
//
// [Compare] takes the [Facts] of one group and a [Policy], and returns the group's drifts. For
// example, a launch requested tcp 80 from 10.0.0.0/8, and the group has that rule for 10.0.0.0/9
// alone: that is one drift of kind narrowed-source and severity high. [Conclude] joins the results
// of a [Run] with the previous [Report] and tells which drifts are new, carried or closed.
//
// Both are pure: they read no clock, no file and no network. To read the package, start with
// kind.go and severity.go, then facts.go, compare.go and the files that it calls, then conclude.go.
package drift

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Drift is one difference between the requests on a group and its rules.
type Drift struct {
	// ID is the same from run to run. It is a hash of the group, the kind and the rule, or of
	// Subject if there is no rule.
	ID       string      `json:"id"`
	Kind     Kind        `json:"kind"`
	Severity Severity    `json:"severity"`
	Group    claim.Group `json:"group"`
	// Rule is the drift's rule: as it exists in the group or, if it is missing, as a launch
	// requested it. Its ID is EC2's, if it has one. A drift about no rule has the zero Rule.
	Rule secgroup.Entry `json:"rule"`
	// Subject names the launch, security group, prefix list or quota that the drift is about,
	// if it is about no rule.
	Subject string `json:"subject,omitempty"`
	// Gap is the exact difference: traffic requested and not open, or open and not requested.
	Gap []secgroup.Rule `json:"gap,omitempty"`
	// Requests are the requests that contain the rule. A request with a Relation concerns the
	// drift in another way.
	Requests []Request `json:"asked,omitempty"`
	// Cut is the number of rules of the gap and of requests that are left out, because the report
	// is large.
	Cut int `json:"cut,omitempty"`
	// Detail describes the drift in a sentence or two. Remedy tells how to repair it.
	Detail string `json:"detail"`
	Remedy string `json:"remedy"`
	// Since is the time at which an audit first found the drift.
	Since time.Time `json:"since"`
	// Unverified is the time of the last audit that verified the drift, or Since if none did. It is
	// zero if the last audit of the group verified it: that audit read all that its kind needs.
	Unverified time.Time `json:"unverified,omitzero"`
	// Changed is the API call that caused the drift, if CloudTrail reported it.
	Changed Change `json:"changed,omitzero"`
}

// Compare orders drifts: the severest first, then by group, kind, rule and subject.
func (d Drift) Compare(e Drift) int {
	return cmp.Or(
		cmp.Compare(e.Severity, d.Severity),
		compareGroups(d.Group, e.Group),
		cmp.Compare(d.Kind, e.Kind),
		d.Rule.Rule.Compare(e.Rule.Rule),
		cmp.Compare(d.Subject, e.Subject),
	)
}

// identity returns the drift's ID: 128 bits of a hash, in hex. A rule that was removed and
// made again has the same ID.
func (d Drift) identity() string {
	rule := ""
	if d.HasRule() {
		rule = d.Rule.Rule.String()
	}
	text := strings.Join([]string{d.Group.Account, d.Group.Region, d.Group.ID, string(d.Kind), rule, d.Subject}, "\x00")
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// HasRule reports whether the drift is about a rule.
func (d Drift) HasRule() bool { return d.Rule.Rule.Peer.IsValid() }

func compareGroups(a, b claim.Group) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.ID, b.ID))
}

// Lacks reports whether a desired rule is not wholly open, so that ensure opens it. It is false
// for a contested rule, because ensure does not open that.
func (d Drift) Lacks() bool {
	switch d.Kind {
	case Missing, NarrowedPorts, NarrowedSource, FamilyGap, PeerKindSwap:
		return true
	case Modified:
		return len(d.Requests) > 0
	}
	return false
}

// Change is an API call that changed a group, as CloudTrail recorded it. The zero Change means
// unknown.
type Change struct {
	EventID string    `json:"eventId,omitempty"`
	Name    string    `json:"name,omitempty"`  // of the API call, for example ModifySecurityGroupRules
	Actor   string    `json:"actor,omitempty"` // the caller's ARN, or other parts of the identity
	At      time.Time `json:"at,omitzero"`
}
