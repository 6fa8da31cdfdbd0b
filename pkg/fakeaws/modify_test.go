package fakeaws_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func modify(t *testing.T, client *ec2.Client, id string, r types.SecurityGroupRuleRequest) error {
	t.Helper()
	_, err := client.ModifySecurityGroupRules(t.Context(), &ec2.ModifySecurityGroupRulesInput{
		GroupId: aws.String(web),
		SecurityGroupRules: []types.SecurityGroupRuleUpdate{{
			SecurityGroupRuleId: aws.String(id), SecurityGroupRule: &r,
		}},
	})
	return err
}

func request(port int32, cidr string) types.SecurityGroupRuleRequest {
	r := types.SecurityGroupRuleRequest{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(port),
		ToPort: aws.Int32(port)}
	if isIPv6(cidr) {
		r.CidrIpv6 = aws.String(cidr)
	} else {
		r.CidrIpv4 = aws.String(cidr)
	}
	return r
}

func TestModifyKeepsTheID(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	id, err := account.AddRule(web, fakeaws.Rule{Protocol: "tcp", FromPort: 1, ToPort: 1, Peer: "10.0.0.0/8",
		Tags: map[string]string{"a": "b"}})
	must(t, err)
	must(t, modify(t, client, id, request(2, "0.0.0.0/0")))
	got := account.Rules(web)[0]
	if got.ID != id || got.FromPort != 2 || got.Peer != "0.0.0.0/0" || got.Tags["a"] != "b" {
		t.Errorf("rule = %+v", got)
	}
	_, err = authorize(t, client, permission("tcp", 1, 1, "10.0.0.0/8"))
	wantCode(t, "the former properties are free", err, "")
	wantCode(t, "properties", modify(t, client, id, request(1, "10.0.0.0/8")), "InvalidPermission.Duplicate")
	wantCode(t, "another kind of peer", modify(t, client, id, request(1, "::/0")), "InvalidParameterValue")
	wantCode(t, "no such rule", modify(t, client, "sgr-0123456789abcdef0", request(1, "10.0.0.0/8")),
		"InvalidSecurityGroupRuleId.NotFound")
}

func TestUpdateDescriptions(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	id, err := account.AddRule(web, fakeaws.Rule{Protocol: "tcp", FromPort: 1, ToPort: 1, Peer: "10.0.0.0/8",
		Description: "old"})
	must(t, err)
	_, err = client.UpdateSecurityGroupRuleDescriptionsIngress(t.Context(),
		&ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
			GroupId: aws.String(web),
			SecurityGroupRuleDescriptions: []types.SecurityGroupRuleDescription{{SecurityGroupRuleId: aws.String(id),
				Description: aws.String("by id")}},
		})
	must(t, err)
	if got := account.Rules(web)[0]; got.Description != "by id" || got.ID != id {
		t.Errorf("rule = %+v", got)
	}
	p := permission("tcp", 1, 1, "10.0.0.0/8")
	p.IpRanges[0].Description = aws.String("by properties")
	in := &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{GroupId: aws.String(web), IpPermissions: perms(p)}
	_, err = client.UpdateSecurityGroupRuleDescriptionsIngress(t.Context(), in)
	must(t, err)
	if got := account.Rules(web)[0]; got.Description != "by properties" {
		t.Errorf("rule = %+v", got)
	}
	in.IpPermissions = perms(permission("tcp", 2, 2, "10.0.0.0/8"))
	_, err = client.UpdateSecurityGroupRuleDescriptionsIngress(t.Context(), in)
	wantCode(t, "an unknown rule", err, "InvalidPermission.NotFound")
}

func TestModifyTradesPlaces(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	one, err := account.AddRule(web, fakeaws.Rule{Protocol: "tcp", FromPort: 1, ToPort: 1, Peer: "10.0.0.0/8"})
	must(t, err)
	two, err := account.AddRule(web, fakeaws.Rule{Protocol: "tcp", FromPort: 2, ToPort: 2, Peer: "10.0.0.0/8"})
	must(t, err)
	toTwo, toOne := request(2, "10.0.0.0/8"), request(1, "10.0.0.0/8")
	_, err = client.ModifySecurityGroupRules(t.Context(), &ec2.ModifySecurityGroupRulesInput{
		GroupId: aws.String(web), SecurityGroupRules: []types.SecurityGroupRuleUpdate{
			{SecurityGroupRuleId: aws.String(one), SecurityGroupRule: &toTwo},
			{SecurityGroupRuleId: aws.String(two), SecurityGroupRule: &toOne},
		},
	})
	must(t, err)
	for _, port := range []int32{1, 2} { // EC2 still has both rules
		_, err := authorize(t, client, permission("tcp", port, port, "10.0.0.0/8"))
		wantCode(t, "authorize", err, "InvalidPermission.Duplicate")
	}
}
