package fakeaws_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const (
	vpc  = "vpc-0123456789abcdef0" // not the default VPC
	web  = "sg-0123456789abcdef0"
	peer = "sg-0aaaaaaaaaaaaaaaa"
)

// config returns a program's configuration for AWS, except for the HTTP client.
func config(account *fakeaws.Account) aws.Config {
	return aws.Config{
		Region: "us-east-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "SECRET"}, nil
		}),
		HTTPClient: account,
	}
}

// newAccount returns an account with the groups web and peer, without rules, in one VPC.
func newAccount(o fakeaws.Options) (*fakeaws.Account, *ec2.Client) {
	account := fakeaws.New(o)
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: web, Name: "web", VPC: vpc, NoEgress: true})
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: peer, Name: "peer", VPC: vpc, NoEgress: true})
	return account, ec2.NewFromConfig(config(account))
}

// code returns the code of an AWS error, or "" for nil.
func code(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	if err != nil {
		return "not an API error: " + err.Error()
	}
	return ""
}

func message(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorMessage()
	}
	return ""
}

// permission returns a permission of the peers. The form of a peer determines its kind. Ports
// below -1 are left out.
func permission(protocol string, from, to int32, peers ...string) types.IpPermission {
	p := types.IpPermission{IpProtocol: aws.String(protocol)}
	if from >= -1 {
		p.FromPort = aws.Int32(from)
	}
	if to >= -1 {
		p.ToPort = aws.Int32(to)
	}
	for _, at := range peers {
		add(&p, at)
	}
	return p
}

func add(p *types.IpPermission, peer string) {
	switch {
	case peer[:min(3, len(peer))] == "sg-":
		p.UserIdGroupPairs = append(p.UserIdGroupPairs, types.UserIdGroupPair{GroupId: aws.String(peer)})
	case peer[:min(3, len(peer))] == "pl-":
		p.PrefixListIds = append(p.PrefixListIds, types.PrefixListId{PrefixListId: aws.String(peer)})
	case isIPv6(peer):
		p.Ipv6Ranges = append(p.Ipv6Ranges, types.Ipv6Range{CidrIpv6: aws.String(peer)})
	default:
		p.IpRanges = append(p.IpRanges, types.IpRange{CidrIp: aws.String(peer)})
	}
}

func isIPv6(text string) bool {
	for _, c := range text {
		if c == ':' {
			return true
		}
	}
	return false
}

func authorize(t *testing.T, client *ec2.Client,
	ps ...types.IpPermission) (*ec2.AuthorizeSecurityGroupIngressOutput, error) {
	t.Helper()
	return client.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: aws.String(web), IpPermissions: ps,
	})
}

func authorizeEgress(t *testing.T, client *ec2.Client,
	ps ...types.IpPermission) (*ec2.AuthorizeSecurityGroupEgressOutput, error) {
	t.Helper()
	return client.AuthorizeSecurityGroupEgress(t.Context(), &ec2.AuthorizeSecurityGroupEgressInput{
		GroupId: aws.String(web), IpPermissions: ps,
	})
}

func describe(t *testing.T, client *ec2.Client, group string) []types.SecurityGroupRule {
	t.Helper()
	out, err := client.DescribeSecurityGroupRules(t.Context(),
		&ec2.DescribeSecurityGroupRulesInput{Filters: byGroup(group)})
	if err != nil {
		t.Fatal(err)
	}
	return out.SecurityGroupRules
}

func byGroup(ids ...string) []types.Filter { return filters("group-id", ids...) }

func filters(name string, values ...string) []types.Filter {
	return []types.Filter{{Name: aws.String(name), Values: values}}
}

var ignoreUnexported = cmpopts.IgnoreUnexported(types.SecurityGroupRule{}, types.ReferencedSecurityGroup{}, types.Tag{})

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t *testing.T, what string, err error, want string) {
	t.Helper()
	if got := code(err); got != want {
		t.Errorf("%s: code = %q, want %q", what, got, want)
	}
}
