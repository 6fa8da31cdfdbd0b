package conformance_test

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// The sources of the behaviours.
const (
	authorizeDoc  = "EC2 API Reference, AuthorizeSecurityGroupIngress"
	revokeDoc     = "EC2 API Reference, RevokeSecurityGroupIngress"
	describeDoc   = "EC2 API Reference, DescribeSecurityGroupRules"
	permissionDoc = "EC2 API Reference, IpPermission"
	createDoc     = "EC2 API Reference, CreateSecurityGroup"
	errorsDoc     = "EC2 API Reference, error codes"
	quotaDoc      = "VPC User Guide, quotas: 60 inbound rules, IPv4 and IPv6 apart"
	identityDoc   = "live runs in londonaicentre/FLIP#886"
	canonicalDoc  = "EC2 API Reference, IpPermission: 100.68.0.18/18 is modified to 100.68.0.0/18"
	ipv6Doc       = "ray-project/ray#7844, terraform-provider-aws#16573"
	repeatDoc     = "cluster-api-provider-aws#5438, terraform-provider-aws#2587"
)

// semantics are EC2's behaviours.
var semantics = slices.Concat(authorizing, spelling, readingBack, revoking, describing, limits)

var open = permission("tcp", 8000, 8000, "0.0.0.0/0")

// again authorizes the permissions in one call after another, and returns the last answer.
func again(ps ...types.IpPermission) func(*ec2Client) string {
	return func(d *ec2Client) string {
		var err error
		for _, p := range ps {
			_, err = d.authorize(p)
		}
		return d.after(err)
	}
}

// once authorizes all permissions in one call.
func once(ps ...types.IpPermission) func(*ec2Client) string {
	return func(d *ec2Client) string {
		_, err := d.authorize(ps...)
		return d.after(err)
	}
}

