package fakeaws_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func TestFilterOnUnknownGroup(t *testing.T) {
	_, client := newAccount(fakeaws.Options{})
	if got := describe(t, client, "sg-0bbbbbbbbbbbbbbbb"); len(got) != 0 {
		t.Errorf("rules = %v, want none and no error", got)
	}
	_, err := client.DescribeSecurityGroups(t.Context(),
		&ec2.DescribeSecurityGroupsInput{GroupIds: []string{"sg-0bbbbbbbbbbbbbbbb"}})
	wantCode(t, "by GroupIds", err, "InvalidGroup.NotFound")
	out, err := client.DescribeSecurityGroups(t.Context(),
		&ec2.DescribeSecurityGroupsInput{Filters: byGroup("sg-0bbbbbbbbbbbbbbbb")})
	if err != nil || len(out.SecurityGroups) != 0 {
		t.Errorf("by filter: %v, %v, want none", out, err)
	}
}

func TestDescribeRulesSelects(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	add := func(group string, egress bool, tags map[string]string) string {
		id, err := account.AddRule(group, fakeaws.Rule{Egress: egress, Protocol: "tcp", FromPort: 1, ToPort: 1,
			Peer: "10.0.0.0/8", Tags: tags})
		must(t, err)
		return id
	}
	in := add(web, false, map[string]string{"owner": "alice"})
	out := add(web, true, map[string]string{"owner": "bob", "team": "a"})
	other := add(peer, false, nil)
	tests := []struct {
		name string
		in   ec2.DescribeSecurityGroupRulesInput
		want []string
	}{
		{"all", ec2.DescribeSecurityGroupRulesInput{}, []string{in, out, other}},
		{"one group, both directions", ec2.DescribeSecurityGroupRulesInput{Filters: byGroup(web)}, []string{in, out}},
		{"many groups", ec2.DescribeSecurityGroupRulesInput{Filters: byGroup(web, peer, "sg-0bbbbbbbbbbbbbbbb")},
			[]string{in, out, other}},
		{"by tag", ec2.DescribeSecurityGroupRulesInput{Filters: filters("tag:owner", "b*")}, []string{out}},
		{"by tag key", ec2.DescribeSecurityGroupRulesInput{Filters: filters("tag-key", "owner")}, []string{in, out}},
		{"by rule id filter", ec2.DescribeSecurityGroupRulesInput{Filters: filters("security-group-rule-id", other)},
			[]string{other}},
		{"two filters", ec2.DescribeSecurityGroupRulesInput{Filters: append(byGroup(web),
			filters("tag-key", "team")...)}, []string{out}},
		{"by id", ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{in, other}}, []string{in, other}},
	}
	for _, tt := range tests {
		res, err := client.DescribeSecurityGroupRules(t.Context(), &tt.in)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if diff := cmp.Diff(sorted(tt.want), ids(res.SecurityGroupRules)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func ids(rules []types.SecurityGroupRule) []string {
	var all []string
	for _, r := range rules {
		all = append(all, *r.SecurityGroupRuleId)
	}
	return sorted(all)
}

func sorted(texts []string) []string {
	all := slices.Clone(texts)
	slices.Sort(all)
	return all
}

func TestDescribeRulesRefusals(t *testing.T) {
	_, client := newAccount(fakeaws.Options{})
	tests := []struct {
		name string
		in   ec2.DescribeSecurityGroupRulesInput
		code string
	}{
		{"pages of 4", ec2.DescribeSecurityGroupRulesInput{MaxResults: aws.Int32(4)}, "InvalidParameterValue"},
		{"pages of 1001", ec2.DescribeSecurityGroupRulesInput{MaxResults: aws.Int32(1001)}, "InvalidParameterValue"},
		{"unknown token", ec2.DescribeSecurityGroupRulesInput{NextToken: aws.String("x")},
			"InvalidPaginationToken"},
		{"unknown rule id",
			ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{"sgr-0123456789abcdef0"}},
			"InvalidSecurityGroupRuleId.NotFound"},
		{"rule id malformed", ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{"x"}},
			"InvalidSecurityGroupRuleId.Malformed"},
		{"unknown filter", ec2.DescribeSecurityGroupRulesInput{Filters: filters("cidr", "x")},
			"InvalidParameterValue"},
		{"201 filter values",
			ec2.DescribeSecurityGroupRulesInput{Filters: byGroup(strings.Split(strings.Repeat("x,", 200), ",")...)},
			"FilterLimitExceeded"},
	}
	for _, tt := range tests {
		_, err := client.DescribeSecurityGroupRules(t.Context(), &tt.in)
		wantCode(t, tt.name, err, tt.code)
	}
}

func TestOrderFollowsSeed(t *testing.T) {
	order := func(seed uint64) (all [3]string) {
		account, client := newAccount(fakeaws.Options{Seed: seed})
		for port := range 20 {
			_, err := account.AddRule(web, fakeaws.Rule{Protocol: "tcp", FromPort: port, ToPort: port,
				Peer: "10.0.0.0/8"})
			must(t, err)
		}
		for i := range all {
			for _, r := range describe(t, client, web) {
				all[i] += fmt.Sprint(*r.FromPort, " ")
			}
		}
		return all
	}
	one, again, two := order(1), order(1), order(2)
	if one != again {
		t.Errorf("the same seed lists differently:\n%v\n%v", one, again)
	}
	if one[0] == one[1] || one[0] == two[0] {
		t.Errorf("order does not change from call to call or with the seed:\n%v\n%v", one, two)
	}
}

