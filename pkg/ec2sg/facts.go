package ec2sg

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/guard"
)

// Facts implements ensure.Facts.
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
	described := out.SecurityGroups[0]
	facts := guard.Facts{Name: aws.ToString(described.GroupName), Tags: make(map[string]string, len(described.Tags))}
	for _, tag := range described.Tags {
		facts.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return facts, nil
}
