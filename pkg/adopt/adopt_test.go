package adopt

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

const ours plan.Installation = "ours"

const groupID = "sg-0123456789abcdef0"

var (
	place = claim.Group{Account: "111122223333", Region: "us-east-1", ID: groupID}
	later = time.Unix(3600, 0)
	key   = []claim.Key{"key"}
)

func existing(rules ...string) (entries []secgroup.Entry) {
	for _, text := range rules {
		entries = append(entries, secgroup.Entry{Rule: secgroup.MustParseRule(text), ID: text})
	}
	return entries
}

func tagged(key, value, rule string) []secgroup.Entry {
	entries := existing(rule)
	entries[0].Tags = map[string]string{key: value}
	return entries
}

func requestOf(launch string, rules ...string) claim.Request {
	return claim.Request{Launch: claim.Launch{Name: launch}, Group: place, Rules: existing(rules...),
		Received: time.Unix(1, 0)}.Live()
}

// state is the state of a group an hour later.
func state(limit int, entries []secgroup.Entry, l claim.Ledger, requests ...claim.Request) group.State {
	if l.Keys == nil {
		l.Keys, l.Span = key, "AAAAAAAA"
	}
	s := group.State{Group: place, Installation: ours, Quota: plan.Quota{Limit: limit}, Requests: requests, Ledger: l,
		Loaded: later}
	return s.Observe(entries, later)
}

func TestChoose(t *testing.T) {
	made := existing("tcp 22 from 10.0.0.0/8")
	owner := plan.Owner{Installation: ours, Group: groupID, Keys: key}
	made = owner.Tagged(plan.Stamp{Ticket: 1, Span: "AAAAAAAA"}, made)
	for _, row := range []struct {
		name     string
		entries  []secgroup.Entry
		ids      []string
		requests []claim.Request
		limit    int
		want     []string
	}{
		{"leaked, and no launch requests it", existing("tcp 8000 from 0.0.0.0/0"), nil, nil, 60,
			[]string{"tcp 8000 from 0.0.0.0/0 is revoked in the next round"}},
		{"leaked, and two launches request it", existing("tcp 8000 from 0.0.0.0/0"), nil,
			[]claim.Request{requestOf("b", "tcp 8000 from 0.0.0.0/0"), requestOf("a", "tcp 8000 from 0.0.0.0/0")}, 60,
			[]string{"tcp 8000 from 0.0.0.0/0 stays while requested by a, b"}},
		{"leaked, and a launch requests a part", existing("tcp 8000-8004 from 0.0.0.0/0"), nil,
			[]claim.Request{requestOf("a", "tcp 8001 from 0.0.0.0/0")}, 60,
			[]string{"tcp 8000-8004 from 0.0.0.0/0 is revoked once the part that launches need"}},
		{"a part is requested, and there is no room", existing("tcp 8000-8004 from 0.0.0.0/0"), nil,
			[]claim.Request{requestOf("a", "tcp 8001 from 0.0.0.0/0")}, 1,
			[]string{"tcp 8000-8004 from 0.0.0.0/0 stays, held by quota"}},
		{"without ids, only ingress", existing("tcp 443 to 10.0.0.0/8", "all from "+groupID,
			"all from sg-0aaaaaaaaaaaaaaaa"), nil, nil, 60,
			[]string{"all from sg-0aaaaaaaaaaaaaaaa is revoked in the next round"}},
		{"by ids, any direction", existing("tcp 443 to 10.0.0.0/8", "all from "+groupID),
			[]string{"tcp 443 to 10.0.0.0/8", "all from " + groupID}, nil, 60,
			[]string{"all from sg-0123456789abcdef0 is revoked in the next round",
				"tcp 443 to 10.0.0.0/8 is revoked in the next round"}},
		{"never the default egress rule", existing("all to 0.0.0.0/0", "all to ::/0"),
			[]string{"all to 0.0.0.0/0", "all to ::/0"}, nil, 60,
			[]string{"! all to 0.0.0.0/0 it is the egress rule that EC2 gives",
				"! all to ::/0 it is the egress rule that EC2 gives"}},
		{"never another installation's", tagged(plan.TagInstallation, "theirs", "tcp 22 from 10.0.0.0/8"), nil, nil, 60,
			[]string{"! tcp 22 from 10.0.0.0/8 it belongs to the installation theirs"}},
		{"never an AWS service's", tagged("aws:cloudformation:stack-name", "x", "tcp 22 from 10.0.0.0/8"), nil, nil, 60,
			[]string{"! tcp 22 from 10.0.0.0/8 an AWS service made it"}},
		{"ours already", made, []string{"tcp 22 from 10.0.0.0/8"}, nil, 60,
			[]string{"! tcp 22 from 10.0.0.0/8 it is sgkeeper's own already"}},
		{"ours already, not named", made, nil, nil, 60, nil},
		{"ours, and modified since", tagged(plan.TagInstallation, "ours", "tcp 23 from 10.0.0.0/8"), nil, nil, 60,
			[]string{"tcp 23 from 10.0.0.0/8 is revoked in the next round"}},
	} {
		choices, left, err := Choose(state(row.limit, row.entries, claim.Ledger{}, row.requests...), row.ids)
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		var got []string
		for _, c := range choices {
			got = append(got, fmt.Sprint(c.Entry.Rule, " ", c.Fate))
			if goes := strings.HasPrefix(c.Fate, "is revoked"); c.Goes != goes {
				t.Errorf("%s: Goes = %v: %s", row.name, c.Goes, c.Fate)
			}
		}
		for _, l := range left {
			got = append(got, fmt.Sprint("! ", l.Entry.Rule, " ", l.Reason))
		}
		if diff := cmp.Diff(row.want, got, cmp.Comparer(func(want,
			got string) bool {
			return strings.HasPrefix(got, want) || strings.HasPrefix(want, got)
		})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
	if _, _, err := Choose(state(60, nil, claim.Ledger{}), []string{"sgr-1"}); err == nil ||
		err.Error() != "sgr-1 is not a rule of "+groupID {
		t.Errorf("an unknown rule: %v", err)
	}
}

// TestLedger: the ledger decides which rules may be adopted, and their fate.
func TestLedger(t *testing.T) {
	rule := existing("tcp 8000 from 0.0.0.0/0")
	for _, row := range []struct {
		name   string
		ledger claim.Ledger
		want   string
	}{
		{"just revoked", claim.Ledger{Revoked: []claim.Revoked{{ID: rule[0].ID, At: later}}},
			"! sgkeeper has just revoked it"},
		{"revoke pending", claim.Ledger{PendingRevokes: []claim.PendingRevoke{{ID: rule[0].ID, Since: later}}},
			"! its revoke is pending"},
		{"made without tags", claim.Ledger{Untagged: []claim.Untagged{plan.Untagged(rule[0], later)}},
			"! it is sgkeeper's own already"},
		{"history lost", claim.Ledger{Forgotten: 9}, "is revoked once sgkeeper may revoke again"},
		{"frozen", claim.Ledger{Frozen: "incident 12"}, "is revoked once the group is thawed"},
	} {
		choices, left, err := Choose(state(60, rule, row.ledger), []string{rule[0].ID})
		got := fmt.Sprint(err)
		switch {
		case len(choices) == 1 && len(left) == 0:
			got = choices[0].Fate
		case len(left) == 1 && len(choices) == 0:
			got = "! " + left[0].Reason
		}
		if !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}
