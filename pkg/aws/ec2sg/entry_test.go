package ec2sg

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// read reads a rule in EC2's form, after a change.
func read(change func(*types.SecurityGroupRule)) types.SecurityGroupRule {
	r := types.SecurityGroupRule{
		SecurityGroupRuleId: aws.String("sgr-0123456789abcdef0"), IsEgress: aws.Bool(false),
		IpProtocol: aws.String("tcp"),
		FromPort:   aws.Int32(22), ToPort: aws.Int32(23), CidrIpv4: aws.String("10.0.0.0/8"),
	}
	change(&r)
	return r
}

func TestReadLeniently(t *testing.T) {
	rows := []struct {
		change func(*types.SecurityGroupRule)
		want   string
	}{
		{func(r *types.SecurityGroupRule) {}, "tcp 22-23 from 10.0.0.0/8"},
		{func(r *types.SecurityGroupRule) { r.IpProtocol = aws.String("6") }, "tcp 22-23 from 10.0.0.0/8"},
		{func(r *types.SecurityGroupRule) { r.IpProtocol = aws.String("TCP") }, "tcp 22-23 from 10.0.0.0/8"},
		// host bits
		{func(r *types.SecurityGroupRule) { r.CidrIpv4 = aws.String("10.1.2.3/8") }, "tcp 22-23 from 10.0.0.0/8"},
		{func(r *types.SecurityGroupRule) { r.FromPort, r.ToPort = nil, nil }, "tcp 0-65535 from 10.0.0.0/8"},
		{func(r *types.SecurityGroupRule) { r.IpProtocol = aws.String("-1") }, "all from 10.0.0.0/8"}, // with any ports
		{func(r *types.SecurityGroupRule) { r.IpProtocol = aws.String("47") }, "47 from 10.0.0.0/8"},
		{func(r *types.SecurityGroupRule) { r.ReferencedGroupInfo = &types.ReferencedSecurityGroup{} },
			"tcp 22-23 from 10.0.0.0/8"},
	}
	for _, row := range rows {
		entries, err := entriesOf([]types.SecurityGroupRule{read(row.change)})
		if want := secgroup.MustParseRule(row.want); err != nil || entries[0].Rule != want {
			t.Errorf("entriesOf = %v, %v; want %s", entries, err, want)
		}
	}
}

func TestReadGroupOfOthers(t *testing.T) {
	foreign := read(func(r *types.SecurityGroupRule) {
		r.CidrIpv4 = nil
		r.ReferencedGroupInfo = &types.ReferencedSecurityGroup{GroupId: aws.String("sg-0aaaaaaaa"),
			UserId: aws.String("amazon-elb")}
	})
	entries, err := entriesOf([]types.SecurityGroupRule{foreign})
	if want := secgroup.GroupOf("amazon-elb", "sg-0aaaaaaaa"); err != nil || entries[0].Rule.Peer != want {
		t.Errorf("entriesOf = %v, %v; want %s", entries, err, want)
	}
}

// TestReadUnknown: an unknown rule causes an error that names it. It is never left out.
func TestReadUnknown(t *testing.T) {
	rows := []struct {
		change func(*types.SecurityGroupRule)
		want   string
	}{
		{func(r *types.SecurityGroupRule) { r.CidrIpv4 = nil }, "0 peers"}, // a future kind of peer
		{func(r *types.SecurityGroupRule) { r.CidrIpv6 = aws.String("::/0") }, "2 peers"},
		{func(r *types.SecurityGroupRule) { r.CidrIpv4 = aws.String("ten") }, "ten"},
		{func(r *types.SecurityGroupRule) { r.IpProtocol = aws.String("quic") }, "quic"},
		{func(r *types.SecurityGroupRule) { r.IpProtocol = nil }, "protocol"},
		{func(r *types.SecurityGroupRule) { r.IsEgress = nil }, "IsEgress"},
		{func(r *types.SecurityGroupRule) { r.SecurityGroupRuleId = nil }, "no SecurityGroupRuleId"},
	}
	for _, row := range rows {
		bad := read(row.change)
		_, err := entriesOf([]types.SecurityGroupRule{read(func(*types.SecurityGroupRule) {}), bad})
		if err == nil || !strings.Contains(err.Error(), row.want) ||
			!strings.HasPrefix(err.Error(), "rule "+aws.ToString(bad.SecurityGroupRuleId)) {
			t.Errorf("entriesOf: %v; want the rule named, and %q", err, row.want)
		}
	}
}
