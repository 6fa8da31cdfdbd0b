package conformance_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// race makes sixteen callers authorize one permission.
func race(d *ec2Client) string {
	var won atomic.Int32
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if _, err := d.authorize(open); err == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	return fmt.Sprintf("%d of 16 succeeded, %d rules", won.Load(), len(d.rules(d.group)))
}

// reads authorizes a permission and shows the resulting rules.
func reads(p types.IpPermission) func(*ec2Client) string {
	return func(d *ec2Client) string {
		if _, err := d.authorize(p); err != nil {
			return codeOf(err)
		}
		return d.show(d.rules(d.group))
	}
}

var readingBack = []semantic{
	{
		name: "CIDR is masked", source: canonicalDoc, call: reads(permission("tcp", 1, 1, "100.68.0.18/18")),
		want: []string{"in tcp 1-1 100.68.0.0/18"},
	},
	{
		name: "IPv6 CIDR is masked", source: ipv6Doc, call: reads(permission("tcp", 1, 1, "2001:DB8::1/32")),
		want: []string{"in tcp 1-1 2001:db8::/32"},
	},
	{
		name: "number is read back as name", source: permissionDoc, call: reads(permission("6", 80, 443, "10.0.0.0/8")),
		want: []string{"in tcp 80-443 10.0.0.0/8"},
	},
	{
		name: "name in capitals", source: permissionDoc, call: reads(permission("TCP", 80, 80, "10.0.0.0/8")),
		want: []string{"in tcp 80-80 10.0.0.0/8"},
	},
	{
		name: "all traffic has no ports", source: describeDoc,
		call: reads(permission("-1", absent, absent, "10.0.0.0/8")),
		want: []string{"in -1 -1--1 10.0.0.0/8"},
	},
	{
		name: "another protocol means all ports", source: permissionDoc,
		call: reads(permission("47", 22, 22, "10.0.0.0/8")),
		want: []string{"in 47 -1--1 10.0.0.0/8"},
	},
	{
		name: "ICMP type and code", source: permissionDoc, call: reads(permission("icmp", 3, 4, "10.0.0.0/8")),
		want: []string{"in icmp 3-4 10.0.0.0/8"},
	},
	{
		name: "ICMPv6 without type", source: permissionDoc, call: reads(permission("icmpv6", absent, absent, "::/0")),
		want: []string{"in icmpv6 -1--1 ::/0"},
	},
	{
		name: "group reference has its owner", source: "EC2 API Reference, UserIdGroupPair",
		call: func(d *ec2Client) string { return reads(permission("tcp", 22, 22, d.peer))(d) },
		want: []string{"in tcp 22-22 own peer"},
	},
	{
		name: "reference to itself", source: "EC2 API Reference, UserIdGroupPair",
		call: func(d *ec2Client) string { return reads(permission("tcp", 22, 22, d.group))(d) },
		want: []string{"in tcp 22-22 own self"},
	},
	{
		name: "description", source: authorizeDoc, call: reads(described(permission("tcp", 1, 1, "10.0.0.0/8"),
			"a-z. _-:/()#,@[]+=;{}!$*")),
		want: []string{"in tcp 1-1 10.0.0.0/8 a-z. _-:/()#,@[]+=;{}!$*"},
	},
	{
		name: "description of a group reference", source: "EC2 API Reference, UserIdGroupPair",
		call: func(d *ec2Client) string { return reads(described(permission("tcp", 22, 22, d.peer), "from peers"))(d) },
		want: []string{"in tcp 22-22 own peer from peers"},
	},
	{
		name: "tags at creation", source: authorizeDoc,
		call: func(d *ec2Client) string {
			_, err := d.client.AuthorizeSecurityGroupIngress(d.ctx, &ec2.AuthorizeSecurityGroupIngressInput{
				GroupId: &d.group, IpPermissions: []types.IpPermission{open}, TagSpecifications: []types.TagSpecification{{
					ResourceType: types.ResourceTypeSecurityGroupRule,
					Tags:         []types.Tag{{Key: aws.String("owner"), Value: aws.String("alice")}},
				}},
			})
			if err != nil {
				return codeOf(err)
			}
			return d.show(d.rules(d.group))
		},
		want: []string{"in tcp 8000-8000 0.0.0.0/0 owner=alice"},
	},
	{
		name: "a permission of three peers is three rules", source: describeDoc,
		call: reads(permission("tcp", 1, 1, "10.0.0.0/8", "192.168.0.0/16", "::/0")),
		want: []string{"in tcp 1-1 10.0.0.0/8; in tcp 1-1 192.168.0.0/16; in tcp 1-1 ::/0"},
	},
	{
		name: "a new group lets everything out", source: createDoc,
		call: func(d *ec2Client) string {
			out, err := d.createNamed("new-" + d.group)
			if err != nil {
				return codeOf(err)
			}
			return d.show(d.rules(*out.GroupId))
		},
		want: []string{"out -1 -1--1 0.0.0.0/0"},
	},
	{
		name: "a group's name like an id", source: createDoc,
		call: func(d *ec2Client) string {
			_, err := d.createNamed("sg-new" + d.group)
			return codeOf(err)
		},
		want: []string{"InvalidParameterValue"},
	},
	{
		name: "a group's name again", source: createDoc,
		call: func(d *ec2Client) string {
			_, _ = d.createNamed("again-" + d.group)
			_, err := d.createNamed("again-" + d.group)
			return codeOf(err)
		},
		want: []string{"InvalidGroup.Duplicate"},
	},
}

