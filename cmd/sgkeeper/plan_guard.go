package main

import (
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/guard"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// builtinGuard is the value of --guardrails that needs no file.
const builtinGuard = "builtin"

// unknownGroup is why it cannot be told whether a request may be made.
const unknownGroup = "the guardrails depend on the name or the tags of the group, which are not known here: give --rules the output of describe-security-groups"

// guard reads the guardrails, where they are given.
func (f *planFlags) guard(s *source, in *plan.Offline) error {
	if f.guardrails == "" {
		return nil
	}
	g, err := s.guardrails(f.guardrails)
	if err != nil {
		return err
	}
	limits := g.Limits()
	in.Check, in.Speaks, in.Caps = guardedBy(g), g.Speaks, plan.Caps{Launches: limits.Claims, Rules: limits.Rules}
	return nil
}

// guardrails reads what --guardrails names.
func (s *source) guardrails(file string) (*guard.Guard, error) {
	if file == builtinGuard {
		return guard.Builtin(), nil
	}
	data, err := s.read(file)
	if err != nil {
		return nil, err
	}
	return guard.Read(data)
}

// guardedBy says what a guard finds of a request on a group that was described.
func guardedBy(g *guard.Guard) func(events.Request, secgroup.Snapshot) events.Faults {
	return func(r events.Request, group secgroup.Snapshot) events.Faults {
		faults, _ := judge(g, r, group)
		return faults
	}
}

// judge says what a guard finds of a request on a group that was described. Where
// that depends on what is not known of the group, unknown is true, and the first
// fault says so.
func judge(g *guard.Guard, r events.Request, group secgroup.Snapshot) (faults events.Faults, unknown bool) {
	a := guard.Ask{
		Launch: r.Launch, Group: guard.Group{Account: group.Owner, ID: group.ID},
		Rules: r.Rules, Parts: r.Parts, Received: time.Now(), ExpiresAt: r.ExpiresAt,
	}
	if group.Name != "" {
		a.Group.Facts = &guard.Facts{Name: group.Name, Tags: group.Tags}
	}
	if faults, unknown = g.Check(a); unknown {
		faults = append(events.Faults{{Field: "/group", Problem: unknownGroup}}, faults...)
	}
	return faults, unknown
}
