// Package ec2sg reads and writes the rules of security groups in EC2. It
// decides nothing: [Groups] performs what the interface Groups of package
// ensure asks for, and translates between EC2's types and those of package
// secgroup; errors.go is the one place where AWS's error codes get a meaning.
package ec2sg

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Groups are the security groups that clients see: one client's, or those of an
// account and Region by a client of theirs.
type Groups struct {
	// PageSize is how many rules a describe asks for, 5 to 1000.
	PageSize int32

	clients Clients
}

// New returns the groups that the client sees, read in pages as large as EC2
// gives them: a group is one call.
func New(client *ec2.Client) *Groups {
	return NewOf(func(context.Context, string, string) (*ec2.Client, error) { return client, nil })
}

// NewOf is New for groups of several accounts and Regions.
func NewOf(clients Clients) *Groups { return &Groups{PageSize: 1000, clients: clients} }

func (g *Groups) client(ctx context.Context, group claim.Group) (*ec2.Client, error) {
	return g.clients(ctx, group.Account, group.Region)
}

// Rules implements ensure.Groups.
func (g *Groups) Rules(ctx context.Context, group claim.Group) ([]secgroup.Entry, error) {
	client, err := g.client(ctx, group)
	if err != nil {
		return nil, wrap("describe", group, err)
	}
	pages := ec2.NewDescribeSecurityGroupRulesPaginator(client, &ec2.DescribeSecurityGroupRulesInput{
		Filters:    []types.Filter{{Name: aws.String("group-id"), Values: []string{group.ID}}},
		MaxResults: &g.PageSize,
	})
	var entries []secgroup.Entry
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, wrap("describe", group, err)
		}
		more, err := entriesOf(page.SecurityGroupRules)
		if err != nil {
			return nil, wrap("describe", group, err)
		}
		entries = append(entries, more...)
	}
	if len(entries) == 0 {
		return nil, prove(ctx, client, group)
	}
	return entries, nil
}

// prove returns nil if the group exists: a filter on one that is gone matches
// nothing, just as a filter on one without rules.
func prove(ctx context.Context, client *ec2.Client, group claim.Group) error {
	out, err := client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{group.ID}})
	switch {
	case isNoGroup(err), err == nil && len(out.SecurityGroups) == 0:
		return wrapAs("describe", group, ensure.ErrGroupNotFound, err)
	case err != nil:
		return wrap("describe", group, err)
	}
	return nil
}
