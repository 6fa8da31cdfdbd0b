package conformance_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// ec2Client is an engine's new security group, with another one as a peer. Both are without rules,
// in one VPC that is not the default one.
type ec2Client struct {
	ctx         context.Context
	client      *ec2.Client
	vpc         string
	group, peer string
}

var groupNames atomic.Int64

func newEC2Client(t *testing.T, client *ec2.Client, vpc string) *ec2Client {
	t.Helper()
	d := &ec2Client{ctx: t.Context(), client: client, vpc: vpc}
	d.group, d.peer = d.create(t), d.create(t)
	return d
}

// create makes a group and removes its default rule, which allows all egress.
func (d *ec2Client) create(t *testing.T) string {
	t.Helper()
	made, err := d.createNamed(fmt.Sprint("conformance-", groupNames.Add(1)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.client.RevokeSecurityGroupEgress(d.ctx, &ec2.RevokeSecurityGroupEgressInput{
		GroupId: made.GroupId, IpPermissions: []types.IpPermission{permission("-1", absent, absent, "0.0.0.0/0")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return *made.GroupId
}

func (d *ec2Client) createNamed(name string) (*ec2.CreateSecurityGroupOutput, error) {
	return d.client.CreateSecurityGroup(d.ctx, &ec2.CreateSecurityGroupInput{GroupName: &name,
		Description: aws.String("conformance"), VpcId: &d.vpc})
}

// newVPC makes a VPC, which is not the default one. The embedded account accepts any id.
func newVPC(t *testing.T, e *engine, client *ec2.Client) string {
	t.Helper()
	if e == embedded {
		return "vpc-0123456789abcdef0"
	}
	out, err := client.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	return *out.Vpc.VpcId
}

const absent = -2 // a port that a permission lacks

// permission makes a permission for peers. It detects each peer's kind from its text.
func permission(protocol string, from, to int32, peers ...string) types.IpPermission {
	p := types.IpPermission{IpProtocol: &protocol}
	if from != absent {
		p.FromPort = &from
	}
	if to != absent {
		p.ToPort = &to
	}
	for _, peer := range peers {
		switch {
		case strings.HasPrefix(peer, "sg-"):
			p.UserIdGroupPairs = append(p.UserIdGroupPairs, types.UserIdGroupPair{GroupId: &peer})
		case strings.HasPrefix(peer, "pl-"):
			p.PrefixListIds = append(p.PrefixListIds, types.PrefixListId{PrefixListId: &peer})
		case strings.Contains(peer, ":"):
			p.Ipv6Ranges = append(p.Ipv6Ranges, types.Ipv6Range{CidrIpv6: &peer})
		default:
			p.IpRanges = append(p.IpRanges, types.IpRange{CidrIp: &peer})
		}
	}
	return p
}

// described adds a description to all peers of a permission.
func described(p types.IpPermission, text string) types.IpPermission {
	for i := range p.IpRanges {
		p.IpRanges[i].Description = &text
	}
	for i := range p.UserIdGroupPairs {
		p.UserIdGroupPairs[i].Description = &text
	}
	return p
}

func (d *ec2Client) authorize(ps ...types.IpPermission) (*ec2.AuthorizeSecurityGroupIngressOutput, error) {
	return d.client.AuthorizeSecurityGroupIngress(d.ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &d.group,
		IpPermissions: ps})
}

func (d *ec2Client) authorizeEgress(ps ...types.IpPermission) (*ec2.AuthorizeSecurityGroupEgressOutput, error) {
	return d.client.AuthorizeSecurityGroupEgress(d.ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &d.group,
		IpPermissions: ps})
}

func (d *ec2Client) revoke(ids ...string) error {
	_, err := d.client.RevokeSecurityGroupIngress(d.ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &d.group,
		SecurityGroupRuleIds: ids})
	return err
}

func (d *ec2Client) revokeProperties(group string, ps ...types.IpPermission) error {
	_, err := d.client.RevokeSecurityGroupIngress(d.ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &group,
		IpPermissions: ps})
	return err
}

func (d *ec2Client) rules(group string) []types.SecurityGroupRule {
	out, err := d.client.DescribeSecurityGroupRules(d.ctx,
		&ec2.DescribeSecurityGroupRulesInput{Filters: byGroup(group)})
	if err != nil {
		return nil
	}
	return out.SecurityGroupRules
}

func byGroup(id string) []types.Filter {
	return []types.Filter{{Name: aws.String("group-id"), Values: []string{id}}}
}

// ids returns the ids of the group's rules of ingress or egress.
func (d *ec2Client) ids(egress bool) (ids []string) {
	for _, r := range d.rules(d.group) {
		if aws.ToBool(r.IsEgress) == egress {
			ids = append(ids, aws.ToString(r.SecurityGroupRuleId))
		}
	}
	return ids
}

// after returns an answer's code and the number of rules after it.
func (d *ec2Client) after(err error) string {
	return fmt.Sprintf("%s, %d rules", codeOf(err), len(d.rules(d.group)))
}

// show returns the described rules as sorted text, without their ids.
func (d *ec2Client) show(rules []types.SecurityGroupRule) string {
	var all []string
	for _, r := range rules {
		all = append(all, d.showRule(r))
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

func (d *ec2Client) showRule(r types.SecurityGroupRule) string {
	direction := "in"
	if aws.ToBool(r.IsEgress) {
		direction = "out"
	}
	peer := aws.ToString(r.CidrIpv4) + aws.ToString(r.CidrIpv6) + aws.ToString(r.PrefixListId)
	if g := r.ReferencedGroupInfo; g != nil {
		owner := "nobody's"
		if aws.ToString(g.UserId) == aws.ToString(r.GroupOwnerId) {
			owner = "own"
		}
		peer += owner + " " + strings.NewReplacer(d.group, "self", d.peer, "peer").Replace(aws.ToString(g.GroupId))
	}
	text := fmt.Sprintf("%s %s %s-%s %s", direction, aws.ToString(r.IpProtocol), showPort(r.FromPort),
		showPort(r.ToPort), peer)
	if r.Description != nil && *r.Description != "" {
		text += " " + *r.Description
	}
	for _, tag := range r.Tags {
		text += fmt.Sprintf(" %s=%s", aws.ToString(tag.Key), aws.ToString(tag.Value))
	}
	return text
}

func showPort(p *int32) string {
	if p == nil {
		return "none"
	}
	return fmt.Sprint(*p)
}
