package repair

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/phrase"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// authorizes returns the steps that open rules. It gives up the revokes that depend on a rule that
// the guardrails refuse, and begins again.
func (m *maker) authorizes() []Step {
	for {
		a := &opening{maker: m, have: m.kept(), open: secgroup.NewCover(secgroup.Rules(m.Entries))}
		a.restores()
		if id := a.replaces(); id != "" {
			m.giveUp(id)
			continue
		}
		m.left = append(m.left, a.left...)
		return a.steps
	}
}

// kept returns the rules that the plan does not revoke.
func (m *maker) kept() (rules []secgroup.Rule) {
	for _, e := range m.in(m.Entries) {
		if !slices.ContainsFunc(m.revokes, func(t target) bool { return t.entry.ID == e.ID }) {
			rules = append(rules, e.Rule)
		}
	}
	return rules
}

// giveUp leaves the drifts of a rule instead of revoking it.
func (m *maker) giveUp(id string) {
	i := slices.IndexFunc(m.revokes, func(t target) bool { return t.entry.ID == id })
	m.revokes = slices.Delete(m.revokes, i, i+1)
}

// opening collects the authorizes of a plan.
type opening struct {
	*maker
	have  []secgroup.Rule // the group's rules after the plan so far
	open  *secgroup.Cover // of the group's rules before the plan
	steps []Step
	left  []Left
}

func (a *opening) covered(r secgroup.Rule) bool {
	return secgroup.NewCover(secgroup.SetOf(a.have...)).Covers(r)
}

func (a *opening) add(s Step) {
	s.Op = Authorize
	a.steps = append(a.steps, s)
	a.have = append(a.have, s.Entry.Rule)
}

// restores opens the requested rules that drifts lack.
func (a *opening) restores() {
	for _, t := range a.restore {
		switch d := t.drifts[0]; {
		case a.covered(t.entry.Rule):
			a.already(t)
		case !a.open.Covers(t.entry.Rule) && !a.allowed(t.entry.Rule):
			a.left = append(a.left, Left{d, "the guardrails refuse the launches that request it: see the drift " +
				"against-guardrails"})
		default:
			a.add(Step{Entry: t.entry, Adopt: true, Drifts: t.ids(), Reason: a.requesters(t.entry.Rule)})
		}
	}
}

// already files a restore that needs no step of its own: the rule is open, or other steps open it.
func (a *opening) already(t target) {
	if d := t.drifts[0]; a.open.Covers(t.entry.Rule) {
		if d.Rule.ID == "" { // otherwise the plan revokes the rule in its place
			a.left = append(a.left, Left{d, "it is open by now"})
		}
		return
	}
	for i := range a.steps {
		if s := &a.steps[i]; s.Entry.Rule.Overlaps(t.entry.Rule) {
			s.Drifts = append(s.Drifts, t.ids()...)
		}
	}
}

// replaces opens the parts of the revoked rules that launches requested or exceptions declare. If that
// is not possible, it leaves the drifts of one rule, and returns the rule's id.
func (a *opening) replaces() (unrevoked string) {
	for w := range a.desired.Rules.All() {
		by := a.revoking(w)
		if len(by) == 0 || a.covered(w) {
			continue
		}
		if !a.open.Covers(w) && !a.allowed(w) {
			return a.leaveAll(by[0], "launches use it for %s, and the guardrails refuse a rule for that", w)
		}
		entry, ids := secgroup.Entry{Rule: w, Description: a.desired.Description(w)}, []string{}
		for _, t := range by {
			ids = append(ids, t.ids()...)
		}
		a.add(Step{Entry: entry, Adopt: true, Drifts: ids, Reason: a.requesters(w)})
	}
	for _, t := range a.revokes {
		if k := t.drifts[0].Kind; ours[k] || k == drift.StaleReference {
			continue
		}
		for _, x := range a.Intended {
			part, ok := t.entry.Rule.Meet(x.In(a.Group.Account, a.Group.ID))
			if !ok || a.covered(part) {
				continue
			}
			if slices.ContainsFunc(a.revokes, func(t target) bool { return t.entry.Rule.Matches(part) }) {
				return a.leaveAll(t, "an exception declares %s, which the plan revokes as another rule: "+
					"run the command again afterwards", part)
			}
			entry := secgroup.Entry{Rule: part, Description: t.entry.Description, Tags: plainTags(t.entry.Tags)}
			a.add(Step{Entry: entry, Drifts: t.ids(), Reason: "an exception declares it"})
		}
	}
	return ""
}

// leaveAll leaves the drifts of a rule, and returns the rule's id.
func (m *maker) leaveAll(t target, format string, args ...any) string {
	for _, d := range t.drifts {
		m.leave(d, format, args...)
	}
	return t.entry.ID
}

// revoking returns the revokes that take traffic of a rule.
func (m *maker) revoking(r secgroup.Rule) (some []target) {
	for _, t := range m.revokes {
		if t.entry.Rule.Overlaps(r) {
			some = append(some, t)
		}
	}
	return some
}

// requesters names the launches that request a rule.
func (m *maker) requesters(r secgroup.Rule) string {
	var names []string
	for _, q := range m.Requests {
		if hasRule(q, r) && !slices.Contains(names, q.Launch.Name) {
			names = append(names, q.Launch.Name)
		}
	}
	slices.Sort(names)
	return "requested by " + phrase.Few(names, 3)
}

func hasRule(q claim.Request, r secgroup.Rule) bool {
	return slices.ContainsFunc(q.Rules, func(e secgroup.Entry) bool { return e.Rule == r })
}

// allowed reports whether the guardrails allow a request for the rule now, as a whole and beside the
// live requests before it.
func (m *maker) allowed(r secgroup.Rule) bool {
	if m.Guard == nil {
		return true
	}
	if m.refused == nil {
		m.judge()
	}
	return slices.ContainsFunc(m.Requests, func(q claim.Request) bool {
		return hasRule(q, r) && !m.refused[q.Key()]
	})
}

// judge finds the live requests that the guardrails refuse.
func (m *maker) judge() {
	m.refused = make(map[string]bool)
	union := m.Guard.Union(m.guardGroup(), m.Lists)
	for _, q := range claim.InOrder(m.Requests) {
		faults, unknown := m.Guard.Check(m.candidate(q))
		beside, wait := union.Against(q)
		if len(faults)+len(beside) > 0 || unknown || wait {
			m.refused[q.Key()] = true
			continue
		}
		union.Add(q)
	}
}

func (in *Input) guardGroup() guard.Group {
	return guard.Group{Account: in.Group.Account, ID: in.Group.ID, Facts: in.Facts}
}

func (in *Input) candidate(q claim.Request) guard.Candidate {
	return guard.Candidate{
		Launch: q.Launch, Source: q.Origin.Source, Group: in.guardGroup(), Lists: in.Lists, Rules: q.Rules,
		Received: q.Received, ExpiresAt: q.ExpiresAt, Purpose: q.Purpose,
	}
}
