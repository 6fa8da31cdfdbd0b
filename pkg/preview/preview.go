// Package preview decides offline what ensure would do: from files of rules, events and
// claims to the decision for each group. It builds a [group.State] of each group, as
// ensure does, and stops before anything would be written.
package preview

import (
	"maps"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Offline is all that a plan without AWS depends on.
type Offline struct {
	Messages []events.Message    // in the order in which they are taken
	Groups   []secgroup.Snapshot // what stands in the groups
	At       time.Time           // when all of the messages are taken; zero: before every expiry
	// Complete: a group that is not among Groups does not exist. Otherwise it
	// is one without rules, which a list of rules does not show.
	Complete bool
	// Claims are the requests that are in the table, whatever their status and in
	// any order. All count as received before the messages. An open one whose expiry
	// is long enough before At is expired, as a sweep would have done.
	Claims []claim.Request
	Owner  plan.Installation // whose rules are ours; "" owns nothing
	// Check says what may not be asked of a group; nil: anything may. Where Groups
	// does not tell of the group, only its id is known.
	Check func(m events.Message, group secgroup.Snapshot) events.Faults
	// Judge returns a judge of a group's live requests together; nil: they are not judged.
	Judge func(group secgroup.Snapshot) plan.Judge
	// Means returns the launch that an event means, and why its publisher may not speak of
	// it; nil: the launch that it names.
	Means func(events.Message) (events.Launch, events.Faults)
	Quota plan.Quota
	Caps  plan.Caps
}

// Preview says what ensure would do.
type Preview struct {
	Groups   []GroupPlan // those that a message or a claim is about, in order of id
	Rejected []Rejection // claims that do not fit, then messages, in their order
	Remarks  []Remark    // on what was read differently than it was written, likewise
}

// GroupPlan is the plan of one group.
type GroupPlan struct {
	Group   string // its id
	Assumed bool   // nothing was known of the group: it was taken for empty
	group.Decision
}

// Revokes returns the rules that are to go: those that go at once, and those
// that go when what takes their place has settled. What is held is neither.
func (g GroupPlan) Revokes() []secgroup.Entry {
	all := slices.Concat(g.Revoke, g.Later)
	slices.SortFunc(all, func(a, b secgroup.Entry) int { return a.Rule.Compare(b.Rule) })
	return all
}

// Rejection is a message, or a claim that no round can have served, and why it
// is refused.
type Rejection struct {
	Launch  string
	Reasons events.Faults
	message int
}

// Remark is what was changed in reading an accepted message.
type Remark struct {
	Launch string
	Fault  events.Fault
}

// NothingToDo reports whether no group needs writing.
func (p Preview) NothingToDo() bool {
	return !slices.ContainsFunc(p.Groups, func(g GroupPlan) bool { return len(g.Authorize)+len(g.Revokes()) > 0 })
}

// Make goes the way of ensure up to where it would write. Messages count as
// received one after the other, all at the time At.
func (in Offline) Make() Preview {
	d := newDesk(in)
	for _, r := range in.Claims {
		d.recall(r)
	}
	for i := range in.Messages {
		d.take(i, in.Messages[i])
	}
	for _, id := range slices.Sorted(maps.Keys(d.files)) {
		d.plan(id, d.files[id])
	}
	slices.SortStableFunc(d.preview.Rejected, func(a, b Rejection) int { return a.message - b.message })
	return d.preview
}
