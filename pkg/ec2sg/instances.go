package ec2sg

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// instancesAtOnce is how many values the filters of one call may have.
const instancesAtOnce = 200

// Instances implements ensure.Instances. It selects by a filter: an id that EC2
// does not know would fail a call that names it.
func (g *Groups) Instances(ctx context.Context, account, region string, ids []string) (map[string]ensure.Instance, error) {
	where := claim.Group{Account: account, Region: region}
	client, err := g.clients(ctx, account, region)
	if err != nil {
		return nil, wrap("describe instances in", where, err)
	}
	found := make(map[string]ensure.Instance, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), instancesAtOnce)
		pages := ec2.NewDescribeInstancesPaginator(client, &ec2.DescribeInstancesInput{Filters: []types.Filter{filter("instance-id", ids[:n]...)}})
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
		ids = ids[n:]
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
		instance.Groups = append(instance.Groups, ensure.NamedGroup{ID: aws.ToString(g.GroupId), Name: aws.ToString(g.GroupName)})
	}
	return instance
}
