package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/aws/assumerole"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/awsid"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// auditMembersFlags are further accounts and Regions to audit, as the audit function has them.
type auditMembersFlags struct {
	accounts   []string
	regions    []string
	role       string
	externalID string
}

func (f *auditMembersFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.accounts, "member-accounts", nil,
		"further `accounts` to audit, as 222233334444,...; needs --member-role")
	flags.StringSliceVar(&f.regions, "member-regions", nil,
		"further `Regions` to audit, in every account, as eu-west-1,...")
	flags.StringVar(&f.role, "member-role", "",
		"`name`, with its path, of a role in each member account that the caller may assume")
	flags.StringVar(&f.externalID, "external-id", "", "`id` that the members' roles require")
	for _, name := range []string{"member-accounts", "member-regions", "member-role", "external-id"} {
		complete(cmd, name)
	}
}

// given reports whether there are further accounts or Regions.
func (f *auditMembersFlags) given() bool { return len(f.accounts)+len(f.regions) > 0 }

func (f *auditMembersFlags) check() error {
	for i, account := range f.accounts {
		switch {
		case !secgroup.IsAccount(account):
			return fmt.Errorf("--member-accounts %q: want account ids of 12 digits", account)
		case slices.Contains(f.accounts[:i], account):
			return fmt.Errorf("--member-accounts %s: it is there twice", account)
		}
	}
	for i, region := range f.regions {
		switch {
		case !awsid.IsRegion(region):
			return fmt.Errorf("--member-regions %q: want Regions, such as eu-west-1", region)
		case slices.Contains(f.regions[:i], region):
			return fmt.Errorf("--member-regions %s: it is there twice", region)
		}
	}
	if len(f.accounts) == 0 && f.role+f.externalID != "" {
		return errors.New("--member-role and --external-id need --member-accounts: the accounts that have the role")
	}
	if len(f.accounts) > 0 && f.role == "" {
		return errors.New("--member-accounts needs --member-role: " +
			"a role in each account that you may assume and that may describe security groups")
	}
	return nil
}

// places returns the installation's own place, and those of the flags.
func (f *auditMembersFlags) places(own audit.Place) (places []audit.Place) {
	for _, account := range append([]string{own.Account}, f.accounts...) {
		for _, region := range append([]string{own.Region}, f.regions...) {
			if p := (audit.Place{Account: account, Region: region}); !slices.Contains(places, p) {
				places = append(places, p)
			}
		}
	}
	return places
}

// clients returns the clients of the places.
func (f *auditMembersFlags) clients(c aws.Config, places []audit.Place) ec2sg.Clients {
	own := places[0]
	if len(places) == 1 {
		return ec2sg.One(ec2.NewFromConfig(c), own.Account, own.Region)
	}
	members := assumerole.New(c, assumerole.Members{
		Has:  func(account string) bool { return account != own.Account && slices.Contains(f.accounts, account) },
		Role: f.role, ExternalID: f.externalID, Session: "sgkeeper",
	})
	return func(ctx context.Context, account, region string) (*ec2.Client, error) {
		if !slices.Contains(places, audit.Place{Account: account, Region: region}) {
			return nil, fmt.Errorf("account %s in Region %s is not audited: see --member-accounts and --member-regions",
				account, region)
		}
		return members.EC2(ctx, account, region)
	}
}
