package fakeaws_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func create(t *testing.T, client *ec2.Client, name string) (*ec2.CreateSecurityGroupOutput, error) {
	t.Helper()
	return client.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: aws.String(name), Description: aws.String("of a test"), VpcId: aws.String(vpc),
		TagSpecifications: []types.TagSpecification{{
			ResourceType: types.ResourceTypeSecurityGroup,
			Tags:         []types.Tag{{Key: aws.String("sgkeeper:managed"), Value: aws.String("true")}},
		}},
	})
}

func TestCreateGroup(t *testing.T) {
	_, client := newAccount(fakeaws.Options{})
	out, err := create(t, client, "new")
	must(t, err)
	rules := describe(t, client, *out.GroupId)
	if len(rules) != 1 || !*rules[0].IsEgress || *rules[0].IpProtocol != "-1" || *rules[0].CidrIpv4 != "0.0.0.0/0" {
		t.Errorf("rules = %+v, want the default egress rule", rules)
	}
	g := describeGroup(t, client, *out.GroupId)
	if *g.GroupName != "new" || *g.VpcId != vpc || *g.OwnerId != "111122223333" || len(g.Tags) != 1 ||
		*g.Tags[0].Key != "sgkeeper:managed" {
		t.Errorf("group = %+v", g)
	}
	_, err = create(t, client, "new")
	wantCode(t, "the name again", err, "InvalidGroup.Duplicate")
	_, err = create(t, client, "sg-new")
	wantCode(t, "a name like an id", err, "InvalidParameterValue")
}

func TestDeleteGroup(t *testing.T) {
	_, client := newAccount(fakeaws.Options{})
	_, err := authorize(t, client, permission("tcp", 1, 1, peer))
	must(t, err)
	_, err = client.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: aws.String(peer)})
	wantCode(t, "a group referenced", err, "DependencyViolation")
	_, err = client.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: aws.String(web)})
	must(t, err)
	_, err = authorize(t, client, permission("tcp", 2, 2, "10.0.0.0/8"))
	wantCode(t, "authorize after", err, "InvalidGroup.NotFound")
	if got := describe(t, client, web); len(got) != 0 {
		t.Errorf("rules after = %v", got)
	}
	_, err = client.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: aws.String(peer)})
	must(t, err)
}

func TestFixtureChecksLikeEC2(t *testing.T) {
	account, _ := newAccount(fakeaws.Options{})
	defer func() {
		if recover() == nil {
			t.Error("a malformed id was accepted")
		}
	}()
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: "sg-web"})
}

func TestOutsider(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	rule := fakeaws.Rule{Protocol: "TCP", FromPort: 22, ToPort: 22, Peer: "10.9.9.9/8"}
	id, err := account.AddRule(web, rule)
	must(t, err)
	_, err = account.AddRule(web, rule)
	if e, ok := err.(*fakeaws.Error); !ok || e.Code != "InvalidPermission.Duplicate" {
		t.Errorf("again: %v, want a Duplicate", err)
	}
	if got := account.Rules(web); len(got) != 1 || got[0].ID != id || got[0].Peer != "10.0.0.0/8" ||
		got[0].Protocol != "tcp" {
		t.Errorf("rules = %+v", got)
	}
	if got := account.Calls().Of("ec2"); got != 0 {
		t.Errorf("%d calls counted, want none", got)
	}
	must(t, account.RemoveRule(id))
	if got := describe(t, client, web); len(got) != 0 {
		t.Errorf("rules = %v, want none", got)
	}
}
