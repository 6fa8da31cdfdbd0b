package fakeaws_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const omitted = -2 // a port that a permission leaves out

// TestReadBack compares each sent permission with the results of both describes.
func TestReadBack(t *testing.T) {
	tests := []struct {
		sent     types.IpPermission
		protocol string
		from, to int32
		peer     string
		grouped  bool // DescribeSecurityGroups returns the ports
	}{
		{permission("tcp", 80, 443, "10.1.2.3/8"), "tcp", 80, 443, "10.0.0.0/8", true},
		{permission("TCP", 0, 65535, "0.0.0.0/0"), "tcp", 0, 65535, "0.0.0.0/0", true},
		{permission("6", 80, 80, "1.2.3.4/0"), "tcp", 80, 80, "0.0.0.0/0", true},
		{permission("17", 53, 53, "::0/0"), "udp", 53, 53, "::/0", true},
		{permission("1", 3, 4, "0.0.0.0/0"), "icmp", 3, 4, "0.0.0.0/0", true},
		{permission("Icmp", -1, -1, "0.0.0.0/0"), "icmp", -1, -1, "0.0.0.0/0", true},
		{permission("icmp", 8, -1, "0.0.0.0/0"), "icmp", 8, -1, "0.0.0.0/0", true},
		{permission("58", omitted, omitted, "2001:DB8::1/32"), "icmpv6", -1, -1, "2001:db8::/32", false},
		{permission("icmpv6", 128, 0, "::/0"), "icmpv6", 128, 0, "::/0", true},
		{permission("-1", omitted, omitted, "0.0.0.0/0"), "-1", -1, -1, "0.0.0.0/0", false},
		{permission("-1", 22, 22, peer), "-1", -1, -1, peer, false}, // all ports, for any range given
		{permission("47", 22, 22, "10.0.0.0/8"), "47", -1, -1, "10.0.0.0/8", false},
		{permission("tcp", 22, 22, web), "tcp", 22, 22, web, true}, // the group itself
	}
	for _, tt := range tests {
		t.Run(tt.protocol+" "+tt.peer, func(t *testing.T) {
			account, client := newAccount(fakeaws.Options{})
			out, err := authorize(t, client, tt.sent)
			must(t, err)
			got := describe(t, client, web)
			if diff := cmp.Diff(out.SecurityGroupRules, got, ignoreUnexported); diff != "" {
				t.Errorf("authorize and describe differ (-authorize +describe):\n%s", diff)
			}
			r := got[0]
			if *r.IpProtocol != tt.protocol || *r.FromPort != tt.from || *r.ToPort != tt.to || peerOf(r) != tt.peer ||
				*r.IsEgress {
				t.Errorf("read back %s %d-%d %s, want %s %d-%d %s", *r.IpProtocol, *r.FromPort, *r.ToPort, peerOf(r),
					tt.protocol, tt.from, tt.to, tt.peer)
			}
			if r.ReferencedGroupInfo != nil && *r.ReferencedGroupInfo.UserId != account.ID() {
				t.Errorf("UserId = %s, want the account's", *r.ReferencedGroupInfo.UserId)
			}
			p := describeGroup(t, client, web).IpPermissions[0]
			if (p.FromPort != nil) != tt.grouped || (p.ToPort != nil) != tt.grouped {
				t.Errorf("the grouped permission has ports %v-%v, want ports: %v", p.FromPort, p.ToPort, tt.grouped)
			}
		})
	}
}

func peerOf(r types.SecurityGroupRule) string {
	if g := r.ReferencedGroupInfo; g != nil {
		return aws.ToString(g.GroupId)
	}
	return aws.ToString(r.CidrIpv4) + aws.ToString(r.CidrIpv6) + aws.ToString(r.PrefixListId)
}

func describeGroup(t *testing.T, client *ec2.Client, id string) types.SecurityGroup {
	t.Helper()
	out, err := client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{id}})
	must(t, err)
	return out.SecurityGroups[0]
}

// TestAuthorizeRefusals has requests that AWS refuses. EC2 keeps no rule of such a batch.
func TestAuthorizeRefusals(t *testing.T) {
	described := func(text string) types.IpPermission {
		p := permission("tcp", 1, 1, "10.0.0.0/8")
		p.IpRanges[0].Description = aws.String(text)
		return p
	}
	tests := []struct {
		name string
		p    types.IpPermission
		code string
	}{
		{"tcp without ports", permission("tcp", omitted, omitted, "0.0.0.0/0"), "InvalidParameterValue"},
		{"udp without end", permission("udp", 1, omitted, "0.0.0.0/0"), "InvalidParameterValue"},
		{"tcp -1", permission("tcp", -1, -1, "0.0.0.0/0"), "InvalidParameterValue"},
		{"icmp without type", permission("icmp", omitted, omitted, "0.0.0.0/0"), "InvalidParameterValue"},
		{"icmp code without type", permission("icmp", -1, 4, "0.0.0.0/0"), "InvalidParameterValue"},
		{"icmp type 256", permission("icmp", 256, -1, "0.0.0.0/0"), "InvalidParameterValue"},
		{"icmpv6 code 256", permission("icmpv6", 1, 256, "::/0"), "InvalidParameterValue"},
		{"protocol by an unknown name", permission("gre", omitted, omitted, "0.0.0.0/0"), "InvalidParameterValue"},
		{"protocol 256", permission("256", omitted, omitted, "0.0.0.0/0"), "InvalidParameterValue"},
		{"bare address", permission("tcp", 1, 1, "10.0.0.1"), "InvalidParameterValue"},
		{"IPv4 /33", permission("tcp", 1, 1, "10.0.0.0/33"), "InvalidParameterValue"},
		{"IPv6 /129", permission("tcp", 1, 1, "::/129"), "InvalidParameterValue"},
		{"unknown group", permission("tcp", 1, 1, "sg-0bbbbbbbbbbbbbbbb"), "InvalidGroup.NotFound"},
		{"group id malformed", permission("tcp", 1, 1, "sg-web"), "InvalidGroupId.Malformed"},
		{"unknown prefix list", permission("tcp", 1, 1, "pl-0bbbbbbbbbbbbbbbb"), "InvalidPrefixListID.NotFound"},
		{"prefix list id malformed", permission("tcp", 1, 1, "pl-x"), "InvalidPrefixListId.Malformed"},
		{"description of 256", described(strings.Repeat("x", 256)), "InvalidParameterValue"},
		{"description with é", described("café"), "InvalidParameterValue"},
		{"description with %", described("50% off"), "InvalidParameterValue"},
		{"nothing wrong", described("a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			account, client := newAccount(fakeaws.Options{})
			_, err := authorize(t, client, permission("tcp", 9, 9, "192.0.2.0/24"), tt.p)
			wantCode(t, "authorize", err, tt.code)
			if got := len(account.Rules(web)); err != nil && got != 0 {
				t.Errorf("%d rules kept of a refused batch", got)
			}
		})
	}
}

