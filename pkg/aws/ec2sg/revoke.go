package ec2sg

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Revoke implements ensure.Groups, by rule ids. Properties would also match a rule that an
// outsider made meanwhile. All entries must have one direction. Without entries, it makes no
// call.
func (g *Groups) Revoke(ctx context.Context, group claim.Group, rules []secgroup.Entry) error {
	if len(rules) == 0 {
		return nil
	}
	ids := make([]string, len(rules))
	for i, e := range rules {
		ids[i] = e.ID
	}
	client, err := g.client(ctx, group)
	if err != nil {
		return wrapWrite("revoke", group, err)
	}
	revoke := revokeIngress
	if rules[0].Rule.Direction == secgroup.Egress {
		revoke = revokeEgress
	}
	if err := revoke(ctx, client, group.ID, ids); err != nil {
		return wrapWrite("revoke", group, err)
	}
	return nil
}

func revokeIngress(ctx context.Context, client *ec2.Client, id string, rules []string) error {
	_, err := client.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{
		GroupId: &id, SecurityGroupRuleIds: rules,
	}, watchAttempts, onceThrottled)
	return err
}

func revokeEgress(ctx context.Context, client *ec2.Client, id string, rules []string) error {
	_, err := client.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{
		GroupId: &id, SecurityGroupRuleIds: rules,
	}, watchAttempts, onceThrottled)
	return err
}
