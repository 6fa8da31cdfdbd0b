package main

import (
	"fmt"
	"runtime"

	"github.com/sgkeeper/sgkeeper/infra/stack"
)

// settings are the values of the context.
type settings struct {
	stack.Props
	kind         string // of stack
	hubAccount   string
	hubRegion    string
	memberRoles  bool
	sendsChanges bool
	others       []string // keys of the context that are neither ours nor CDK's
}

// Kinds of stack.
const (
	installationStack = "installation"
	memberStack       = "member"
)

func defaults() settings {
	s := settings{Props: stack.Defaults(), kind: installationStack, memberRoles: true, sendsChanges: true}
	s.Source = "." // where cdk.json is
	return s
}

// member returns the properties of a member account's stack.
func (s settings) member() stack.MemberProps {
	return stack.MemberProps{
		Name: s.Name, Account: s.hubAccount, Region: s.hubRegion, Identity: s.Installation,
		ExternalID: s.Members.ExternalID,
		ManagedTag: s.ManagedTag, TagRules: s.TagRules, Roles: s.memberRoles, Changes: s.sendsChanges,
		Instances: s.Instances, SecurityHub: s.SecurityHub,
		Release:    s.Release,
		Governance: s.Governance,
	}
}

// names are the context's keys for properties that have another name there.
var names = map[string]string{"account": "hubAccount", "region": "hubRegion"}

// check returns the faults between settings that are valid alone.
func (s settings) check() (faults []error) {
	found := s.Props.Check()
	if s.kind == memberStack {
		found = s.member().Check()
	}
	for _, f := range found {
		name := f.Property
		if n := names[name]; n != "" {
			name = n
		}
		faults = append(faults, fmt.Errorf("%s: %s", name, f.Problem))
	}
	return faults
}

// host is the architecture of this machine.
func host() stack.Architecture {
	if runtime.GOARCH == "arm64" {
		return stack.ARM64
	}
	return stack.X86
}
