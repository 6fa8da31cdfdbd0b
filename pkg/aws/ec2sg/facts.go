package ec2sg

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// Facts returns a group's name and tags, or ErrGroupNotFound.
func (g *Groups) Facts(ctx context.Context, group claim.Group) (guard.Facts, error) {
	client, err := g.client(ctx, group)
	if err != nil {
		return guard.Facts{}, wrap("describe", group, err)
	}
	out, err := client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{group.ID}})
	switch {
	case isNoGroup(err), err == nil && len(out.SecurityGroups) == 0:
		return guard.Facts{}, wrapAs("describe", group, ensure.ErrGroupNotFound, err)
	case err != nil:
		return guard.Facts{}, wrap("describe", group, err)
	}
	return factsOf(out.SecurityGroups[0]), nil
}

// FactsOf implements ensure.Facts. It selects by a filter, because one unknown id fails
// a call that names ids.
func (g *Groups) FactsOf(ctx context.Context, account, region string, ids []string) (map[string]guard.Facts, error) {
	where := claim.Group{Account: account, Region: region}
	client, err := g.clients(ctx, account, region)
	if err != nil {
		return nil, wrap("describe groups in", where, err)
	}
	found := make(map[string]guard.Facts, len(ids))
	for some := range slices.Chunk(ids, maxFilterValues) {
		described, err := describeGroups(ctx, client, filter("group-id", some...))
		if err != nil {
			return nil, wrap("describe groups in", where, err)
		}
		for _, s := range described {
			found[aws.ToString(s.GroupId)] = factsOf(s)
		}
	}
	return found, nil
}

func factsOf(described types.SecurityGroup) guard.Facts {
	facts := guard.Facts{Name: aws.ToString(described.GroupName), Tags: make(map[string]string, len(described.Tags))}
	for _, tag := range described.Tags {
		facts.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return facts
}
