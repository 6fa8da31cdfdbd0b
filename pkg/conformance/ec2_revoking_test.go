package conformance_test

import (
	"strings"
)

var revoking = []semantic{
	{
		name: "revoke by id", source: revokeDoc,
		call: func(d *ec2Client) string {
			_, _ = d.authorize(permission("tcp", 1, 2, "10.0.0.0/8", "192.168.0.0/16"))
			return d.after(d.revoke(d.ids(false)...))
		},
		want: []string{"OK, 0 rules"},
	},
	{
		name: "revoke by id again", source: errorsDoc,
		call: func(d *ec2Client) string {
			_, _ = d.authorize(open)
			ids := d.ids(false)
			_ = d.revoke(ids...)
			return d.after(d.revoke(ids...))
		},
		want: []string{"InvalidSecurityGroupRuleId.NotFound, 0 rules"},
	},
	{
		name: "an unknown id among known ones", source: "ministackorg/ministack#1346",
		call: func(d *ec2Client) string {
			_, _ = d.authorize(open)
			return d.after(d.revoke(append(d.ids(false), "sgr-0bbbbbbbbbbbbbbbb")...))
		},
		want: []string{"InvalidSecurityGroupRuleId.NotFound, 1 rules"},
	},
	{
		name: "same id twice", source: "cloud-custodian#9659",
		call: func(d *ec2Client) string {
			_, _ = d.authorize(open)
			return d.after(d.revoke(append(d.ids(false), d.ids(false)...)...))
		},
		want: []string{"InvalidParameterValue, 1 rules"},
	},
	{
		name: "id of the other direction", source: revokeDoc,
		call: func(d *ec2Client) string {
			_, _ = d.authorizeEgress(open)
			return d.after(d.revoke(d.ids(true)...))
		},
		want: []string{"InvalidSecurityGroupRuleId.NotFound, 1 rules"},
	},
	{
		name: "revoke by properties, one of two absent", source: revokeDoc,
		call: func(d *ec2Client) string {
			_, _ = d.authorize(open)
			return d.after(d.revokeProperties(d.group, open, permission("tcp", 1, 1, "10.0.0.0/8")))
		},
		want: []string{"InvalidPermission.NotFound, 1 rules"},
	},
	{
		name: "revoke egress of an absent IPv6 rule", source: "EC2 API Reference, RevokeSecurityGroupEgress",
		call: func(d *ec2Client) string {
			_, _ = d.authorize(open)
			return d.after(d.revokeOf(true, nil, permission("tcp", 22, 22, "::/0")))
		},
		want: []string{"InvalidPermission.NotFound, 1 rules"},
	},
	{
		name: "revoke by properties, other spelling", source: canonicalDoc,
		call: func(d *ec2Client) string {
			_, _ = d.authorize(permission("tcp", 1, 1, "10.0.0.0/8"))
			return d.after(d.revokeProperties(d.group, permission("6", 1, 1, "10.9.9.9/8")))
		},
		want: []string{"OK, 0 rules"},
	},
	{
		name: "the id of an added rule is not used again", source: describeDoc,
		call: func(d *ec2Client) string {
			_, _ = d.authorize(open)
			first := d.ids(false)
			_ = d.revoke(first...)
			_, _ = d.authorize(open)
			if strings.Join(first, " ") == strings.Join(d.ids(false), " ") {
				return "the same id"
			}
			return "another id"
		},
		want: []string{"another id"},
	},
}
