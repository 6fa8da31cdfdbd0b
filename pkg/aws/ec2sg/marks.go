package ec2sg

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Tag implements mend.Groups. The id is that of the group or of one of its rules.
func (g *Groups) Tag(ctx context.Context, group claim.Group, id string, tags map[string]string) error {
	client, err := g.client(ctx, group)
	if err == nil {
		_, err = client.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: tagsOf(tags)})
	}
	if err != nil {
		return wrapWrite("tag "+id+" of", group, err)
	}
	return nil
}

// Untag implements mend.Groups. It removes a tag only if it has the given value.
func (g *Groups) Untag(ctx context.Context, group claim.Group, id string, tags map[string]string) error {
	client, err := g.client(ctx, group)
	if err == nil {
		_, err = client.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{id}, Tags: tagsOf(tags)})
	}
	if err != nil {
		return wrapWrite("untag "+id+" of", group, err)
	}
	return nil
}

func tagsOf(tags map[string]string) (all []types.Tag) {
	for key, value := range tags {
		all = append(all, types.Tag{Key: &key, Value: &value})
	}
	return all
}

// Describe implements mend.Groups: it sets the description of a rule, by its id.
func (g *Groups) Describe(ctx context.Context, group claim.Group, e secgroup.Entry, description string) error {
	client, err := g.client(ctx, group)
	if err != nil {
		return wrapWrite("describe a rule of", group, err)
	}
	change := []types.SecurityGroupRuleDescription{{SecurityGroupRuleId: &e.ID, Description: &description}}
	if e.Rule.Direction == secgroup.Egress {
		in := &ec2.UpdateSecurityGroupRuleDescriptionsEgressInput{GroupId: &group.ID}
		in.SecurityGroupRuleDescriptions = change
		_, err = client.UpdateSecurityGroupRuleDescriptionsEgress(ctx, in)
	} else {
		in := &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{GroupId: &group.ID}
		in.SecurityGroupRuleDescriptions = change
		_, err = client.UpdateSecurityGroupRuleDescriptionsIngress(ctx, in)
	}
	if err != nil {
		return wrapWrite("describe a rule of", group, err)
	}
	return nil
}
