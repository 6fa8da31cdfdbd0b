package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// online audits an account.
func (f *auditFlags) online(cmd *cobra.Command, p drift.Policy, previous *drift.Report) (*drift.Report, error) {
	c, err := f.aws.load(cmd.Context())
	if err != nil {
		return nil, err
	}
	if err := f.table.identify(cmd.Context(), c, each(f.groups)...); err != nil {
		return nil, err
	}
	auditor, scope, err := f.auditor(cmd.Context(), c, p)
	if err != nil {
		return nil, f.table.remedy(c, err)
	}
	shown := waiting(cmd, "looking for groups")
	defer shown.done()
	auditor.Progress = func(p audit.Progress) {
		shown.say(fmt.Sprintf("%d of %d groups, %d rules, %d drifts", p.Groups, p.Known, p.Rules, p.Drifts))
	}
	report, err := auditor.Audit(cmd.Context(), scope, previous)
	if err != nil {
		return nil, f.table.remedy(c, err)
	}
	return report, f.nowhere(c.Region, report)
}

// nowhere fails for a named group that neither EC2 nor the table knows. The name is most
// likely a mistake, and must not pass for a group without drift.
func (f *auditFlags) nowhere(region string, r *drift.Report) error {
	for _, g := range r.Groups {
		if slices.Contains(f.groups, g.ID) && g.VPC == "" && g.Unreadable == "" && len(g.Requests) == 0 {
			return fmt.Errorf("--group %s: there is no such group in %s, and no request on it: check --group, "+
				"--account, --region and --profile", g.ID, region)
		}
	}
	return nil
}

// auditor returns the audit function's auditor, with this command's clients.
func (f *auditFlags) auditor(ctx context.Context, c aws.Config, p drift.Policy) (*audit.Auditor, audit.Scope, error) {
	table, err := f.table.open(c)
	if err != nil {
		return nil, audit.Scope{}, err
	}
	owner, err := f.table.owner(ctx, c)
	if err != nil {
		return nil, audit.Scope{}, err
	}
	place := audit.Place{Account: owner, Region: c.Region}
	p.Installation = string(f.policy.installation.of(place.Account, place.Region, f.table.name()))
	places := f.members.places(place)
	reader := ec2sg.NewReader(f.members.clients(c, places))
	auditor := &audit.Auditor{EC2: reader, Table: table, Policy: p, Places: places,
		TableName: f.table.name(), Subjects: f.policy.unreadSubjects()}
	return auditor, f.scope(place), nil
}

func (f *auditFlags) scope(p audit.Place) (s audit.Scope) {
	s.All = len(f.groups) == 0
	for _, id := range f.groups {
		t := audit.Target{Named: true}
		t.Group.Account, t.Group.Region, t.Group.ID = p.Account, p.Region, id
		s.Targets = append(s.Targets, t)
	}
	return s
}
