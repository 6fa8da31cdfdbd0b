package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/phrase"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// tableFlags select the installation's table and the account of its groups. They default to
// the function's variables.
type tableFlags struct {
	table   string
	account string
	vpc     string // of groups that are named
}

func (f *tableFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.table, "table", "", "`name` or ARN of sgkeeper's table; by default $SGKEEPER_TABLE")
	flags.Var(checked(&f.account, "account", checkAccount), "account",
		"`account` of the groups; by default $SGKEEPER_ACCOUNT, or the table's")
	for _, name := range []string{"table", "account"} {
		complete(cmd, name)
	}
}

func (f *tableFlags) name() string { return cmp.Or(f.table, os.Getenv("SGKEEPER_TABLE")) }

var errNoTable = errors.New("which table? Give --table, the name of sgkeeper's table, or set SGKEEPER_TABLE")

func (f *tableFlags) open(c aws.Config) (*dynamo.Table, error) {
	if f.name() == "" {
		return nil, errNoTable
	}
	return dynamo.New(dynamodb.NewFromConfig(c), f.name()), nil
}

// connect returns the table, and the configuration of clients for the account. It checks the
// groups before any call, and replaces names by ids.
func (f *tableFlags) connect(
	ctx context.Context, account *awsFlags, groups ...*string,
) (*dynamo.Table, aws.Config, error) {
	if err := checkGroups(groups...); err != nil {
		return nil, aws.Config{}, err
	}
	if f.name() == "" {
		return nil, aws.Config{}, errNoTable
	}
	c, err := account.load(ctx)
	if err != nil {
		return nil, c, err
	}
	if err := f.identify(ctx, c, groups...); err != nil {
		return nil, c, err
	}
	table, err := f.open(c)
	return table, c, err
}

// group returns the group with that id, in the installation's account and Region.
func (f *tableFlags) group(ctx context.Context, c aws.Config, id string) (claim.Group, error) {
	account, err := f.owner(ctx, c)
	return claim.Group{Account: account, Region: c.Region, ID: id}, err
}

// groups returns the groups with those ids, in the installation's account and Region.
func (f *tableFlags) groups(ctx context.Context, c aws.Config, ids ...string) ([]claim.Group, error) {
	account, err := f.owner(ctx, c)
	if err != nil {
		return nil, err
	}
	groups := make([]claim.Group, len(ids))
	for i, id := range ids {
		groups[i] = claim.Group{Account: account, Region: c.Region, ID: id}
	}
	return groups, nil
}

// owner returns the account of the groups: the table's. A table given by name is in the
// caller's account.
func (f *tableFlags) owner(ctx context.Context, c aws.Config) (string, error) {
	if f.account != "" {
		return f.account, nil
	}
	if account := os.Getenv("SGKEEPER_ACCOUNT"); account != "" {
		if err := checkAccount(account); err != nil {
			return "", fmt.Errorf("SGKEEPER_ACCOUNT %q: %w", account, err)
		}
		return account, nil
	}
	if table, err := arn.Parse(f.name()); err == nil {
		return table.AccountID, nil
	}
	return callerAccount(ctx, c)
}

// callerAccount returns the account of the command's credentials.
func callerAccount(ctx context.Context, c aws.Config) (string, error) {
	caller, err := sts.NewFromConfig(c).GetCallerIdentity(ctx, nil)
	if err != nil {
		return "", fmt.Errorf("the account of the credentials is not known: %w", err)
	}
	return aws.ToString(caller.Account), nil
}

// remedy returns the remedy for an error that says that a table or group does not exist.
func (f *tableFlags) remedy(c aws.Config, err error) error {
	if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing {
		return fmt.Errorf("there is no table %s in %s: look at --table, --region and --profile", f.name(), c.Region)
	}
	if errors.Is(err, ensure.ErrGroupNotFound) {
		return fmt.Errorf("no such security group in %s: look at --group, --region and --profile", c.Region)
	}
	return err
}

// installationFlag is the identity on the tags of sgkeeper's own rules.
type installationFlag struct{ identity string }

func (f *installationFlag) add(cmd *cobra.Command, help string) {
	cmd.Flags().StringVar(&f.identity, "installation", "", help)
	complete(cmd, "installation")
}

// given returns the identity in the flag or the environment; "" if there is none.
func (f *installationFlag) given() plan.Installation {
	return plan.Installation(cmp.Or(f.identity, os.Getenv("SGKEEPER_INSTALLATION")))
}

// of returns the given identity or, without one, the default of the installation with that
// table.
func (f *installationFlag) of(account, region, table string) plan.Installation {
	return cmp.Or(f.given(), plan.DefaultInstallation(account, region, table))
}

// unreadableItems returns the items that could not be read, if all others were read.
func unreadableItems(err error) (items []string) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			items = append(items, unreadableItems(err)...)
		}
		return items
	}
	failed, ok := errors.AsType[*dynamo.UnreadableError](err)
	if !ok {
		return nil
	}
	for _, item := range failed.Items {
		items = append(items, item.Error())
	}
	if failed.More > 0 {
		items = append(items, phrase.More(failed.More))
	}
	return items
}

// loadedInto returns the state with the table's data about the group.
func loadedInto(s group.State, asked ensure.GroupRecord) group.State {
	s.Requests, s.Ends = claim.ApplyEnds(asked.Requests, asked.Ends), asked.Ends
	s.Head, s.Ledger = asked.Head, asked.Ledger
	s.Interrupted = group.Died(asked.Head, s.Loaded)
	return s
}

// described returns the state with the group's rules in EC2.
func described(ctx context.Context, groups *ec2sg.Groups, s group.State) (group.State, error) {
	entries, err := groups.Rules(ctx, s.Group)
	if err != nil {
		return s, err
	}
	return observed(ctx, groups, s, entries), nil
}

// observed returns the state with described rules, at the time at which the table was read. A
// prefix list that cannot be read counts as 1 rule toward the quota.
func observed(ctx context.Context, groups *ec2sg.Groups, s group.State, entries []secgroup.Entry) group.State {
	s.Quota, _ = ensure.Weigh(ctx, groups, s, entries)
	return s.Observe(entries, s.Loaded)
}
