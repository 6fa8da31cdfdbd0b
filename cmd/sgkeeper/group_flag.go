package main

import (
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
)

// groupFlags name one security group: by id, or by its name and VPC.
type groupFlags struct{ group, vpc string }

func (f *groupFlags) add(cmd *cobra.Command, help string) {
	cmd.Flags().StringVar(&f.group, "group", "", help)
	cmd.Flags().StringVar(&f.vpc, "vpc", "", "`id` of the VPC, vpc-..., where --group is a group's name")
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

// groupText is an event's group for people.
func groupText(g events.Group) string {
	if g.ID != "" {
		return g.ID
	}
	return printable(g.Name) + " in " + g.VPC
}
