package fakeaws_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func revoke(t *testing.T, client *ec2.Client, group string,
	ids ...string) (*ec2.RevokeSecurityGroupIngressOutput, error) {
	t.Helper()
	return client.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
		GroupId: aws.String(group), SecurityGroupRuleIds: ids,
	})
}

func TestRevokeByID(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	out, err := authorize(t, client, permission("tcp", 1, 1, "10.0.0.0/8", "10.0.0.0/9"))
	must(t, err)
	first, second := *out.SecurityGroupRules[0].SecurityGroupRuleId, *out.SecurityGroupRules[1].SecurityGroupRuleId
	eg, err := authorizeEgress(t, client, permission("tcp", 1, 1, "10.0.0.0/8"))
	must(t, err)

	tests := []struct {
		name string
		ids  []string
		code string
	}{
		{"one unknown among known", []string{first, "sgr-0123456789abcdef0", second},
			"InvalidSecurityGroupRuleId.NotFound"},
		{"twice", []string{first, first}, "InvalidParameterValue"},
		{"malformed", []string{"sgr-1"}, "InvalidSecurityGroupRuleId.Malformed"},
		{"of the other direction", []string{*eg.SecurityGroupRules[0].SecurityGroupRuleId},
			"InvalidSecurityGroupRuleId.NotFound"},
	}
	for _, tt := range tests {
		_, err := revoke(t, client, web, tt.ids...)
		wantCode(t, tt.name, err, tt.code)
		if got := len(account.Rules(web)); got != 3 {
			t.Fatalf("%s: %d rules left, want all 3", tt.name, got)
		}
	}
	revoked, err := revoke(t, client, web, first, second)
	must(t, err)
	if len(revoked.RevokedSecurityGroupRules) != 2 || !*revoked.Return {
		t.Errorf("revoked = %v, want both", revoked.RevokedSecurityGroupRules)
	}
	_, err = revoke(t, client, web, first)
	wantCode(t, "again", err, "InvalidSecurityGroupRuleId.NotFound")
}

func TestRevokeByPropertiesIsWholeOrNothing(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	_, err := authorize(t, client, permission("tcp", 1, 1, "10.0.0.0/8"))
	must(t, err)
	in := &ec2.RevokeSecurityGroupIngressInput{GroupId: aws.String(web), IpPermissions: []types.IpPermission{
		permission("6", 1, 1, "10.9.9.9/8"), permission("tcp", 2, 2, "10.0.0.0/8"),
	}}
	_, err = client.RevokeSecurityGroupIngress(t.Context(), in)
	wantCode(t, "one of two", err, "InvalidPermission.NotFound")
	if got := len(account.Rules(web)); got != 1 {
		t.Fatalf("%d rules, want 1", got)
	}
	in.IpPermissions = in.IpPermissions[:1] // another spelling of the existing rule
	_, err = client.RevokeSecurityGroupIngress(t.Context(), in)
	must(t, err)
	if got := len(account.Rules(web)); got != 0 {
		t.Errorf("%d rules, want none", got)
	}
}

func TestRevokeInDefaultVPCForgives(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	id := account.AddSecurityGroup(fakeaws.SecurityGroup{
		Name: "mine", NoEgress: true, Rules: []fakeaws.Rule{{Protocol: "tcp", FromPort: 1, ToPort: 1,
			Peer: "10.0.0.0/8"}},
	})
	out, err := client.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
		GroupName: aws.String("mine"), IpPermissions: []types.IpPermission{
			permission("tcp", 1, 1, "10.0.0.0/8"), permission("tcp", 2, 2, "10.0.0.0/8"),
		},
	})
	must(t, err)
	if len(out.UnknownIpPermissions) != 1 || *out.UnknownIpPermissions[0].FromPort != 2 {
		t.Errorf("unknown = %v, want port 2", out.UnknownIpPermissions)
	}
	if got := len(account.Rules(id)); got != 0 {
		t.Errorf("%d rules, want none", got)
	}
}

func TestRevokeEgress(t *testing.T) {
	_, client := newAccount(fakeaws.Options{})
	created, err := client.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("new"), Description: aws.String("new"), VpcId: aws.String(vpc),
	})
	must(t, err)
	_, err = client.RevokeSecurityGroupEgress(t.Context(), &ec2.RevokeSecurityGroupEgressInput{
		GroupId: created.GroupId, IpPermissions: perms(permission("-1", omitted, omitted, "0.0.0.0/0")),
	})
	must(t, err)
	if got := describe(t, client, *created.GroupId); len(got) != 0 {
		t.Errorf("rules = %v, want none", got)
	}
}
