package ec2sg

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Authorize implements ensure.Groups. All entries must have one direction and the same tags,
// because one call takes no more. Without entries, it makes no call.
func (g *Groups) Authorize(ctx context.Context, group claim.Group, rules []secgroup.Entry) ([]secgroup.Entry, error) {
	if len(rules) == 0 {
		return nil, nil
	}
	if err := checkBatch(rules); err != nil {
		return nil, fmt.Errorf("authorize %s: %w", group, err)
	}
	client, err := g.client(ctx, group)
	if err != nil {
		return nil, wrapWrite("authorize", group, err)
	}
	authorize := authorizeIngress
	if rules[0].Rule.Direction == secgroup.Egress {
		authorize = authorizeEgress
	}
	made, err := authorize(ctx, client, group.ID, permissionsOf(rules), tagSpecification(rules[0].Tags))
	if err != nil {
		return nil, wrapWrite("authorize", group, err)
	}
	entries, err := entriesOf(made)
	if err != nil {
		return nil, wrapWrite("authorize", group, err)
	}
	return entries, nil
}

func checkBatch(rules []secgroup.Entry) error {
	for _, e := range rules {
		switch {
		case e.Rule.Direction != rules[0].Rule.Direction:
			return errors.New("rules of both directions in one call")
		case !maps.Equal(e.Tags, rules[0].Tags):
			return errors.New("rules of different tags in one call")
		case !e.Rule.Peer.IsValid(), e.Rule.Peer == secgroup.Self:
			return fmt.Errorf("rule %q: its peer is unresolved", e.Rule)
		}
	}
	return nil
}

func authorizeIngress(ctx context.Context, client *ec2.Client, id string, p []types.IpPermission,
	tags []types.TagSpecification) ([]types.SecurityGroupRule, error) {
	out, err := client.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &id, IpPermissions: p, TagSpecifications: tags,
	}, watchAttempts, onceThrottled)
	if err != nil {
		return nil, err
	}
	return out.SecurityGroupRules, nil
}

func authorizeEgress(ctx context.Context, client *ec2.Client, id string, p []types.IpPermission,
	tags []types.TagSpecification) ([]types.SecurityGroupRule, error) {
	out, err := client.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{
		GroupId: &id, IpPermissions: p, TagSpecifications: tags,
	}, watchAttempts, onceThrottled)
	if err != nil {
		return nil, err
	}
	return out.SecurityGroupRules, nil
}
