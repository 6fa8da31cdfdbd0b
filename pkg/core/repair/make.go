package repair

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Make returns the plan that mends the drifts of a group. The order of drifts, entries and requests
// does not matter, except for the order of steps of one kind.
//
// All authorizes come first, and all revokes last. If the guardrails refuse a rule that must
// replace a part of a revoked one, the plan leaves both.
func Make(in Input) Plan {
	m := &maker{Input: in, left: []Left{}}
	m.Requests = slices.DeleteFunc(slices.Clone(m.Requests),
		func(r claim.Request) bool { return !drift.IsLive(r, in.Now) })
	for i, r := range m.Requests {
		m.Requests[i].Rules = m.in(r.Rules)
	}
	m.desired = claim.Fold(m.Requests)
	for _, d := range in.Drifts {
		m.take(d)
	}
	steps := m.authorizes()
	for _, t := range m.revokes {
		m.steps = append(m.steps, Step{Op: Revoke, Entry: t.entry, Drifts: t.ids(), Reason: t.reason()})
	}
	return Plan{in.Group, append(steps, m.steps...), m.left}
}

// maker makes one plan.
type maker struct {
	Input
	desired claim.Desired // the union of the live requests, with self resolved to the group
	restore []target      // of rules to open again
	revokes []target
	steps   []Step // other than authorizes and revokes
	left    []Left
	refused map[string]bool // the keys of requests that the guardrails refuse; nil until needed
}

// target is a rule with the drifts that it mends.
type target struct {
	entry  secgroup.Entry
	drifts []drift.Drift
}

func (t target) ids() []string {
	ids := make([]string, len(t.drifts))
	for i := range t.drifts {
		ids[i] = t.drifts[i].ID
	}
	return ids
}

