package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/adopt"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// adoptFlags are the flags of `sgkeeper adopt`.
type adoptFlags struct {
	aws          awsFlags
	table        tableFlags
	group        string
	rules        []string
	all          bool
	yes          bool
	installation installationFlag
	quota        quotaFlags
}

func newAdopt() *cobra.Command {
	var f adoptFlags
	cmd := &cobra.Command{
		Use:               "adopt --group SG [--rule SGR,... | --all]",
		Short:             "Adopt rules that a launcher leaked, so that sgkeeper can revoke them",
		Long:              adoptLong,
		Example:           adoptExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	f.table.addGroup(cmd, &f.group)
	flags.StringSliceVar(&f.rules, "rule", nil, "`ids` of the rules to adopt, sgr-...")
	flags.BoolVar(&f.all, "all", false, "adopt all that the plan lists")
	flags.BoolVar(&f.yes, "yes", false, "adopt without a confirmation")
	f.installation.add(cmd,
		"`identity` of the installation; by default $SGKEEPER_INSTALLATION, or <account>/<Region>/<table>")
	f.quota.add(cmd)
	f.table.add(cmd)
	f.aws.add(cmd)
	must(cmd.MarkFlagRequired("group"))
	cmd.MarkFlagsMutuallyExclusive("rule", "all")
	complete(cmd, "rule")
	return cmd
}

func (f *adoptFlags) run(cmd *cobra.Command) error {
	if f.yes && !f.all && len(f.rules) == 0 {
		return errors.New("--yes confirms nothing: name rules by --rule, or give --all")
	}
	quota, err := f.quota.quota()
	if err != nil {
		return err
	}
	table, c, err := f.table.connect(cmd.Context(), &f.aws, &f.group)
	if err != nil {
		return err
	}
	at, err := f.table.group(cmd.Context(), c, f.group)
	if err != nil {
		return err
	}
	a := adoption{
		group: at, owner: f.installation.of(at.Account, at.Region, f.table.name()), quota: quota,
		groups: ec2sg.New(ec2.NewFromConfig(c)), table: table,
	}
	if err := a.choose(cmd.Context(), f.rules, time.Now()); err != nil {
		return f.table.remedy(c, err)
	}
	return f.adopt(cmd, &a)
}

// adopt prints the plan, asks, and carries it out.
func (f *adoptFlags) adopt(cmd *cobra.Command, a *adoption) error {
	if !f.all && len(f.rules) == 0 || len(a.choices) == 0 {
		return a.print(cmd.OutOrStdout(), outputOf(cmd))
	}
	if !f.yes {
		if err := confirm(cmd, a); err != nil {
			return err
		}
	}
	if err := a.write(cmd.Context(), time.Now()); err != nil {
		return err
	}
	return a.print(cmd.OutOrStdout(), outputOf(cmd))
}

// adoption is the adoption of one group's rules.
type adoption struct {
	group   claim.Group
	owner   plan.Installation
	quota   plan.Quota
	groups  *ec2sg.Groups
	table   *dynamo.Table
	choices []adopt.Choice
	left    []adopt.Left
	done    bool
}

// choose reads the group, and chooses among the rules with those ids, or among all.
func (a *adoption) choose(ctx context.Context, ids []string, now time.Time) error {
	facts, err := a.groups.Facts(ctx, a.group)
	if err != nil {
		return err
	}
	if facts.Tags[ensure.ManagedTag] != "true" {
		return fmt.Errorf("%s is not managed, so sgkeeper may not revoke its rules: tag it %s=true first",
			a.group.ID, ensure.ManagedTag)
	}
	asked, err := a.table.Load(ctx, a.group)
	if err != nil {
		return err
	}
	state := group.State{Group: a.group, Installation: a.owner, Quota: a.quota, Loaded: now, Early: true}
	if state, err = described(ctx, a.groups, loadedInto(state, asked)); err != nil {
		return err
	}
	a.choices, a.left, err = adopt.Choose(state, ids)
	if err != nil {
		err = fmt.Errorf("--rule: %w", err)
	}
	return err
}

// write records the rules' ids, which makes them sgkeeper's own. It also rings, so that the
// next sweep serves the group.
func (a *adoption) write(ctx context.Context, now time.Time) error {
	a.done = true
	return a.table.Adopt(ctx, a.group, adopt.Records(a.choices, now))
}
