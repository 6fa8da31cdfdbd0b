package fakeaws_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func tag(key, value string) types.Tag {
	return types.Tag{Key: aws.String(key), Value: aws.String(value)}
}

func authorizeTagged(t *testing.T, client *ec2.Client, kind types.ResourceType,
	tags ...types.Tag) (*ec2.AuthorizeSecurityGroupIngressOutput, error) {
	t.Helper()
	return client.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: aws.String(web), IpPermissions: perms(permission("tcp", 1, 1, "10.0.0.0/8", "::/0")),
		TagSpecifications: []types.TagSpecification{{ResourceType: kind, Tags: tags}},
	})
}

func TestTagsAtCreation(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	out, err := authorizeTagged(t, client, types.ResourceTypeSecurityGroupRule, tag("sgkeeper:installation", "main"))
	must(t, err)
	if got := out.SecurityGroupRules[0].Tags; len(got) != 1 {
		t.Errorf("tags in the answer = %v", got)
	}
	for _, r := range account.Rules(web) {
		if diff := cmp.Diff(map[string]string{"sgkeeper:installation": "main"}, r.Tags); diff != "" {
			t.Errorf("tags (-want +got):\n%s", diff)
		}
	}
}

func TestTagsRefused(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	_, err := authorizeTagged(t, client, types.ResourceTypeSecurityGroup, tag("a", "b"))
	wantCode(t, "of another kind", err, "InvalidParameterValue")
	_, err = authorizeTagged(t, client, types.ResourceTypeSecurityGroupRule, tag("aws:a", "b"))
	wantCode(t, "reserved", err, "InvalidParameterValue")
	_, err = authorizeTagged(t, client, types.ResourceTypeSecurityGroupRule, tag("a", "b"), tag("a", "c"))
	wantCode(t, "twice", err, "InvalidParameterValue")
	if got := account.Rules(web); len(got) != 0 {
		t.Errorf("rules = %v, want none", got)
	}
}

func TestTagAndUntag(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	id, err := account.AddRule(web, fakeaws.Rule{Protocol: "tcp", FromPort: 1, ToPort: 1, Peer: "10.0.0.0/8",
		Tags: map[string]string{"keep": "1"}})
	must(t, err)
	_, err = client.CreateTags(t.Context(), &ec2.CreateTagsInput{Resources: []string{web, id},
		Tags: []types.Tag{tag("a", "b"), tag("c", "d")}})
	must(t, err)
	_, err = client.DeleteTags(t.Context(), &ec2.DeleteTagsInput{Resources: []string{id},
		Tags: []types.Tag{{Key: aws.String("a")}, tag("c", "other")}})
	must(t, err)
	out, err := client.DescribeTags(t.Context(), &ec2.DescribeTagsInput{Filters: filters("resource-id", web, id)})
	must(t, err)
	got := map[string]string{}
	for _, tag := range out.Tags {
		got[*tag.ResourceId+" "+*tag.Key] = *tag.Value
	}
	want := map[string]string{web + " a": "b", web + " c": "d", id + " keep": "1", id + " c": "d"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	_, err = client.CreateTags(t.Context(), &ec2.CreateTagsInput{Resources: []string{web, "sgr-0123456789abcdef0"},
		Tags: []types.Tag{tag("x", "y")}})
	wantCode(t, "one unknown resource", err, "InvalidSecurityGroupRuleId.NotFound")
	if got := describeGroup(t, client, web).Tags; len(got) != 2 {
		t.Errorf("tags = %v, want the two of before", got)
	}
}
