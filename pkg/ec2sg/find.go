package ec2sg

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// Find implements ensure.Names. In a VPC that accounts share, EC2 shows groups of
// other accounts, too, which may bear the same name.
func (g *Groups) Find(ctx context.Context, in claim.Group, name, vpc string) (id string, err error) {
	where := claim.Group{Account: in.Account, Region: in.Region, ID: vpc + "/" + name}
	client, err := g.client(ctx, in)
	if err != nil {
		return "", wrap("find", where, err)
	}
	out, err := client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: []types.Filter{filter("group-name", literal(name)), filter("vpc-id", vpc)},
	})
	if err != nil {
		return "", wrap("find", where, err)
	}
	found := slices.DeleteFunc(out.SecurityGroups, func(s types.SecurityGroup) bool {
		return in.Account != "" && aws.ToString(s.OwnerId) != in.Account
	})
	switch len(found) {
	case 0:
		return "", wrapAs("find", where, ensure.ErrGroupNotFound, nil)
	case 1:
		return aws.ToString(found[0].GroupId), nil
	}
	return "", wrapAs("find", where, ensure.ErrAmbiguous, fmt.Errorf("%s and %s", aws.ToString(found[0].GroupId), aws.ToString(found[1].GroupId)))
}