// A listing does not change between its pages, and a page can be read again.
func TestPagesOfOneListing(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	for port := range 12 {
		_, err := account.AddRule(web, fakeaws.Rule{Protocol: "tcp", FromPort: port, ToPort: port, Peer: "10.0.0.0/8"})
		must(t, err)
	}
	in := &ec2.DescribeSecurityGroupRulesInput{MaxResults: aws.Int32(5)}
	first, err := client.DescribeSecurityGroupRules(t.Context(), in)
	must(t, err)
	for _, r := range account.Rules(web) {
		must(t, account.RemoveRule(r.ID))
	}
	in.NextToken = first.NextToken
	second, err := client.DescribeSecurityGroupRules(t.Context(), in)
	must(t, err)
	again, err := client.DescribeSecurityGroupRules(t.Context(), in)
	must(t, err)
	if diff := cmp.Diff(ids(second.SecurityGroupRules), ids(again.SecurityGroupRules)); diff != "" {
		t.Errorf("the same page differs:\n%s", diff)
	}
	in.NextToken = second.NextToken
	last, err := client.DescribeSecurityGroupRules(t.Context(), in)
	must(t, err)
	if n := len(last.SecurityGroupRules); n != 2 || last.NextToken != nil {
		t.Errorf("last page: %d rules, token %v, want 2 and none", n, aws.ToString(last.NextToken))
	}
}

func TestDescribeGroupsSelects(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	mine := account.AddSecurityGroup(fakeaws.SecurityGroup{
		Name: "mine", Tags: map[string]string{"sgkeeper:managed": "true"},
		Rules: []fakeaws.Rule{{Protocol: "tcp", FromPort: 22, ToPort: 22, Peer: "10.0.0.0/8"}},
	})
	tests := []struct {
		name string
		in   ec2.DescribeSecurityGroupsInput
		want []string
	}{
		{"all", ec2.DescribeSecurityGroupsInput{}, []string{web, peer, mine}},
		{"ids", ec2.DescribeSecurityGroupsInput{GroupIds: []string{web}}, []string{web}},
		{"names of the default VPC", ec2.DescribeSecurityGroupsInput{GroupNames: []string{"mine"}}, []string{mine}},
		{"name filter", ec2.DescribeSecurityGroupsInput{Filters: filters("group-name", "p??r")}, []string{peer}},
		{"vpc", ec2.DescribeSecurityGroupsInput{Filters: filters("vpc-id", vpc)}, []string{web, peer}},
		{"owner", ec2.DescribeSecurityGroupsInput{Filters: filters("owner-id", "444455556666")}, nil},
		{"tag", ec2.DescribeSecurityGroupsInput{Filters: filters("tag:sgkeeper:managed", "true")}, []string{mine}},
		{"port", ec2.DescribeSecurityGroupsInput{Filters: filters("ip-permission.from-port", "22")}, []string{mine}},
		{"egress cidr", ec2.DescribeSecurityGroupsInput{Filters: filters("egress.ip-permission.cidr", "0.0.0.0/0")},
			[]string{mine}},
	}
	for _, tt := range tests {
		out, err := client.DescribeSecurityGroups(t.Context(), &tt.in)
		must(t, err)
		var got []string
		for _, g := range out.SecurityGroups {
			got = append(got, *g.GroupId)
		}
		if diff := cmp.Diff(sorted(tt.want), sorted(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestDescribeGroupsInPages(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	for i := range 9 {
		account.AddSecurityGroup(fakeaws.SecurityGroup{Name: fmt.Sprint("g", i)})
	}
	seen := map[string]bool{}
	pages := ec2.NewDescribeSecurityGroupsPaginator(client, &ec2.DescribeSecurityGroupsInput{MaxResults: aws.Int32(5)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, g := range page.SecurityGroups {
			seen[*g.GroupId] = true
		}
	}
	if len(seen) != 11 || account.Calls().Of("ec2") != 3 {
		t.Errorf("saw %d groups in %d calls, want 11 in 3", len(seen), account.Calls().Of("ec2"))
	}
}

func TestPermissionsAreGrouped(t *testing.T) {
	_, client := newAccount(fakeaws.Options{})
	_, err := authorize(t, client, permission("tcp", 1, 1, "10.0.0.0/8"), permission("tcp", 2, 2, "10.0.0.0/8"),
		permission("6", 1, 1, "::/0", peer))
	must(t, err)
	got := describeGroup(t, client, web).IpPermissions
	slices.SortFunc(got, func(a, b types.IpPermission) int { return int(*a.FromPort - *b.FromPort) })
	if len(got) != 2 || len(got[0].IpRanges) != 1 || len(got[0].Ipv6Ranges) != 1 || len(got[0].UserIdGroupPairs) != 1 {
		t.Errorf("permissions = %+v, want two, the first with three peers", got)
	}
}
