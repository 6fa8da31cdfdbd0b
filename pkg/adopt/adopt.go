// Package adopt chooses which rules of a group may be made sgkeeper's own: those
// that a launcher once opened and nobody closed. It is pure. To own a rule means
// to revoke it when no launch asks for it, so each choice says what would then
// become of the rule, by the plan that ensure would make.
package adopt

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Group is what is known of a group, and which of its rules are meant.
type Group struct {
	ID       string
	Entries  []secgroup.Entry
	Requests []claim.Request // all of them, whatever their status
	Served   claim.Served
	Owner    plan.Installation
	Untagged []claim.Untagged
	Quota    plan.Quota

	// IDs are the rules that are meant; none means all that launchers open:
	// ingress rules, but for those among the members of the group itself.
	IDs []string
}

// Choice is a rule that may be adopted, and what becomes of it then.
type Choice struct {
	Entry secgroup.Entry
	Fate  string
	// Goes: nobody asks for the rule, so it would be revoked.
	Goes bool
}

// Left is a rule that is meant and may not be adopted, and why.
type Left struct {
	Entry  secgroup.Entry
	Reason string
}

// Choose returns the rules to adopt, and those that are left alone, in order. A
// meant rule that is not there is an error.
func (g Group) Choose() (choices []Choice, left []Left, err error) {
	if err := g.missing(); err != nil {
		return nil, nil, err
	}
	for _, e := range g.Entries {
		switch reason := g.reason(e); {
		case !g.meant(e):
		case reason != "":
			left = append(left, Left{e, reason})
		default:
			choices = append(choices, Choice{Entry: e})
		}
	}
	slices.SortFunc(choices, func(a, b Choice) int { return a.Entry.Rule.Compare(b.Entry.Rule) })
	slices.SortFunc(left, func(a, b Left) int { return a.Entry.Rule.Compare(b.Entry.Rule) })
	g.foresee(choices)
	return choices, left, nil
}

func (g Group) missing() error {
	for _, id := range g.IDs {
		if !slices.ContainsFunc(g.Entries, func(e secgroup.Entry) bool { return e.ID == id }) {
			return fmt.Errorf("%s is no rule of %s", id, g.ID)
		}
	}
	return nil
}

// meant reports whether a rule is among those that are meant.
func (g Group) meant(e secgroup.Entry) bool {
	if len(g.IDs) > 0 {
		return slices.Contains(g.IDs, e.ID)
	}
	_, id, isGroup := e.Rule.Peer.Group()
	return e.Rule.Direction == secgroup.Ingress && !(isGroup && id == g.ID) && !g.ours(e)
}

func (g Group) ours(e secgroup.Entry) bool { return plan.Ownership(g.Owner, g.Untagged)(e) }

// reason says why a rule may never be adopted; "" where it may.
func (g Group) reason(e secgroup.Entry) string {
	other := e.Tags[plan.TagInstallation]
	switch {
	case g.ours(e):
		return "it is sgkeeper's own already"
	case other != "" && other != string(g.Owner):
		return "it belongs to the installation " + other
	case e.Rule.Direction == secgroup.Egress && e.Rule.Protocol == secgroup.All && e.Rule.Peer.World():
		return "it is the egress rule that EC2 gives every group: without it, nothing could leave"
	}
	for key := range e.Tags {
		if strings.HasPrefix(key, "aws:") {
			return "an AWS service made it, by its tag " + key
		}
	}
	return ""
}

// foresee says what would become of each rule.
func (g Group) foresee(choices []Choice) {
	next := g.plan(choices)
	for i := range choices {
		c := &choices[i]
		is := func(e secgroup.Entry) bool { return e.ID == c.Entry.ID }
		switch {
		case slices.ContainsFunc(next.Revoke, is):
			c.Fate, c.Goes = "goes with the next look at the group: nobody asks for it", true
		case slices.ContainsFunc(next.Later, is):
			c.Fate, c.Goes = "goes once what launches need of it has a rule of its own", true
		case slices.ContainsFunc(next.Held, is):
			c.Fate = "stays, held by quota: there is no room for what would take its place"
		default:
			c.Fate = "stays while asked for by " + strings.Join(g.askers(c.Entry.Rule), ", ")
		}
	}
}

// plan is what ensure would do if the rules were ours.
func (g Group) plan(choices []Choice) plan.Plan {
	entries := slices.Clone(g.Entries)
	for i, e := range entries {
		if slices.ContainsFunc(choices, func(c Choice) bool { return c.Entry.ID == e.ID }) {
			entries[i].Tags = g.Owner.Tags([]secgroup.Entry{e})
		}
	}
	return plan.Make(plan.Input{
		Entries: entries, Requests: claim.OpenOf(g.Requests), Served: g.Served, Ours: plan.Ownership(g.Owner, g.Untagged), Quota: g.Quota,
	})
}

// askers are the launches that ask for a rule.
func (g Group) askers(rule secgroup.Rule) (names []string) {
	for _, r := range claim.InOrder(claim.OpenOf(g.Requests)) {
		for _, e := range r.Rules {
			if e.Rule.Matches(rule) && !slices.Contains(names, r.Launch.Name) {
				names = append(names, r.Launch.Name)
			}
		}
	}
	return names
}
