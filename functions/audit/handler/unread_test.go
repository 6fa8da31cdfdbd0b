package handler_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// kinds returns the kinds of the latest report's drifts, in order, with a question mark if a drift is
// not verified.
func (r *rig) kinds() (kinds []string) {
	r.Helper()
	for _, d := range r.latest().Drifts {
		kind := string(d.Kind)
		if !d.Unverified.IsZero() {
			kind += "?"
		}
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}

func (r *rig) stands(what string, want ...string) {
	r.Helper()
	if got := r.kinds(); !slices.Equal(got, want) {
		r.Errorf("%s: the report has %q, want %q", what, got, want)
	}
}

// guardrails stores the guardrails in the parameter that the function reads.
func (r *rig) guardrails(value string) {
	r.Helper()
	_, err := ssm.NewFromConfig(r.clients).PutParameter(r.Context(), &ssm.PutParameterInput{
		Name: aws.String("/sgkeeper/guardrails"), Value: &value, Type: ssmtypes.ParameterTypeString,
		Overwrite: aws.Bool(true),
	})
	if err != nil {
		r.Fatal(err)
	}
}

// TestInputUnread: if an input of a verdict cannot be read, the drifts that need it stay, not
// verified, and no drift of another kind is new. Their findings stay active. Afterwards they are
// verified, and none is new.
func TestInputUnread(t *testing.T) {
	const peer, list = "sg-0aaaaaaaaaaaaaaaa", "pl-0123456789abcdef0"
	for _, row := range []struct {
		action string
		during []string
	}{
		{"ssm:GetParameter", []string{"against-guardrails?", "stale-reference", "unknown", "world-open-sensitive"}},
		{"ec2:DescribeStaleSecurityGroups",
			[]string{"against-guardrails", "stale-reference?", "unknown", "world-open-sensitive"}},
		{"ec2:GetManagedPrefixListEntries", // its version is known
			[]string{"against-guardrails", "stale-reference", "world-open-sensitive"}},
		{"ec2:DescribeManagedPrefixLists",
			[]string{"against-guardrails?", "stale-reference", "unknown", "world-open-sensitive?"}},
		{"ec2:DescribeNetworkInterfaces",
			[]string{"against-guardrails", "stale-reference", "unknown", "world-open-sensitive"}},
		{"ec2:DescribeSecurityGroupRules",
			[]string{"against-guardrails?", "stale-reference?", "unknown", "world-open-sensitive?"}},
		{"ec2:DescribeSecurityGroups",
			[]string{"against-guardrails?", "stale-reference?", "unknown", "unknown", "world-open-sensitive?"}},
	} {
		t.Run(row.action, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, "SGKEEPER_GUARDRAILS=ssm:/sgkeeper/guardrails", "SGKEEPER_SECURITY_HUB=on")
				r.guardrails("deny: []")
				r.opens("a", 8000)
				r.guardrails("deny: [{id: x, rules: [{ports: '8000-8999', from: [0.0.0.0/0]}]}]")
				r.account.AddPrefixList(fakeaws.PrefixList{ID: list, Name: "offices",
					Entries: []fakeaws.PrefixListEntry{{CIDR: "0.0.0.0/0"}}})
				r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: peer, Name: "peer"})
				for _, p := range []string{peer, list} {
					if _, err := r.account.AddRule(group, fakeaws.Rule{Protocol: "tcp", FromPort: 22, ToPort: 22,
						Peer: p}); err != nil {
						t.Fatal(err)
					}
				}
				r.account.RemoveSecurityGroup(peer)
				time.Sleep(time.Hour)
				r.all()
				before := []string{"against-guardrails", "stale-reference", "world-open-sensitive"}
				r.stands("before", before...)
				r.detects(before...)
				for range 2 {
					time.Sleep(time.Hour)
					r.account.Deny(row.action)
					a := r.all()
					r.stands("denied", row.during...)
					latest := r.latest()
					if len(a.Closed) != 0 || a.Drifts["critical"] != 1 || len(latest.Groups) != 1 {
						t.Errorf("closed %q, %d critical drifts, %d groups", a.Closed, a.Drifts["critical"],
							len(latest.Groups))
					}
					if got := r.findings(r.account); got["ARCHIVED"] != 0 {
						t.Errorf("findings %v", got)
					}
				}
				if got := slices.Compact(r.detected()); len(got) > 1 || len(got) == 1 && got[0] != "unknown" {
					t.Errorf("published %q, want no false drift", got)
				}
				time.Sleep(time.Hour)
				r.account.Deny()
				r.invoke(fmt.Sprintf(`{"sgkeeper":"audit","groups":["%s"]}`, group))
				if row.action != "ec2:DescribeSecurityGroups" {
					r.stands("an audit of the group", before...)
				}
				r.all()
				r.stands("afterwards", before...)
				r.detects()
			})
		})
	}
}

