package fakeaws_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func TestDenyTagging(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	account.Deny("ec2:CreateTags")
	_, err := authorizeTagged(t, client, types.ResourceTypeSecurityGroupRule, tag("a", "b"))
	wantCode(t, "authorize with tags", err, "UnauthorizedOperation")
	_, err = authorize(t, client, permission("tcp", 1, 1, "10.0.0.0/8"))
	wantCode(t, "authorize without", err, "")
	account.Deny()
	_, err = authorizeTagged(t, client, types.ResourceTypeSecurityGroupRule, tag("a", "b"))
	wantCode(t, "allowed again, and there is one already", err, "InvalidPermission.Duplicate")
}

func TestDryRunChecksPermissions(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	account.Deny("ec2:Authorize*")
	_, err := client.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: aws.String(web), IpPermissions: perms(permission("tcp", 1, 1, "0.0.0.0/0")), DryRun: aws.Bool(true),
	})
	wantCode(t, "dry run", err, "UnauthorizedOperation")
	if got := describe(t, client, web); len(got) != 0 {
		t.Errorf("rules = %v", got)
	}
}
