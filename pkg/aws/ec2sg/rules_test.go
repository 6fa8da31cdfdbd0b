package ec2sg_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func TestRules(t *testing.T) {
	account := newAccount(
		fakeaws.Rule{ID: "sgr-00000000000000001", Protocol: "tcp", FromPort: 8000, ToPort: 8004, Peer: "10.0.0.0/8",
			Description: "vLLM", Tags: tags},
		fakeaws.Rule{ID: "sgr-00000000000000002", Protocol: "udp", FromPort: 53, ToPort: 53, Peer: "2001:db8::/32"},
		fakeaws.Rule{ID: "sgr-00000000000000003", Protocol: "icmp", FromPort: 3, ToPort: 4, Peer: listID},
		fakeaws.Rule{ID: "sgr-00000000000000004", Protocol: "icmpv6", FromPort: -1, ToPort: -1, Peer: "::/0"},
		fakeaws.Rule{ID: "sgr-00000000000000005", Protocol: "-1", FromPort: -1, ToPort: -1, Peer: peerID},
		fakeaws.Rule{ID: "sgr-00000000000000006", Protocol: "50", FromPort: -1, ToPort: -1, Peer: groupID},
		fakeaws.Rule{ID: "sgr-00000000000000007", Protocol: "-1", FromPort: -1, ToPort: -1, Peer: "0.0.0.0/0",
			Egress: true},
	)
	want := []secgroup.Entry{
		entry("tcp 8000-8004 from 10.0.0.0/8", "vLLM", tags),
		entry("udp 53 from 2001:db8::/32", "", nil),
		entry("icmp 3/4 from "+listID, "", nil),
		entry("icmpv6 from ::/0", "", nil),
		entry("all from "+owner+"/"+peerID, "", nil),
		entry("50 from "+owner+"/"+groupID, "", nil),
		entry("all to 0.0.0.0/0", "", nil),
	}
	for i := range want {
		want[i].ID = fmt.Sprintf("sgr-%017d", i+1)
	}
	got, err := open(account, 1).Rules(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b secgroup.Entry) int { return strings.Compare(a.ID, b.ID) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Rules (-want +got):\n%s", diff)
	}
	if calls := account.Calls(); calls.Of("ec2") != 1 {
		t.Errorf("calls:\n%swant one", calls)
	}
}

func TestRulesOfTheGroupOnly(t *testing.T) {
	account := newAccount(fakeaws.Rule{Protocol: "tcp", FromPort: 1, ToPort: 1, Peer: "10.0.0.0/8"})
	if _, err := account.AddRule(peerID, fakeaws.Rule{Protocol: "tcp", FromPort: 2, ToPort: 2,
		Peer: groupID}); err != nil {
		t.Fatal(err)
	}
	got, err := open(account, 1).Rules(t.Context(), group)
	if err != nil || len(got) != 1 || got[0].Rule != secgroup.MustParseRule("tcp 1 from 10.0.0.0/8") {
		t.Errorf("Rules = %v, %v", got, err)
	}
}

func TestRulesOfManyPages(t *testing.T) {
	var rules []fakeaws.Rule
	for port := range 23 {
		rules = append(rules, fakeaws.Rule{Protocol: "tcp", FromPort: port, ToPort: port, Peer: "10.0.0.0/8",
			Egress: port%2 == 0})
	}
	account := newAccount(rules...)
	groups := open(account, 1)
	groups.PageSize = 5
	got, err := groups.Rules(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	if secgroup.Rules(got).Len() != 23 || len(got) != 23 || account.Calls().Of("ec2") != 5 {
		t.Errorf("%d rules in %d calls, want 23 in 5", len(got), account.Calls().Of("ec2"))
	}
}

func TestRulesOfNone(t *testing.T) {
	account := newAccount()
	got, err := open(account, 1).Rules(t.Context(), group)
	if err != nil || len(got) != 0 || account.Calls().Of("ec2") != 2 {
		t.Errorf("Rules of an empty group = %v, %v; calls:\n%s", got, err, account.Calls())
	}
}

func TestRulesOfNoGroup(t *testing.T) {
	rows := []struct{ id, code string }{
		{"sg-0ffffffffffffffff", "InvalidGroup.NotFound"},
		{"sg-hello", "InvalidGroupId.Malformed"},
	}
	for _, row := range rows {
		absent := claim.Group{Account: owner, Region: "us-east-1", ID: row.id}
		got, err := open(newAccount(), 1).Rules(t.Context(), absent)
		if got != nil {
			t.Errorf("Rules(%s) = %v", row.id, got)
		}
		wantMeaningOf(t, absent, err, ensure.ErrGroupNotFound, row.code)
	}
}

// TestRulesUnproven: a failed read does not prove that the group is absent.
func TestRulesUnproven(t *testing.T) {
	rows := []struct {
		code string
		want error
	}{
		{"UnauthorizedOperation", ensure.ErrDenied},
		{"RequestLimitExceeded", nil},
		{"InternalError", nil},
	}
	for _, op := range []string{"DescribeSecurityGroupRules", "DescribeSecurityGroups"} {
		for _, row := range rows {
			account := newAccount()
			account.Inject(func(o fakeaws.Op) (bool, error) {
				if o.Name == op {
					return false, &fakeaws.Error{Code: row.code}
				}
				return true, nil
			})
			_, err := open(account, 1).Rules(t.Context(), group)
			wantMeaning(t, op, err, row.want, row.code)
		}
	}
}

// TestRulesPageLost: if a page fails, Rules returns no rules.
func TestRulesPageLost(t *testing.T) {
	var rules []fakeaws.Rule
	for port := range 11 {
		rules = append(rules, fakeaws.Rule{Protocol: "tcp", FromPort: port, ToPort: port, Peer: "10.0.0.0/8"})
	}
	account := newAccount(rules...)
	account.Inject(func(o fakeaws.Op) (bool, error) {
		if o.Nth == 2 {
			return false, &fakeaws.Error{Code: "InternalError", Status: 500}
		}
		return true, nil
	})
	for attempts, want := range map[int]int{1: 0, 3: 11} {
		account.ResetCalls()
		groups := open(account, attempts)
		groups.PageSize = 5
		got, err := groups.Rules(t.Context(), group)
		if len(got) != want || (err == nil) != (want > 0) {
			t.Errorf("%d attempts: %d rules, %v; want %d", attempts, len(got), err, want)
		}
	}
}
