// Package ec2sg reads and writes the rules of security groups in EC2. It decides nothing.
// [Groups] implements the interface Groups of package ensure, and translates between EC2's
// types and those of package secgroup. Only errors.go gives meanings to AWS's error codes.
package ec2sg

import (
	"context"
	"slices"

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
	found, err := g.RulesOf(ctx, []claim.Group{group})
	if err == nil && len(found[group]) == 0 {
		err = g.Exists(ctx, group)
	}
	return found[group], err
}

// RulesOf implements ensure.Groups. It makes a call for each 1,000 rules, and for each 200
// groups.
func (g *Groups) RulesOf(ctx context.Context, groups []claim.Group) (map[claim.Group][]secgroup.Entry, error) {
	found := make(map[claim.Group][]secgroup.Entry, len(groups))
	for some := range slices.Chunk(groups, maxFilterValues) {
		if err := g.describe(ctx, some, found); err != nil {
			return nil, wrap("describe", described(groups), err)
		}
	}
	return found, nil
}

// described is the group that an error of a describe names: the only one, or the place of all.
func described(groups []claim.Group) claim.Group {
	if len(groups) == 1 {
		return groups[0]
	}
	return claim.Group{Account: groups[0].Account, Region: groups[0].Region}
}

// describe adds the rules of at most 200 groups of one account and Region.
func (g *Groups) describe(ctx context.Context, groups []claim.Group, found map[claim.Group][]secgroup.Entry) error {
	client, err := g.client(ctx, groups[0])
	if err != nil {
		return err
	}
	ids := make([]string, len(groups))
	for i, group := range groups {
		ids[i] = group.ID
	}
	pages := ec2.NewDescribeSecurityGroupRulesPaginator(client, &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{filter("group-id", ids...)}, MaxResults: &g.PageSize,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for i := range page.SecurityGroupRules {
			rule := &page.SecurityGroupRules[i]
			e, err := entryOf(rule)
			if err != nil {
				return err
			}
			of := groups[0]
			of.ID = aws.ToString(rule.GroupId)
			found[of] = append(found[of], e)
		}
	}
	return nil
}

// Exists implements ensure.Groups. A describe by filter does not distinguish a missing group
// from a group without rules.
func (g *Groups) Exists(ctx context.Context, group claim.Group) error {
	client, err := g.client(ctx, group)
	if err != nil {
		return wrap("describe", group, err)
	}
	out, err := client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{group.ID}})
	switch {
	case isNoGroup(err), err == nil && len(out.SecurityGroups) == 0:
		return wrapAs("describe", group, ensure.ErrGroupNotFound, err)
	case err != nil:
		return wrap("describe", group, err)
	}
	return nil
}