// reason names the drifts' kinds.
func (t target) reason() string {
	var kinds []string
	for i := range t.drifts {
		if k := string(t.drifts[i].Kind); !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	return strings.Join(kinds, ", ")
}

func (m *maker) in(entries []secgroup.Entry) []secgroup.Entry {
	entries = slices.Clone(entries)
	for i, e := range entries {
		entries[i].Rule = e.Rule.In(m.Group.Account, m.Group.ID)
	}
	return entries
}

func (m *maker) leave(d drift.Drift, format string, args ...any) {
	m.left = append(m.left, Left{d, fmt.Sprintf(format, args...)})
}

// take adds one drift to the plan.
func (m *maker) take(d drift.Drift) {
	switch ways[d.Kind] {
	case byHand:
		m.leave(d, "%s", d.Remedy)
	case restore:
		m.takeRestore(d, d.Rule.Rule)
	case exchange:
		m.takeExchange(d)
	case narrow, remove:
		m.takeRevoke(d)
	case remark:
		m.takeRemark(d)
	case optIn:
		key, value, _ := strings.Cut(d.Subject, "=")
		if m.Tags[key] == value {
			m.leave(d, "the group has the tag %s again", d.Subject)
			return
		}
		m.steps = append(m.steps, Step{Op: TagGroup, Tags: map[string]string{key: value}, Drifts: []string{d.ID},
			Reason: string(d.Kind)})
	}
}

func (m *maker) takeRestore(d drift.Drift, rule secgroup.Rule) {
	want, ok := m.requested(rule)
	switch {
	case !ok:
		m.leave(d, "no live launch requests %s any more", rule)
	case m.Frozen != "":
		m.leave(d, "the group is frozen (%q): run sgkeeper thaw --group %s, and sgkeeper opens it",
			m.Frozen, m.Group.ID)
	default:
		entry := secgroup.Entry{Rule: want, Description: m.desired.Description(want)}
		m.restore = append(m.restore, target{entry, []drift.Drift{d}})
	}
}

// takeExchange restores the rule that launches requested, and revokes the one in its place. A
// modified rule may have no launch any more.
func (m *maker) takeExchange(d drift.Drift) {
	for _, r := range d.Requests {
		if r.Relation == drift.Instead && len(r.Wants) > 0 {
			m.takeRestore(d, r.Wants[0])
			break
		}
	}
	m.takeRevoke(d)
}

// takeRevoke revokes the drift's rule, unless something needs it by now.
func (m *maker) takeRevoke(d drift.Drift) {
	e, ok := m.current(d)
	if !ok {
		return
	}
	_, requested := m.requested(e.Rule)
	explained := secgroup.NewCover(m.desired.Rules.Union(secgroup.SetOf(m.Intended...))).Covers(e.Rule)
	other := e.Tags[plan.TagInstallation]
	switch {
	case requested && d.Kind == drift.StaleReference:
		m.leave(d, "%s", d.Remedy)
	case requested:
		m.leave(d, "a live launch requests %s", e.Rule)
	case explained && d.Kind == drift.Modified: // the rule may stay, as a foreign one
		m.untag(d, e, false)
	case explained && ways[d.Kind] == narrow:
		m.leave(d, "requests and exceptions explain it by now")
	case m.HistoryLost && ours[d.Kind]:
		m.leave(d, "the table has forgotten launches, and one of them may need the rule: see the drift history-lost")
	case other != "" && m.Installation != "" && other != string(m.Installation):
		m.leave(d, "another installation of sgkeeper made it, by its tags: mend it there")
	case e.Rule.Direction == secgroup.Egress && e.Rule.Protocol == secgroup.All && e.Rule.Peer.World():
		m.leave(d, "EC2 gives every group this rule, and without it only the requested traffic could leave: "+
			"revoke it by hand if you mean that")
	default:
		m.addRevoke(e, d)
	}
}

func (m *maker) addRevoke(e secgroup.Entry, d drift.Drift) {
	for i := range m.revokes {
		if m.revokes[i].entry.ID == e.ID {
			m.revokes[i].drifts = append(m.revokes[i].drifts, d)
			return
		}
	}
	m.revokes = append(m.revokes, target{e, []drift.Drift{d}})
}

// takeRemark corrects the tags and the description of a rule that launches request. If none does
// any more, nothing needs the rule.
func (m *maker) takeRemark(d drift.Drift) {
	e, ok := m.current(d)
	if !ok {
		return
	}
	want, ok := m.requested(e.Rule)
	if !ok {
		m.takeRevoke(d)
		return
	}
	owner := plan.Owner{Installation: m.Installation, Group: m.Group.ID, Keys: m.Keys, Offline: len(m.Keys) == 0}
	if e.Tags[plan.TagInstallation] != "" && !owner.Owns(e) {
		m.untag(d, e, true)
	}
	if !m.described(e) {
		m.steps = append(m.steps, Step{Op: Describe, Entry: e, Description: m.desired.Description(want),
			Drifts: []string{d.ID}, Reason: string(d.Kind)})
	}
}

// untag removes sgkeeper's tags from a rule, because they do not prove that sgkeeper made it.
func (m *maker) untag(d drift.Drift, e secgroup.Entry, adopt bool) {
	s := Step{Op: Untag, Entry: e, Tags: make(map[string]string), Adopt: adopt, Drifts: []string{d.ID},
		Reason: string(d.Kind)}
	for _, key := range sealTags {
		if value, ok := e.Tags[key]; ok {
			s.Tags[key] = value
		}
	}
	m.steps = append(m.steps, s)
}

// described reports whether a rule has the description of a launch that requests it.
func (m *maker) described(e secgroup.Entry) bool {
	for _, r := range m.Requests {
		for _, w := range r.Rules {
			text := claim.Describe(r.Launch.Name, w.Description)
			if w.Rule.Matches(e.Rule) &&
				(e.Description == text || strings.HasPrefix(e.Description, text+" [")) {
				return true
			}
		}
	}
	return false
}

// current returns the drift's rule as EC2 describes it, if it has not changed since the audit.
func (m *maker) current(d drift.Drift) (secgroup.Entry, bool) {
	for _, e := range m.Entries {
		if e.ID != d.Rule.ID || e.ID == "" {
			continue
		}
		was := d.Rule
		e.Rule, was.Rule = e.Rule.In(m.Group.Account, m.Group.ID), was.Rule.In(m.Group.Account, m.Group.ID)
		if !e.Equal(was) {
			m.leave(d, "the rule %s has changed since the audit: audit again", e.ID)
			return e, false
		}
		return e, true
	}
	m.leave(d, "EC2 does not describe the rule %s: it may be gone", d.Rule.ID)
	return secgroup.Entry{}, false
}

// requested returns the requested rule that a rule matches, if a live launch requests one.
func (m *maker) requested(r secgroup.Rule) (secgroup.Rule, bool) {
	r = r.In(m.Group.Account, m.Group.ID)
	if m.desired.Rules.Contains(r) {
		return r, true
	}
	for w := range m.desired.Rules.All() {
		if w.Matches(r) {
			return w, true
		}
	}
	return secgroup.Rule{}, false
}
