package drift

import (
	"fmt"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// TestCause: a drift names the latest call whose parameters contain its rule, and no other.
func TestCause(t *testing.T) {
	ssh, http, wide := "tcp 22 from 0.0.0.0/0", "tcp 80 from 10.0.0.0/9", "tcp 80-90 from 10.0.0.0/8"
	calls := 0
	call := func(actor, name string, rules []string, ids ...string) Call {
		calls++
		c := Call{Change: Change{EventID: fmt.Sprint("e-", calls), Name: name, Actor: actor}, IDs: ids}
		for _, r := range rules {
			c.Rules = append(c.Rules, secgroup.MustParseRule(r))
		}
		return c
	}
	rule := func(text, id string) secgroup.Entry {
		return secgroup.Entry{Rule: secgroup.MustParseRule(text), ID: id}
	}
	const authorize, revoke = "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"
	const modify, describe = "ModifySecurityGroupRules", "UpdateSecurityGroupRuleDescriptionsIngress"
	ledger := claim.Ledger{Made: []claim.Made{{ID: "sgr-ours", Rule: secgroup.MustParseRule(wide), At: time.Now()}}}
	tagging := call("alice", "DeleteTags", nil)
	tagging.Tags = []string{"sgkeeper:managed"}
	for _, row := range []struct {
		name  string
		drift Drift
		calls []Call
		want  string
	}{
		{"authorized, then another rule revoked", Drift{Kind: Unexpected, Rule: rule(ssh, "sgr-1")},
			[]Call{call("alice", authorize, []string{ssh}), call("bob", revoke, []string{http})}, "alice"},
		{"authorized, known by its id", Drift{Kind: WorldOpenSensitive, Rule: rule(ssh, "sgr-1")},
			[]Call{call("alice", authorize, nil, "sgr-1"), call("bob", authorize, []string{http}, "sgr-2")}, "alice"},
		{"revoked by bob, authorized again by carol, in the same second",
			Drift{Kind: Unexpected, Rule: rule(ssh, "sgr-1")},
			[]Call{call("carol", authorize, []string{ssh}), call("bob", revoke, []string{ssh})}, "carol"},
		{"two authorized it", Drift{Kind: Unexpected, Rule: rule(ssh, "sgr-1")},
			[]Call{call("alice", authorize, []string{ssh}), call("carol", authorize, []string{ssh})}, "carol"},
		{"modified to it", Drift{Kind: Modified, Rule: rule(ssh, "sgr-1")},
			[]Call{call("alice", authorize, []string{http}), call("bob", modify, []string{ssh}, "sgr-1")}, "bob"},
		{"modified to something else before", Drift{Kind: Unexpected, Rule: rule(ssh, "sgr-1")},
			[]Call{call("alice", modify, []string{ssh}, "sgr-1"), call("bob", modify, []string{http}, "sgr-2")},
			"alice"},
		{"another rule modified to the same traffic", Drift{Kind: Unexpected, Rule: rule(ssh, "sgr-1")},
			[]Call{call("bob", modify, []string{ssh}, "sgr-2")}, ""},
		{"no call contains it", Drift{Kind: Unexpected, Rule: rule(ssh, "sgr-1")},
			[]Call{call("alice", authorize, []string{http}), call("bob", "DeleteTags", nil, "sgr-1")}, ""},
		{"missing, and revoked", Drift{Kind: Missing, Rule: rule(http, "")},
			[]Call{call("bob", revoke, []string{http}), call("alice", authorize, []string{ssh})}, "bob"},
		{"missing, and the rule that covered it was revoked", Drift{Kind: Missing, Rule: rule(http, "")},
			[]Call{call("bob", revoke, []string{wide})}, "bob"},
		{"missing, and our rule was revoked by its id", Drift{Kind: Missing, Rule: rule(http, "")},
			[]Call{call("bob", revoke, nil, "sgr-ours")}, "bob"},
		{"missing, and an unknown id was revoked", Drift{Kind: Missing, Rule: rule(http, "")},
			[]Call{call("bob", revoke, nil, "sgr-9")}, ""},
		{"missing, and our rule was modified", Drift{Kind: Missing, Rule: rule(http, "")},
			[]Call{call("bob", modify, []string{ssh}, "sgr-ours")}, "bob"},
		{"missing, and other traffic was revoked", Drift{Kind: Missing, Rule: rule(http, "")},
			[]Call{call("bob", revoke, []string{ssh})}, ""},
		{"narrowed: the gap was revoked", Drift{Kind: NarrowedSource, Rule: rule("tcp 80 from 10.0.0.0/8", ""),
			Gap: []secgroup.Rule{secgroup.MustParseRule("tcp 80 from 10.128.0.0/9")}},
			[]Call{call("bob", revoke, []string{"tcp 80 from 10.128.0.0/9"}), call("alice", revoke, []string{http})},
			"bob"},
		{"the tags of our rule", Drift{Kind: Unexpected, Rule: rule(wide, "sgr-ours")},
			[]Call{call("bob", "DeleteTags", nil, "sgr-ours")}, "bob"},
		{"a description", Drift{Kind: Metadata, Rule: rule(http, "sgr-1")},
			[]Call{call("bob", describe, []string{http}), call("alice", authorize, []string{ssh})}, "bob"},
		{"the group's tag", Drift{Kind: ManagedTagLost, Subject: "sgkeeper:managed=true"},
			[]Call{tagging, call("bob", authorize, []string{ssh})}, "alice"},
		{"the group was deleted", Drift{Kind: GroupMissing},
			[]Call{call("bob", revoke, []string{ssh}), call("alice", "DeleteSecurityGroup", nil)}, "alice"},
		{"the quota has no single cause", Drift{Kind: QuotaPressure, Subject: "ingress IPv4"},
			[]Call{call("alice", authorize, []string{ssh})}, ""},
		{"a list's entries", Drift{Kind: PrefixListContents, Rule: rule("tcp 22 from pl-0123456789abcdef0", "sgr-1")},
			[]Call{call("alice", authorize, []string{"tcp 22 from pl-0123456789abcdef0"})}, ""},
		{"a reference by self", Drift{Kind: Unexpected, Group: web, Rule: rule("all from self", "sgr-1")},
			[]Call{call("alice", authorize, []string{"all from " + web.ID})}, "alice"},
	} {
		if got := row.drift.Cause(row.calls, ledger); got.Actor != row.want {
			t.Errorf("%s: caused by %q, want %q", row.name, got.Actor, row.want)
		}
	}
}

// TestConcludeCause: the first cause of a drift is kept. A cause that CloudTrail reports after the
// drift was found is added.
func TestConcludeCause(t *testing.T) {
	run := func(previous *Report, id, actor string) *Report {
		d := Drift{ID: "d", Kind: Unexpected, Group: web, Since: now, Changed: Change{Actor: actor}}
		r, _ := Conclude(previous, Run{Report: Report{
			ID: id, Started: now, Groups: []Group{{Group: web}}, Drifts: []Drift{d},
		}})
		return r
	}
	first := run(nil, "1", "")
	second := run(first, "2", "alice")
	third := run(second, "3", "bob")
	if a, b := second.Drifts[0].Changed.Actor, third.Drifts[0].Changed.Actor; a != "alice" || b != "alice" {
		t.Errorf("caused by %q, then %q, want alice", a, b)
	}
}

// TestConcludePassed: a group that an audit of some groups read and passed is in no report, and its
// drifts are closed.
func TestConcludePassed(t *testing.T) {
	other := claim.Group{Account: web.Account, Region: web.Region, ID: "sg-other"}
	previous := &Report{ID: "1", Started: now, Groups: []Group{{Group: web, At: now}, {Group: other, At: now}},
		Drifts: []Drift{{ID: "a", Group: web}, {ID: "b", Group: other}}}
	// The audit that passed the group read it last, or the previous audit did.
	for _, later := range []time.Duration{time.Hour, -time.Hour} {
		run := Run{Report: Report{ID: "2", Started: now.Add(later)}, Passed: []Passed{{web, now.Add(later)}}}
		r, added := Conclude(previous, run)
		closed := later > 0
		if (len(r.Closed) == 1) != closed || (len(r.Groups) == 1) != closed || len(added) != 0 ||
			r.Unverified() != 0 {
			t.Errorf("read %v after the report: groups %v, closed %v, drifts %+v", later, r.Groups, r.Closed, r.Drifts)
		}
	}
}
