package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// newGroup makes a group that opted in, with a rule made by hand.
func (w *world) newGroup(t *testing.T, name string) string {
	t.Helper()
	made, err := w.groups.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: &name, Description: aws.String("end to end"),
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeSecurityGroup,
			Tags: []types.Tag{{Key: aws.String("sgkeeper:managed"), Value: aws.String("true")}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.byHand(t, *made.GroupId, 22, "10.9.0.0/16")
	return *made.GroupId
}

// byHand opens a port as an outsider.
func (w *world) byHand(t *testing.T, group string, port int32, from string) {
	t.Helper()
	_, err := w.groups.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &group, IpPermissions: []types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: &port,
			ToPort: &port, IpRanges: []types.IpRange{{CidrIp: &from}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ingress returns a group's ingress rules, with duplicates.
func (w *world) ingress(t *testing.T, group string) (rules []string) {
	t.Helper()
	found, err := w.groups.DescribeSecurityGroupRules(t.Context(), &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{group}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range found.SecurityGroupRules {
		if !aws.ToBool(r.IsEgress) {
			rules = append(rules, fmt.Sprintf("%d from %s", aws.ToInt32(r.FromPort), aws.ToString(r.CidrIpv4)))
		}
	}
	slices.Sort(rules)
	return rules
}

// wantIngress checks that a group has the rules made by hand, the listed ones, and no others.
func (w *world) wantIngress(t *testing.T, group string, want ...string) {
	t.Helper()
	want = append(slices.Clone(want), "22 from 10.9.0.0/16")
	slices.Sort(want)
	if got := w.ingress(t, group); !slices.Equal(got, want) {
		t.Errorf("the group allows %s; want %s", strings.Join(got, ", "), strings.Join(want, ", "))
	}
}
