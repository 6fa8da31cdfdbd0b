// Package repair plans how to mend drifts: which rules of a group to authorize, revoke, describe
// or tag. It is pure. [Make] returns the plan for one group, and [Back] the plan that undoes one.
//
// A plan keeps these promises, which the package's tests check in random groups:
//
//   - Traffic that a live launch requested, and that was open, is open after each step.
//   - It opens only rules that live launches requested, or parts of the rules that it revokes.
//   - It opens nothing that was not open if the guardrails refuse the launch's request.
//   - It revokes no rule that a live launch requested itself, or that an exception explains.
//   - After its last step, the planned drifts are gone.
//
// For example, a launch requested tcp 80 from 10.0.0.0/8, and somebody opened tcp 80 from
// 10.0.0.0/7. The plan authorizes the first rule, then revokes the second.
package repair

import (
	"maps"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Input is everything that a plan for one group depends on.
type Input struct {
	Group        claim.Group
	Installation plan.Installation
	Keys         []claim.Key // the group's; without them, a checksum tells which rules are sgkeeper's
	// Tags are the group's tags.
	Tags map[string]string
	// Entries are the group's rules, as EC2 describes them now.
	Entries []secgroup.Entry
	// Requests are the group's requests; only those count that are live at Now.
	Requests []claim.Request
	Now      time.Time
	// Intended are the rules that exceptions declare for the group: see [drift.Policy.Intended].
	Intended []secgroup.Rule
	// HistoryLost says that the table has forgotten launches, so that no rule of sgkeeper's may be
	// revoked.
	HistoryLost bool
	// Frozen is the reason why the group is frozen; "": it is not. A person who froze the group may have
	// closed a requested rule, so no such rule is opened again.
	Frozen string
	// Drifts are the drifts to mend.
	Drifts []drift.Drift

	Guard *guard.Guard // nil allows everything
	// Facts are the group's name and tags for the guardrails; nil: unknown.
	Facts *guard.Facts
	// Lists are the known prefix lists, for the guardrails.
	Lists map[string]guard.List
}

// Plan lists the calls to EC2 that mend a group, in their order.
type Plan struct {
	Group claim.Group
	Steps []Step
	Left  []Left // that no step mends
}

// Step is one call to EC2.
type Step struct {
	Op Op
	// Entry is the rule. Authorize makes it with its description and its tags. For any other Op it
	// is the rule as EC2 describes it before the step. It is zero for a step on the group's tags.
	Entry secgroup.Entry
	// Description is the new description, for Describe.
	Description string
	// Tags are the tags to set, for Tag and TagGroup, or to remove, for Untag and UntagGroup.
	Tags map[string]string
	// Adopt says that launches requested the rule, so sgkeeper may own it: see package adopt.
	Adopt bool
	// Drifts are the ids of the drifts that the step mends.
	Drifts []string
	Reason string
}

// Op is a kind of call to EC2.
type Op string

// The calls, in their order within a plan.
const (
	Authorize  Op = "authorize"
	TagGroup   Op = "tag-group"
	UntagGroup Op = "untag-group"
	Tag        Op = "tag"
	Untag      Op = "untag"
	Describe   Op = "describe"
	Revoke     Op = "revoke"
)

// Left is a drift that a plan does not mend, or a rule that an undo does not restore.
type Left struct {
	Drift drift.Drift // of an undo: its Rule alone
	// Reason says why, and what to do instead.
	Reason string
}

// Equal reports whether two plans make the same calls.
func (p Plan) Equal(q Plan) bool {
	if p.Group != q.Group || len(p.Steps) != len(q.Steps) {
		return false
	}
	for i, a := range p.Steps {
		b := q.Steps[i]
		if a.Op != b.Op || !a.Entry.Equal(b.Entry) || a.Description != b.Description || !maps.Equal(a.Tags, b.Tags) ||
			a.Adopt != b.Adopt {
			return false
		}
	}
	return true
}

// Depends reports whether a revoke must not happen because an authorize before it failed: the
// rule that was not made may serve traffic of the rule to revoke.
func (s Step) Depends(failed Step) bool {
	return s.Op == Revoke && failed.Op == Authorize && s.Entry.Rule.Overlaps(failed.Entry.Rule)
}

// sealTags are the tags by which sgkeeper recognizes its rules.
var sealTags = []string{plan.TagInstallation, plan.TagRule, plan.TagSeal, plan.TagTicket}

// plainTags returns the tags that a caller may give to another rule: not those that AWS reserves,
// and not sgkeeper's.
func plainTags(tags map[string]string) map[string]string {
	plain := settable(tags)
	for _, key := range sealTags {
		delete(plain, key)
	}
	return plain
}

// settable returns the tags that a caller may set.
func settable(tags map[string]string) map[string]string {
	plain := maps.Clone(tags)
	maps.DeleteFunc(plain, func(key, _ string) bool { return strings.HasPrefix(key, "aws:") })
	return plain
}