var describing = []semantic{
	{
		name: "filter on an unknown group", source: describeDoc,
		call: func(d *ec2Client) string {
			out, err := d.client.DescribeSecurityGroupRules(d.ctx,
				&ec2.DescribeSecurityGroupRulesInput{Filters: byGroup("sg-0bbbbbbbbbbbbbbbb")})
			if err != nil {
				return codeOf(err)
			}
			return fmt.Sprintf("%d rules", len(out.SecurityGroupRules))
		},
		want: []string{"0 rules"},
	},
	{
		name: "unknown group by id", source: errorsDoc,
		call: func(d *ec2Client) string {
			_, err := d.client.DescribeSecurityGroups(d.ctx,
				&ec2.DescribeSecurityGroupsInput{GroupIds: []string{"sg-0bbbbbbbbbbbbbbbb"}})
			return codeOf(err)
		},
		want: []string{"InvalidGroup.NotFound"},
	},
	{
		name: "unknown rule by id", source: errorsDoc,
		call: func(d *ec2Client) string {
			_, err := d.client.DescribeSecurityGroupRules(d.ctx,
				&ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{"sgr-0bbbbbbbbbbbbbbbb"}})
			return codeOf(err)
		},
		want: []string{"InvalidSecurityGroupRuleId.NotFound"},
	},
	{
		name: "filter gives both directions", source: describeDoc,
		call: func(d *ec2Client) string {
			_, _ = d.authorize(open)
			_, _ = d.authorizeEgress(open)
			return d.show(d.rules(d.group))
		},
		want: []string{"in tcp 8000-8000 0.0.0.0/0; out tcp 8000-8000 0.0.0.0/0"},
	},
	{
		name: "grouped all traffic omits ports", source: "EC2 API Reference, DescribeSecurityGroups",
		call: func(d *ec2Client) string {
			_, _ = d.authorize(permission("-1", absent, absent, "10.0.0.0/8"))
			out, err := d.client.DescribeSecurityGroups(d.ctx,
				&ec2.DescribeSecurityGroupsInput{GroupIds: []string{d.group}})
			if err != nil || len(out.SecurityGroups) != 1 || len(out.SecurityGroups[0].IpPermissions) != 1 {
				return "no permission: " + codeOf(err)
			}
			p := out.SecurityGroups[0].IpPermissions[0]
			return showPort(p.FromPort) + " " + showPort(p.ToPort)
		},
		want: []string{"none none"},
	},
	{
		name: "pages of five", source: describeDoc,
		call: func(d *ec2Client) string {
			for port := range int32(12) {
				_, _ = d.authorize(permission("tcp", port, port, "10.0.0.0/8"))
			}
			var pages []string
			in := &ec2.DescribeSecurityGroupRulesInput{Filters: byGroup(d.group), MaxResults: aws.Int32(5)}
			for p := ec2.NewDescribeSecurityGroupRulesPaginator(d.client, in); p.HasMorePages(); {
				page, err := p.NextPage(d.ctx)
				if err != nil {
					return codeOf(err)
				}
				pages = append(pages, fmt.Sprint(len(page.SecurityGroupRules)))
			}
			return strings.Join(pages, " ")
		},
		want: []string{"5 5 2"},
	},
	{
		name: "pages of four", source: describeDoc,
		call: func(d *ec2Client) string {
			_, err := d.client.DescribeSecurityGroupRules(d.ctx,
				&ec2.DescribeSecurityGroupRulesInput{Filters: byGroup(d.group), MaxResults: aws.Int32(4)})
			return codeOf(err)
		},
		want: []string{"InvalidParameterValue"},
	},
}

// fill authorizes so many ports for a peer, in one call.
func (d *ec2Client) fill(n int32, peer string) error {
	var ps []types.IpPermission
	for port := range n {
		ps = append(ps, permission("tcp", port, port, peer))
	}
	_, err := d.authorize(ps...)
	return err
}

var limits = []semantic{
	{
		name: "60 rules of one family", source: quotaDoc,
		call: func(d *ec2Client) string { return d.after(d.fill(60, "10.0.0.0/8")) }, want: []string{"OK, 60 rules"},
	},
	{
		name: "61 rules of one family", source: quotaDoc,
		call: func(d *ec2Client) string { return d.after(d.fill(61, "10.0.0.0/8")) },
		want: []string{"RulesPerSecurityGroupLimitExceeded, 0 rules"},
	},
	{
		name: "60 rules of each family", source: quotaDoc,
		call: func(d *ec2Client) string {
			_ = d.fill(60, "10.0.0.0/8")
			return d.after(d.fill(60, "::/0"))
		},
		want: []string{"OK, 120 rules"},
	},
	{
		name: "a group reference counts in both families", source: quotaDoc,
		call: func(d *ec2Client) string {
			_ = d.fill(60, "::/0")
			_, err := d.authorize(permission("tcp", 1, 1, d.peer))
			return d.after(err)
		},
		want: []string{"RulesPerSecurityGroupLimitExceeded, 60 rules"},
	},
}
