package main

import (
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/awscli"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/guardfile"
)

// Values of --guardrails that need no file.
const (
	builtinGuard = "builtin"
	noGuard      = "none"
)

// unknownGroup is the reason why a verdict is not possible.
const unknownGroup = "the guardrails depend on the name or the tags of the group, which are not known here: give " +
	"--rules the output of describe-security-groups"

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
) func(events.Message, awscli.Group) claim.Faults {
	return func(m events.Message, group awscli.Group) claim.Faults {
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
	g *guard.Guard, m events.Message, received time.Time, group awscli.Group, lists map[string]guard.List,
) (faults claim.Faults, unknown bool) {
	r := m.Request
	a := guard.Candidate{
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

func guardGroup(group awscli.Group) guard.Group {
	g := guard.Group{Account: group.Owner, ID: group.ID}
	if group.Name != "" {
		g.Facts = &guard.Facts{Name: group.Name, Tags: group.Tags}
	}
	return g
}
