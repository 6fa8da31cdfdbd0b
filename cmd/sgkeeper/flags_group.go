package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// groupFlags name one security group: by id, or by its name and VPC.
type groupFlags struct{ group, vpc string }

func (f *groupFlags) add(cmd *cobra.Command, help string) {
	cmd.Flags().StringVar(&f.group, "group", "", help)
	cmd.Flags().StringVar(&f.vpc, "vpc", "", "`id` of the VPC, vpc-..., if --group is a group's name")
	complete(cmd, "group")
	complete(cmd, "vpc")
}

// detail is the group in an event's form.
func (f *groupFlags) detail() any {
	if f.vpc == "" {
		return f.group
	}
	return map[string]string{"name": f.group, "vpc": f.vpc}
}

// choiceFlags choose groups of the table: those that --group names, or all.
type choiceFlags struct {
	leasesFlags
	all bool
}

func (f *choiceFlags) add(cmd *cobra.Command, all string) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.groups, "group", nil, "`ids` of security groups, sg-...")
	flags.BoolVar(&f.all, "all", false, all)
	f.table.add(cmd)
	f.aws.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("group", "all")
	complete(cmd, "group")
}

// check fails if no group is chosen.
func (f *choiceFlags) check() error {
	if !f.all && len(f.groups) == 0 {
		return errors.New("no groups are chosen: give --group, ids of security groups, or --all")
	}
	return nil
}
