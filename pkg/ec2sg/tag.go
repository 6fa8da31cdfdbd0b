package ec2sg

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// Tag gives rules of a group that stand there the tags they carry, those of each
// call the same, as in plan.Installation.Batches. A call that fails has tagged none.
func (g *Groups) Tag(ctx context.Context, group claim.Group, batch []secgroup.Entry) error {
	client, err := g.client(ctx, group)
	if err != nil || len(batch) == 0 {
		return err
	}
	in := &ec2.CreateTagsInput{}
	for _, e := range batch {
		in.Resources = append(in.Resources, e.ID)
	}
	for _, key := range slices.Sorted(maps.Keys(batch[0].Tags)) {
		in.Tags = append(in.Tags, types.Tag{Key: &key, Value: aws.String(batch[0].Tags[key])})
	}
	if _, err := client.CreateTags(ctx, in); err != nil {
		return wrap("tag rules of", group, err)
	}
	return nil
}
