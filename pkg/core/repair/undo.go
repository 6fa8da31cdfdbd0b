package repair

import (
	"maps"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Former is the part of a group that a plan changes, as it was before. It covers the whole plan, also
// if only some of its steps are performed.
type Former struct {
	// Revoked are the rules that the plan revokes, with their descriptions and tags.
	Revoked []secgroup.Entry `json:"revoked,omitempty"`
	// Made are the rules that the plan makes, without ids.
	Made []secgroup.Entry `json:"made,omitempty"`
	// Changed are the rules with a description or tags that the plan changes.
	Changed []secgroup.Entry `json:"changed,omitempty"`
	// Tags are the group's tags that the plan sets, by key; null if the group lacked the tag.
	Tags map[string]*string `json:"tags,omitempty"`
}

// Former returns the part of a group that the plan changes. Tags are the group's tags before.
func (p Plan) Former(tags map[string]string) (f Former) {
	for _, s := range p.Steps {
		switch s.Op {
		case Authorize:
			f.Made = append(f.Made, s.Entry)
		case Revoke:
			f.Revoked = append(f.Revoked, s.Entry)
		case Describe, Tag, Untag:
			if !slices.ContainsFunc(f.Changed, func(e secgroup.Entry) bool { return e.ID == s.Entry.ID }) {
				f.Changed = append(f.Changed, s.Entry)
			}
		case TagGroup, UntagGroup:
			if f.Tags == nil {
				f.Tags = make(map[string]*string)
			}
			for key := range s.Tags {
				f.Tags[key] = nil
				if was, ok := tags[key]; ok {
					f.Tags[key] = &was
				}
			}
		}
	}
	return f
}

// Back returns the plan that gives a group its former rules, descriptions and tags again. Drifts of
// in do not matter. A second call, after the first plan was performed, has no steps.
//
// Back revokes a rule that the plan made only if former rules allow its traffic again. So a rule that
// launches lacked stays open. Back leaves rules that the guardrails refuse, alone or together with
// the group's rules, unless force is set. AWS's own tags, whose keys begin with "aws:", cannot be
// set and are left out.
func Back(in Input, f Former, force bool) Plan {
	b := &back{Input: in, plan: Plan{Group: in.Group, Steps: []Step{}, Left: []Left{}}}
	b.restore(f.Revoked, force)
	b.tags(f.Tags)
	for _, was := range f.Changed {
		b.change(was)
	}
	b.revoke(f.Made)
	return b.plan
}

// back makes the plan of one undo.
type back struct {
	Input
	plan Plan
	back []secgroup.Rule // the former rules that exist, or that the plan makes
}

func (b *back) restore(revoked []secgroup.Entry, force bool) {
	judge := b.judge()
	for _, e := range revoked {
		if slices.ContainsFunc(b.Entries, func(now secgroup.Entry) bool { return now.Rule.Matches(e.Rule) }) {
			b.back = append(b.back, e.Rule)
			continue
		}
		if reason := judge(e); reason != "" && !force {
			left := Left{Reason: reason}
			left.Drift = drift.Drift{Group: b.Group, Rule: e}
			b.plan.Left = append(b.plan.Left, left)
			continue
		}
		e.ID, e.Tags = "", settable(e.Tags)
		b.plan.Steps = append(b.plan.Steps, Step{Op: Authorize, Entry: e, Reason: "it was revoked"})
		b.back = append(b.back, e.Rule)
	}
}

// judge returns a function that gives the reason why the guardrails refuse a rule, beside the group's
// rules and the rules that it has allowed; "" if they allow it.
func (b *back) judge() func(secgroup.Entry) string {
	if b.Guard == nil {
		return func(secgroup.Entry) string { return "" }
	}
	request := func(name string, rules []secgroup.Entry) claim.Request {
		return claim.Request{Launch: claim.Launch{Account: b.Group.Account, Name: name}, Group: b.Group, Rules: rules,
			Status: claim.Open}
	}
	union := b.Guard.Union(b.guardGroup(), b.Lists)
	union.Add(request("existing-rules", b.Entries))
	return func(e secgroup.Entry) string {
		asked := request("undo", []secgroup.Entry{e})
		const refuse, anyway = "the guardrails refuse it: ", "; --against-guardrails restores it"
		faults, _ := b.Guard.Check(b.candidate(asked))
		beside, unread := union.Against(asked)
		switch {
		case len(faults) > 0:
			return refuse + faults[0].Problem + anyway
		case unread:
			return refuse + beside[0].Problem + anyway
		case len(beside) > 0: // its text would name launches, and there are none
			return refuse + "with the group's other rules, it opens as much as the world" + anyway
		}
		union.Add(asked)
		return ""
	}
}

func (b *back) tags(former map[string]*string) {
	for _, key := range slices.Sorted(maps.Keys(former)) {
		now, has := b.Tags[key]
		switch was := former[key]; {
		case was == nil && has:
			b.plan.Steps = append(b.plan.Steps, Step{Op: UntagGroup, Tags: map[string]string{key: now},
				Reason: "the group lacked it"})
		case was != nil && (!has || now != *was):
			b.plan.Steps = append(b.plan.Steps, Step{Op: TagGroup, Tags: map[string]string{key: *was},
				Reason: "the group had it"})
		}
	}
}

// change gives a rule its former tags and description. It does so only if the rule still exists.
func (b *back) change(was secgroup.Entry) {
	for _, e := range b.Entries {
		if e.ID != was.ID || !e.Rule.Matches(was.Rule) {
			continue
		}
		tags := settable(was.Tags)
		maps.DeleteFunc(tags, func(key, value string) bool { return e.Tags[key] == value })
		if len(tags) > 0 {
			b.plan.Steps = append(b.plan.Steps, Step{Op: Tag, Entry: e, Tags: tags, Reason: "it had these tags"})
		}
		if e.Description != was.Description {
			b.plan.Steps = append(b.plan.Steps, Step{Op: Describe, Entry: e, Description: was.Description,
				Reason: "it had this description"})
		}
	}
}

// revoke revokes rules that the plan made and that former rules replace. A rule with another
// description, or with sgkeeper's tags, is not the plan's.
func (b *back) revoke(made []secgroup.Entry) {
	cover := secgroup.NewCover(secgroup.SetOf(b.back...))
	for _, m := range made {
		for _, e := range b.Entries {
			if e.Rule.Matches(m.Rule) && e.Description == m.Description && e.Tags[plan.TagInstallation] == "" &&
				!slices.ContainsFunc(b.back, e.Rule.Matches) && cover.Covers(e.Rule) {
				b.plan.Steps = append(b.plan.Steps, Step{Op: Revoke, Entry: e, Reason: "it replaced a former rule"})
			}
		}
	}
}