// TestRuleGone: a drift whose rule is gone is closed, although its kind needs an input that cannot be
// read.
func TestRuleGone(t *testing.T) {
	r := newRig(t, "SGKEEPER_EXCEPTIONS=s3://"+bucket+"/exceptions.yaml")
	r.put("exceptions.yaml", "exceptions: []")
	r.adds(22)
	r.all()
	r.stands("before", "unexpected")
	r.put("exceptions.yaml", "exceptions: 7")
	r.adds(23)
	r.removes(22)
	if a := r.all(); len(a.Closed) != 1 {
		t.Errorf("closed %q, want the drift without a rule", a.Closed)
	}
	r.stands("a new rule, and no exceptions", "unexpected?", "unknown")
}

// TestListOfTwoGroups: a prefix list that two groups name gains the world. An event audits one group
// first. The other group's change is found by its own audit, and SSH from the list is critical.
func TestListOfTwoGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const list = "pl-0123456789abcdef0"
		r := newRig(t)
		contents := func(cidrs ...string) {
			l := fakeaws.PrefixList{ID: list, Name: "offices", MaxEntries: 9}
			for _, c := range cidrs {
				l.Entries = append(l.Entries, fakeaws.PrefixListEntry{CIDR: c})
			}
			r.account.AddPrefixList(l)
		}
		contents("192.0.2.0/24")
		r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: other, Name: "db",
			Tags: map[string]string{"sgkeeper:managed": "true"}})
		for _, g := range []string{group, other} {
			if _, err := r.account.AddRule(g, fakeaws.Rule{Protocol: "tcp", FromPort: 22, ToPort: 22,
				Peer: list}); err != nil {
				t.Fatal(err)
			}
		}
		r.all()
		r.stands("before", "unexpected", "unexpected")
		r.published()
		time.Sleep(time.Hour)
		contents("192.0.2.0/24", "0.0.0.0/0")
		for _, g := range []string{group, other} {
			a := r.audited(`{"sgkeeper":"audit","groups":["` + g + `"]}`)
			if len(a.Closed) != 1 { // the rule is no longer merely unexpected
				t.Errorf("closed %q", a.Closed)
			}
			r.detects("prefix-list-contents", "world-open-sensitive")
			time.Sleep(time.Hour)
		}
		r.stands("after the audit of each", "prefix-list-contents", "prefix-list-contents", "world-open-sensitive",
			"world-open-sensitive")
		if a := r.all(); a.Drifts["critical"] != 2 || len(a.Closed) != 2 {
			t.Errorf("%v, closed %q: want the lists known, and SSH critical", a.Drifts, a.Closed)
		}
	})
}

// TestUnreadGroupKeepsPorts: an audit of all groups does not have the requests and ports of the earlier
// report in memory. A group that it does not read keeps them in the report.
func TestUnreadGroupKeepsPorts(t *testing.T) {
	r := newRig(t)
	r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: other, Tags: map[string]string{"sgkeeper:managed": "true"},
		NoEgress: true, Rules: []fakeaws.Rule{{Protocol: "tcp", FromPort: 7000, ToPort: 7001, Peer: "10.0.0.0/8"}}})
	ports := func() []drift.Span {
		latest := r.latest()
		for _, g := range latest.Groups {
			if g.ID == other {
				return g.Strip
			}
		}
		return nil
	}
	r.all()
	before := ports()
	r.account.Deny("ec2:DescribeSecurityGroups")
	r.all()
	if after := ports(); len(before) != 1 || !slices.Equal(before, after) {
		t.Errorf("ports %v, then %v", before, after)
	}
	r.stands("the group is not read", "unexpected?", "unknown")
}
