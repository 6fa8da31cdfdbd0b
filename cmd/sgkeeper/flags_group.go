package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// groupFlags name one security group: by id, or by its name and VPC.
type groupFlags struct{ group, vpc string }

func (f *groupFlags) add(cmd *cobra.Command, help string) {
	cmd.Flags().StringVar(&f.group, "group", "", help)
	cmd.Flags().StringVar(&f.vpc, "vpc", "", "`id` of the VPC, vpc-..., if --group is a group's name")
	complete(cmd, "group")
	complete(cmd, "vpc")
}

// check fails if --vpc is given without --group.
func (f *groupFlags) check() error {
	if f.vpc != "" && f.group == "" {
		return errors.New("--vpc needs --group: the name of a group in it")
	}
	return nil
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
	f.table.addGroups(cmd, &f.groups, "")
	flags.BoolVar(&f.all, "all", false, all)
	f.table.add(cmd)
	f.aws.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("group", "all")
}

// check fails if no group is chosen.
func (f *choiceFlags) check() error {
	if !f.all && len(f.groups) == 0 {
		return errors.New("no groups are chosen: give --group, ids of security groups, or --all")
	}
	return nil
}

// addGroup adds --group and --vpc, which name one group of the table.
func (f *tableFlags) addGroup(cmd *cobra.Command, group *string) {
	cmd.Flags().StringVar(group, "group", "", "`id` of the security group, sg-..., or its name")
	f.addVPC(cmd)
}

// addGroups adds --group and --vpc, which name groups of the table.
func (f *tableFlags) addGroups(cmd *cobra.Command, groups *[]string, more string) {
	cmd.Flags().StringSliceVar(groups, "group", nil, "`ids` of security groups, sg-..., or their names"+more)
	f.addVPC(cmd)
}

func (f *tableFlags) addVPC(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.vpc, "vpc", "", "`id` of the VPC, vpc-..., if several have a group of that name")
	complete(cmd, "group")
	complete(cmd, "vpc")
}

// each returns the places of values, to be replaced.
func each(values []string) []*string {
	places := make([]*string, len(values))
	for i := range values {
		places[i] = &values[i]
	}
	return places
}

// checkGroups fails if a group has neither the form of an id nor that of a name.
func checkGroups(groups ...*string) error {
	for _, g := range groups {
		if !secgroup.IsGroupID(*g) && !events.IsGroupName(*g) {
			return fmt.Errorf("--group %q: want sg- and 8 to 17 hexadecimal digits in lower case, "+
				"or a group's name", *g)
		}
	}
	return nil
}

// identify replaces the names of groups in the installation's account and Region by their ids.
// It calls EC2 only for names.
func (f *tableFlags) identify(ctx context.Context, c aws.Config, groups ...*string) error {
	for _, g := range groups {
		if secgroup.IsGroupID(*g) {
			continue
		}
		account, err := f.owner(ctx, c)
		if err != nil {
			return err
		}
		in := claim.Group{Account: account, Region: c.Region}
		found, err := ec2sg.New(ec2.NewFromConfig(c)).Named(ctx, in, *g, f.vpc)
		if err != nil {
			return err
		}
		place := fmt.Sprintf("account %s, %s", account, c.Region)
		if *g, err = onlyGroup(*g, found, place, "check the name, --vpc, --region and --profile"); err != nil {
			return err
		}
	}
	return nil
}

// onlyGroup returns the id of the one group with that name. Otherwise the error names the ids
// and the remedy.
func onlyGroup(name string, found []ec2sg.Named, place, remedy string) (string, error) {
	if len(found) == 1 {
		return found[0].ID, nil
	}
	if len(found) == 0 {
		return name, fmt.Errorf("--group %q: no group has that name in %s: %s, or give the group's id",
			name, place, remedy)
	}
	var ids []string
	for _, g := range found {
		ids = append(ids, strings.TrimSuffix(g.ID+" in "+g.VPC, " in "))
	}
	slices.Sort(ids)
	return name, fmt.Errorf("--group %q: several groups have that name: %s; give the id of one, or its VPC as --vpc",
		name, strings.Join(ids, ", "))
}
