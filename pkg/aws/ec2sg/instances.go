package ec2sg

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// Instances implements ensure.Instances. It selects by a filter, because one unknown id
// fails a call that names ids.
func (g *Groups) Instances(
	ctx context.Context, account, region string, ids []string,
) (map[string]ensure.Instance, error) {
	where := claim.Group{Account: account, Region: region}
	client, err := g.clients(ctx, account, region)
	if err != nil {
		return nil, wrap("describe instances in", where, err)
	}
	found := make(map[string]ensure.Instance, len(ids))
	for some := range slices.Chunk(ids, maxFilterValues) {
		pages := ec2.NewDescribeInstancesPaginator(client, &ec2.DescribeInstancesInput{
			Filters: []types.Filter{filter("instance-id", some...)},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, wrap("describe instances in", where, err)
			}
			for _, r := range page.Reservations {
				for _, i := range r.Instances {
					found[aws.ToString(i.InstanceId)] = instanceOf(i)
				}
			}
		}
	}
	return found, nil
}

func instanceOf(i types.Instance) ensure.Instance {
	instance := ensure.Instance{ID: aws.ToString(i.InstanceId), Tags: make(map[string]string, len(i.Tags))}
	if i.State != nil {
		instance.State = string(i.State.Name)
	}
	for _, tag := range i.Tags {
		instance.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	for _, g := range i.SecurityGroups {
		instance.Groups = append(instance.Groups, ensure.NamedGroup{ID: aws.ToString(g.GroupId),
			Name: aws.ToString(g.GroupName)})
	}
	return instance
}
