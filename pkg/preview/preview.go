// Package preview predicts offline what ensure would decide. It reads files of rules, events
// and claims, builds a [group.State] of each group as ensure does, and returns the decision.
// It writes nothing.
package preview

import (
	"maps"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/awscli"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Offline is the input of a plan without AWS.
type Offline struct {
	Messages []events.Message // in their order of receipt
	Groups   []awscli.Group   // with their existing rules
	At       time.Time        // receipt of all messages; zero: before every expiry
	// Complete: a group that is not among Groups does not exist. Otherwise, such a group has no
	// rules, because a list of rules does not show it.
	Complete bool
	// Claims are the requests in the table, in any order and with any status. They count as
	// received before the messages. A live claim that is overdue at At counts as expired,
	// because a sweep would have expired it.
	Claims []claim.Request
	Owner  plan.Installation // our installation; "": no rule is ours
	// Check returns a message's faults by the guardrails; nil: all is allowed. If Groups lacks
	// the group, the snapshot has only its id and account.
	Check func(m events.Message, group awscli.Group) claim.Faults
	// Judge returns the judge of a group's live requests together; nil: there is none.
	Judge func(group awscli.Group) plan.Judge
	// Means returns the launch that an event means, with its owner. The faults say why the
	// publisher may not use the name. nil: an event means the launch that it names.
	Means func(events.Message) (claim.Launch, claim.Faults)
	Quota plan.Quota
	Caps  plan.Caps
}

// Preview is the prediction of ensure's decisions.
type Preview struct {
	Groups   []GroupPlan // of the groups in messages or claims, sorted by id
	Rejected []Rejection // claims that do not fit, then messages, in order
	Remarks  []Remark    // changes that reading made, likewise
}

// GroupPlan is the plan of one group.
type GroupPlan struct {
	Group   string // its id
	Assumed bool   // the group is unknown, and assumed to be empty
	group.Decision
}

// Revokes returns the rules to revoke: at once, or when their replacement is in effect. Rules
// that are held are not among them.
func (g GroupPlan) Revokes() []secgroup.Entry {
	all := slices.Concat(g.Revoke, g.Later)
	slices.SortFunc(all, func(a, b secgroup.Entry) int { return a.Rule.Compare(b.Rule) })
	return all
}

// Rejection is a message, or a claim that no round can have served, with the reasons why it is
// refused.
type Rejection struct {
	Launch  string
	Reasons claim.Faults
	message int
}

// Remark is a change that reading made to an accepted message.
type Remark struct {
	Launch string
	Fault  claim.Fault
}

// NothingToDo reports whether no group needs a write.
func (p Preview) NothingToDo() bool {
	return !slices.ContainsFunc(p.Groups, func(g GroupPlan) bool { return len(g.Authorize)+len(g.Revokes()) > 0 })
}

// Make follows ensure's steps up to the first write. Messages count as received in their
// order, all at the time At.
func (in Offline) Make() Preview {
	d := newPlanner(in)
	for _, r := range in.Claims {
		d.recall(r)
	}
	for i := range in.Messages {
		d.take(i, in.Messages[i])
	}
	for _, id := range slices.Sorted(maps.Keys(d.byGroup)) {
		d.plan(id, d.byGroup[id])
	}
	slices.SortStableFunc(d.preview.Rejected, func(a, b Rejection) int { return a.message - b.message })
	return d.preview
}