var authorizing = []semantic{
	{
		name: "existing rule again", source: authorizeDoc, call: again(open, open),
		want: []string{"InvalidPermission.Duplicate, 1 rules"},
	},
	{
		name: "batch of new and duplicate", source: "undocumented: a practitioner says that the whole call fails",
		call: func(d *ec2Client) string {
			_, _ = d.authorize(open)
			_, err := d.authorize(permission("tcp", 1, 1, "0.0.0.0/0"), open)
			return d.after(err)
		},
		want: []string{"InvalidPermission.Duplicate, 1 rules", "InvalidPermission.Duplicate, 2 rules"},
	},
	{
		name: "same rule twice in one request", source: repeatDoc, call: once(open, open),
		want: []string{"InvalidParameterValue, 0 rules"},
	},
	{
		name: "same peer twice in one permission", source: repeatDoc,
		call: once(permission("tcp", 1, 1, "10.0.0.0/8", "10.0.0.0/8")),
		want: []string{"InvalidParameterValue, 0 rules"},
	},
	{
		name: "same rule, other description", source: identityDoc,
		call: again(open, described(permission("tcp", 8000, 8000, "0.0.0.0/0"), "vLLM")),
		want: []string{"InvalidPermission.Duplicate, 1 rules"},
	},
	{
		name: "same group reference, other description", source: identityDoc,
		call: func(d *ec2Client) string {
			return again(permission("tcp", 22, 22, d.peer), described(permission("tcp", 22, 22, d.peer), "other"))(d)
		},
		want: []string{"InvalidPermission.Duplicate, 1 rules"},
	},
	{
		name: "rule within another", source: authorizeDoc,
		call: again(permission("tcp", 1, 9, "10.0.0.0/8"), permission("tcp", 5, 5, "10.0.0.0/8"),
			permission("tcp", 1, 9, "10.0.0.0/16")),
		want: []string{"OK, 3 rules"},
	},
	{
		name: "directions are apart", source: authorizeDoc,
		call: func(d *ec2Client) string {
			_, _ = d.authorize(open)
			_, err := d.authorizeEgress(open)
			return d.after(err)
		},
		want: []string{"OK, 2 rules"},
	},
	{
		name: "rules returned for two permissions", source: authorizeDoc,
		call: func(d *ec2Client) string {
			out, err := d.authorize(permission("tcp", 1, 1, "10.0.0.0/8"), permission("tcp", 2, 2, "10.0.0.0/8"))
			if err != nil {
				return codeOf(err)
			}
			return d.show(out.SecurityGroupRules)
		},
		want: []string{"in tcp 1-1 10.0.0.0/8; in tcp 2-2 10.0.0.0/8"},
	},
	{
		name: "no source", source: authorizeDoc, call: once(permission("tcp", 1, 1)),
		want: []string{"MissingParameter, 0 rules", "InvalidParameterValue, 0 rules"},
	},
	{
		name: "from > to", source: permissionDoc, call: once(permission("tcp", 443, 80, "0.0.0.0/0")),
		want: []string{"InvalidParameterValue, 0 rules"},
	},
	{
		name: "port 70000", source: permissionDoc, call: once(permission("tcp", 70000, 70000, "0.0.0.0/0")),
		want: []string{"InvalidParameterValue, 0 rules"},
	},
	{
		name: "tcp without ports", source: permissionDoc, call: once(permission("tcp", absent, absent, "0.0.0.0/0")),
		want: []string{"InvalidParameterValue, 0 rules", "MissingParameter, 0 rules"},
	},
	{
		name: "CIDR malformed", source: errorsDoc, call: once(permission("tcp", 1, 1, "10.0.0.0/33")),
		want: []string{"InvalidParameterValue, 0 rules"},
	},
	{
		name: "protocol unknown", source: permissionDoc, call: once(permission("gre", absent, absent, "0.0.0.0/0")),
		want: []string{"InvalidParameterValue, 0 rules", "InvalidPermission.Malformed, 0 rules"},
	},
	{
		name: "description of 256", source: authorizeDoc, call: once(described(permission("tcp", 1, 1, "10.0.0.0/8"),
			strings.Repeat("x", 256))),
		want: []string{"InvalidParameterValue, 0 rules"},
	},
	{
		name: "description with an accent", source: authorizeDoc,
		call: once(described(permission("tcp", 1, 1, "10.0.0.0/8"), "café")),
		want: []string{"InvalidParameterValue, 0 rules"},
	},
	{
		name: "unknown peer", source: errorsDoc, call: once(permission("tcp", 1, 1, "sg-0bbbbbbbbbbbbbbbb")),
		want: []string{"InvalidGroup.NotFound, 0 rules"},
	},
	{
		name: "unknown prefix list", source: errorsDoc, call: once(permission("tcp", 1, 1, "pl-0bbbbbbbbbbbbbbbb")),
		want: []string{"InvalidPrefixListID.NotFound, 0 rules"},
	},
	{
		name: "unknown group", source: errorsDoc,
		call: func(d *ec2Client) string {
			d.group = "sg-0bbbbbbbbbbbbbbbb"
			_, err := d.authorize(open)
			return codeOf(err)
		},
		want: []string{"InvalidGroup.NotFound"},
	},
	{
		name: "dry run", source: "EC2 API Reference, common query parameters",
		call: func(d *ec2Client) string {
			_, err := d.client.AuthorizeSecurityGroupIngress(d.ctx, &ec2.AuthorizeSecurityGroupIngressInput{
				GroupId: &d.group, IpPermissions: []types.IpPermission{open}, DryRun: aws.Bool(true),
			})
			return d.after(err)
		},
		want: []string{"DryRunOperation, 0 rules"},
	},
	{
		name: "16 identical authorizes at once", source: authorizeDoc, call: race,
		want: []string{"1 of 16 succeeded, 1 rules"},
	},
}

var spelling = []semantic{
	{
		name: "other spelling of a CIDR", source: canonicalDoc,
		call: again(permission("tcp", 1, 1, "100.68.0.0/18"), permission("tcp", 1, 1, "100.68.0.18/18")),
		want: []string{"InvalidPermission.Duplicate, 1 rules"},
	},
	{
		name: "other spelling of an IPv6 CIDR", source: ipv6Doc,
		call: again(permission("tcp", 1, 1, "2002:0:0:1234::/64"), permission("tcp", 1, 1, "2002::1234:0:0:0:0/64")),
		want: []string{"InvalidPermission.Duplicate, 1 rules"},
	},
	{
		name: "other spelling of the IPv6 world", source: ipv6Doc,
		call: again(permission("tcp", 1, 1, "::/0"), permission("tcp", 1, 1, "::0/0")),
		want: []string{"InvalidPermission.Duplicate, 1 rules"},
	},
	{
		name: "protocol by number", source: permissionDoc,
		call: again(permission("tcp", 1, 1, "10.0.0.0/8"), permission("6", 1, 1, "10.0.0.0/8")),
		want: []string{"InvalidPermission.Duplicate, 1 rules"},
	},
	{
		name: "all traffic, with any ports", source: permissionDoc,
		call: again(permission("-1", absent, absent, "10.0.0.0/8"), permission("-1", 22, 22, "10.0.0.0/8")),
		want: []string{"InvalidPermission.Duplicate, 1 rules"},
	},
}
