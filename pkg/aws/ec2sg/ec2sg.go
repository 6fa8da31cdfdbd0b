// Package ec2sg reads and writes the rules of security groups in EC2. It decides nothing.
// [Groups] implements the interface Groups of package ensure, and translates between EC2's
// types and those of package secgroup. Only errors.go gives meanings to AWS's error codes.
package ec2sg

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// Groups are the security groups of one client, or of a client for each account and Region.
type Groups struct {
	// PageSize is the page size of a describe, 5 to 1000 rules.
	PageSize int32

	clients Clients
}

// New returns the client's groups. It uses EC2's largest pages, so that one call reads a
// group.
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

// prove returns nil if the group exists. A describe by filter does not distinguish a missing
// group from a group without rules.
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