func TestAuthorizeNamesTheMissingPeer(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	_, err := authorize(t, client, permission("tcp", 1, 1, "sg-0bbbbbbbbbbbbbbbb"))
	if !strings.Contains(message(err), "sg-0bbbbbbbbbbbbbbbb") {
		t.Errorf("message = %q, want it to name the peer", message(err))
	}
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: "sg-0bbbbbbbbbbbbbbbb", VPC: "vpc-0eeeeeeeeeeeeeeee"})
	_, err = authorize(t, client, permission("tcp", 1, 1, "sg-0bbbbbbbbbbbbbbbb"))
	wantCode(t, "a group of another VPC", err, "InvalidGroup.NotFound")
}

func TestReferenceToAnotherAccount(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: "sg-0bbbbbbbbbbbbbbbb", Account: "444455556666"})
	_, err := authorize(t, client, permission("tcp", 1, 1, "sg-0bbbbbbbbbbbbbbbb"))
	must(t, err)
	if got := *describe(t, client, web)[0].ReferencedGroupInfo.UserId; got != "444455556666" {
		t.Errorf("UserId = %s, want the owner's", got)
	}
	if got := describe(t, client, "sg-0bbbbbbbbbbbbbbbb"); len(got) != 0 {
		t.Errorf("described another account's group: %v", got)
	}
}

func TestDuplicateText(t *testing.T) {
	tests := []struct {
		p    types.IpPermission
		want string
	}{
		{permission("tcp", 8000, 8000, "0.0.0.0/0"),
			`the specified rule "peer: 0.0.0.0/0, TCP, from port: 8000, to port: 8000, ALLOW" already exists`},
		{permission("udp", 1, 2, "::/0"),
			`the specified rule "peer: ::/0, UDP, from port: 1, to port: 2, ALLOW" already exists`},
		{permission("icmp", 3, 4, "0.0.0.0/0"),
			`the specified rule "peer: 0.0.0.0/0, ICMP, type: 3, code: 4, ALLOW" already exists`},
		{permission("-1", omitted, omitted, peer), `the specified rule "peer: ` + peer +
			`, ALL, ALLOW" already exists`},
	}
	for _, tt := range tests {
		_, client := newAccount(fakeaws.Options{})
		_, err := authorize(t, client, tt.p)
		must(t, err)
		_, err = authorize(t, client, permission("tcp", 1, 1, "192.0.2.0/24"), tt.p)
		if got := message(err); got != tt.want {
			t.Errorf("message = %s\nwant      %s", got, tt.want)
		}
	}
}

func TestDirectionsAreApart(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	open := permission("tcp", 443, 443, "0.0.0.0/0")
	_, err := authorize(t, client, open)
	must(t, err)
	out, err := authorizeEgress(t, client, open)
	must(t, err)
	if r := out.SecurityGroupRules[0]; !*r.IsEgress {
		t.Error("IsEgress = false")
	}
	if got := len(account.Rules(web)); got != 2 {
		t.Errorf("%d rules, want 2", got)
	}
}

func TestFlatParameters(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	in := &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: aws.String(web), IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22),
		CidrIp: aws.String("10.0.0.0/8"),
	}
	_, err := client.AuthorizeSecurityGroupIngress(t.Context(), in)
	must(t, err)
	if got := account.Rules(web); len(got) != 1 || got[0].Peer != "10.0.0.0/8" {
		t.Errorf("rules = %v", got)
	}
	in.IpPermissions = perms(permission("tcp", 1, 1, "10.0.0.0/8"))
	_, err = client.AuthorizeSecurityGroupIngress(t.Context(), in)
	wantCode(t, "both ways", err, "InvalidParameterCombination")
	_, err = authorize(t, client)
	wantCode(t, "neither way", err, "MissingParameter")
}

func TestQuotaWeights(t *testing.T) {
	account, client := newAccount(fakeaws.Options{RulesPerGroup: 10})
	list := account.AddPrefixList(fakeaws.PrefixList{Name: "offices", MaxEntries: 6})
	_, err := authorize(t, client, permission("tcp", 1, 1, list, peer)) // 7 in each family
	must(t, err)
	_, err = authorize(t, client, permission("tcp", 1, 1, "10.0.0.0/8", "10.0.0.0/9", "10.0.0.0/10", "::/1", "::/2",
		"::/3"))
	must(t, err)
	_, err = authorize(t, client, permission("tcp", 2, 2, "::/1"))
	wantCode(t, "one more IPv6", err, "RulesPerSecurityGroupLimitExceeded")
}
