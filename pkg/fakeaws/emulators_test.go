package fakeaws_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestWhereEmulatorsAreWrong has a row for each behaviour in which moto or MiniStack differs
// from AWS.
func TestWhereEmulatorsAreWrong(t *testing.T) {
	open := permission("tcp", 8000, 8000, "0.0.0.0/0")
	toPeer := permission("tcp", 22, 22, peer)
	described := permission("tcp", 22, 22, peer)
	described.UserIdGroupPairs[0].Description = aws.String("other")
	tests := []struct {
		name   string
		before []types.IpPermission
		batch  []types.IpPermission
		code   string
		after  int // rules in the group
	}{
		{"existing rule again", perms(open), perms(open), "InvalidPermission.Duplicate", 1},
		{"batch of new and duplicate", perms(open), perms(permission("tcp", 1, 1, "0.0.0.0/0"), open),
			"InvalidPermission.Duplicate", 1},
		{"twice in one request", nil, perms(open, open), "InvalidParameterValue", 0},
		{"twice in one permission", nil, perms(permission("tcp", 1, 1, "10.0.0.0/8", "10.1.1.1/8")),
			"InvalidParameterValue", 0},
		{"other spelling of a CIDR", perms(permission("tcp", 1, 1, "100.68.0.0/18")),
			perms(permission("tcp", 1, 1, "100.68.0.18/18")), "InvalidPermission.Duplicate", 1},
		{"other spelling of an IPv6 CIDR", perms(permission("tcp", 1, 1, "2002:0:0:1234::/64")),
			perms(permission("tcp", 1, 1, "2002::1234:0:0:0:0/64")), "InvalidPermission.Duplicate", 1},
		{"other spelling of the IPv6 world", perms(permission("tcp", 1, 1, "::/0")),
			perms(permission("tcp", 1, 1, "::0/0")), "InvalidPermission.Duplicate", 1},
		{"same group reference, other description", perms(toPeer), perms(described), "InvalidPermission.Duplicate", 1},
		{"no source", nil, perms(permission("tcp", 1, 1)), "MissingParameter", 0},
		{"from > to", nil, perms(permission("tcp", 443, 80, "0.0.0.0/0")), "InvalidParameterValue", 0},
		{"port 70000", nil, perms(permission("tcp", 70000, 70000, "0.0.0.0/0")), "InvalidParameterValue", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			account, client := newAccount(fakeaws.Options{})
			if tt.before != nil {
				_, err := authorize(t, client, tt.before...)
				must(t, err)
			}
			_, err := authorize(t, client, tt.batch...)
			wantCode(t, "authorize", err, tt.code)
			if got := len(account.Rules(web)); got != tt.after {
				t.Errorf("%d rules, want %d", got, tt.after)
			}
		})
	}
}

func perms(ps ...types.IpPermission) []types.IpPermission { return ps }

func TestAuthorizeReturnsEveryRule(t *testing.T) {
	_, client := newAccount(fakeaws.Options{})
	out, err := authorize(t, client, permission("tcp", 1, 1, "10.0.0.0/8"), permission("tcp", 2, 2, "10.0.0.0/8"))
	must(t, err)
	if got := len(out.SecurityGroupRules); got != 2 {
		t.Errorf("%d rules returned, want 2", got)
	}
}

func TestPartialBatches(t *testing.T) {
	account, client := newAccount(fakeaws.Options{PartialBatches: true})
	_, err := authorize(t, client, permission("tcp", 2, 2, "10.0.0.0/8"))
	must(t, err)
	_, err = authorize(t, client, permission("tcp", 1, 3, "10.0.0.0/8"), permission("tcp", 2, 2, "10.0.0.0/8"))
	wantCode(t, "authorize", err, "InvalidPermission.Duplicate")
	if got := len(account.Rules(web)); got != 2 {
		t.Errorf("%d rules, want 2: the new one stays", got)
	}
}

func TestDryRunAppliesNothing(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	open := permission("tcp", 8000, 8000, "0.0.0.0/0")
	_, err := authorize(t, client, open)
	must(t, err)
	for _, p := range perms(open, permission("tcp", 1, 1, "0.0.0.0/0")) { // a dry run does not detect duplicates
		_, err := client.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: aws.String(web), IpPermissions: perms(p), DryRun: aws.Bool(true),
		})
		wantCode(t, "dry run", err, "DryRunOperation")
	}
	if got := len(account.Rules(web)); got != 1 {
		t.Errorf("%d rules, want 1", got)
	}
}

func TestOneOfManyIdenticalAuthorizesWins(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	var mu sync.Mutex
	codes := map[string]int{}
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			_, err := authorize(t, client, permission("tcp", 8000, 8000, "0.0.0.0/0"))
			mu.Lock()
			defer mu.Unlock()
			codes[code(err)]++
		})
	}
	all.Wait()
	if codes[""] != 1 || codes["InvalidPermission.Duplicate"] != 15 {
		t.Errorf("answers = %v, want one success and 15 duplicates", codes)
	}
	if got := len(account.Rules(web)); got != 1 {
		t.Errorf("%d rules, want 1", got)
	}
}

func TestPagesOfThousandRules(t *testing.T) {
	account, client := newAccount(fakeaws.Options{RulesPerGroup: 2000})
	for i := range 1000 {
		_, err := account.AddRule(web, fakeaws.Rule{Protocol: "tcp", FromPort: i, ToPort: i, Peer: "10.0.0.0/8"})
		must(t, err)
	}
	seen := map[string]bool{}
	pages := ec2.NewDescribeSecurityGroupRulesPaginator(client, &ec2.DescribeSecurityGroupRulesInput{
		Filters: byGroup(web), MaxResults: aws.Int32(5),
	})
	for n := 0; pages.HasMorePages(); n++ {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		if len(page.SecurityGroupRules) != 5 {
			t.Fatalf("page %d has %d rules, want 5", n, len(page.SecurityGroupRules))
		}
		for _, r := range page.SecurityGroupRules {
			seen[*r.SecurityGroupRuleId] = true
		}
	}
	if len(seen) != 1000 {
		t.Errorf("saw %d rules, want 1000", len(seen))
	}
	if got := account.Calls().Op("ec2", "DescribeSecurityGroupRules"); got != 200 {
		t.Errorf("%d calls, want 200", got)
	}
	if got := len(describe(t, client, web)); got != 1000 {
		t.Errorf("without MaxResults: %d rules, want all", got)
	}
}

func TestQuotaCountsFamiliesApart(t *testing.T) {
	_, client := newAccount(fakeaws.Options{})
	for _, world := range []string{"0.0.0.0/0", "::/0"} {
		for port := range int32(60) {
			if _, err := authorize(t, client, permission("tcp", port, port, world)); err != nil {
				t.Fatalf("rule %d of %s: %v", port+1, world, err)
			}
		}
		_, err := authorize(t, client, permission("tcp", 61, 61, world))
		wantCode(t, fmt.Sprint("the 61st of ", world), err, "RulesPerSecurityGroupLimitExceeded")
	}
	_, err := authorize(t, client, permission("tcp", 1, 1, peer))
	wantCode(t, "a group, which counts in both", err, "RulesPerSecurityGroupLimitExceeded")
	_, err = authorizeEgress(t, client, permission("tcp", 1, 1, "0.0.0.0/0"))
	wantCode(t, "the other direction", err, "")
}
