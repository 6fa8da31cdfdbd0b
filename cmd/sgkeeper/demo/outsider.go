package demo

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// outsider changes groups without sgkeeper.
type outsider struct {
	account *fakeaws.Account
	client  *ec2.Client
}

// open adds a rule to a group.
func (o *outsider) open(group, text string) error { return o.tagged(group, text, nil) }

func (o *outsider) tagged(group, text string, tags map[string]string) error {
	r := secgroup.MustParseRule(text)
	peer, peerAccount := r.Peer.String(), ""
	if account, id, ok := r.Peer.Group(); ok {
		peer, peerAccount = id, account
	}
	_, err := o.account.AddRule(group, fakeaws.Rule{
		Protocol: r.Protocol.String(), FromPort: int(r.Ports.First), ToPort: int(r.Ports.Last),
		Peer: peer, PeerAccount: peerAccount, Tags: tags,
	})
	return err
}

// find returns a group's rule.
func (o *outsider) find(group, text string) (fakeaws.Rule, error) {
	want := secgroup.MustParseRule(text)
	for _, r := range o.account.Rules(group) {
		if rule, err := ruleIn(r); err == nil && rule == want {
			return r, nil
		}
	}
	return fakeaws.Rule{}, fmt.Errorf("%s has no rule %s", group, text)
}

// shut removes a rule.
func (o *outsider) shut(group, text string) error {
	r, err := o.find(group, text)
	if err != nil {
		return err
	}
	return o.account.RemoveRule(r.ID)
}

// replace removes a rule and adds another one.
func (o *outsider) replace(group, old, new string) error {
	if err := o.shut(group, old); err != nil {
		return err
	}
	return o.open(group, new)
}

// modify changes a rule into another one, which keeps the id and the tags.
func (o *outsider) modify(ctx context.Context, group, old, new string) error {
	r, err := o.find(group, old)
	if err != nil {
		return err
	}
	to := secgroup.MustParseRule(new)
	change := types.SecurityGroupRuleUpdate{SecurityGroupRuleId: &r.ID,
		SecurityGroupRule: &types.SecurityGroupRuleRequest{
			IpProtocol: aws.String(to.Protocol.String()), FromPort: &to.Ports.First, ToPort: &to.Ports.Last,
			CidrIpv4: aws.String(to.Peer.String()), Description: &r.Description,
		}}
	_, err = o.client.ModifySecurityGroupRules(ctx, &ec2.ModifySecurityGroupRulesInput{
		GroupId: &group, SecurityGroupRules: []types.SecurityGroupRuleUpdate{change},
	})
	return err
}

// describe gives a rule another description.
func (o *outsider) describe(ctx context.Context, group, text, description string) error {
	r, err := o.find(group, text)
	if err != nil {
		return err
	}
	change := types.SecurityGroupRuleDescription{SecurityGroupRuleId: &r.ID, Description: &description}
	_, err = o.client.UpdateSecurityGroupRuleDescriptionsIngress(ctx,
		&ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
			GroupId: &group, SecurityGroupRuleDescriptions: []types.SecurityGroupRuleDescription{change},
		})
	return err
}

// untag removes a group's tag.
func (o *outsider) untag(ctx context.Context, group, key string) error {
	in := &ec2.DeleteTagsInput{Resources: []string{group}, Tags: []types.Tag{{Key: &key}}}
	_, err := o.client.DeleteTags(ctx, in)
	return err
}
