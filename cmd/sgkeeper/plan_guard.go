package main

import (
	"errors"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/guardfile"
	"github.com/sgkeeper/sgkeeper/pkg/preview"
)

// Values of --guardrails that need no file.
const (
	builtinGuard = "builtin"
	noGuard      = "none"
)

// unknownGroup is the reason why a verdict is not possible.
const unknownGroup = "the guardrails depend on the name or the tags of the group, which are not known here: give --rules the output of describe-security-groups"

// guard reads the guardrails. They use the plan's clock.
func (f *planFlags) guard(s *source, in *preview.Offline) error {
	switch f.guardrails {
	case noGuard:
		return nil
	case "":
		return errors.New("want builtin, none, or a file")
	}
	g, err := s.guardrails(f.guardrails)
	if err != nil {
		return err
	}
	lists, err := f.lists.read(s)
	if err != nil {
		return err
	}
	limits := g.Limits()
	in.Check, in.Means, in.Caps = guardedBy(g, in.At, lists), meaning(g), plan.Caps{
		Launches: limits.Claims, Rules: limits.Rules,
		OwnerLaunches: limits.PublisherClaims, OwnerRules: limits.PublisherRules,
	}
	in.Judge = func(group secgroup.Snapshot) plan.Judge { return g.Union(guardGroup(group), lists) }
	return nil
}

// guardrails reads the guardrails that --guardrails names.
func (s *source) guardrails(file string) (*guard.Guard, error) {
	if file == builtinGuard {
		return guard.Builtin(), nil
	}
	data, err := s.read(file)
	if err != nil {
		return nil, err
	}
	return guardfile.Read(data)
}

// guardedBy returns the check of a guard for requests that are received at the given time,
// with the given prefix lists.
func guardedBy(
	g *guard.Guard, received time.Time, lists map[string]guard.List,
) func(events.Message, secgroup.Snapshot) claim.Faults {
	return func(m events.Message, group secgroup.Snapshot) claim.Faults {
		faults, _ := judge(g, m, received, group, lists)
		return faults
	}
}

// meaning returns a guard's reader of an event's launch. The function counts as running in the
// event's account.
func meaning(g *guard.Guard) func(events.Message) (claim.Launch, claim.Faults) {
	return func(m events.Message) (claim.Launch, claim.Faults) {
		return g.Means(guard.Event{Launch: m.Launch, Origin: m.Origin, Owner: m.Owner()}, m.Origin.Account)
	}
}

// judge returns a guard's faults of a message's request, received at the given time, on a
// described group. If the verdict depends on unknown facts of the group, or on unknown prefix
// lists, unknown is true and a fault says so.
func judge(
	g *guard.Guard, m events.Message, received time.Time, group secgroup.Snapshot, lists map[string]guard.List,
) (faults claim.Faults, unknown bool) {
	r := m.Request
	a := guard.Ask{
		Launch: r.Launch, Source: m.Origin.Source, Group: guardGroup(group), Lists: lists,
		Rules: r.Rules, Parts: r.Parts, Received: received, ExpiresAt: r.ExpiresAt, Purpose: r.Purpose,
	}
	unread := g.Reads(a)
	a.Lists = withUnread(lists, unread)
	if faults, unknown = g.Check(a); unknown {
		return append(claim.Faults{{Field: "/group", Problem: unknownGroup}}, faults...), true
	}
	for _, id := range unread {
		a.Lists[id] = guard.List{}
	}
	certain, _ := g.Check(a)
	return faults, len(unread) > 0 && certain == nil
}

func guardGroup(group secgroup.Snapshot) guard.Group {
	g := guard.Group{Account: group.Owner, ID: group.ID}
	if group.Name != "" {
		g.Facts = &guard.Facts{Name: group.Name, Tags: group.Tags}
	}
	return g
}
