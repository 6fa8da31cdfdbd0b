package ensure_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestExtraRuleIsReplaced revokes an extra rule once other rules in effect cover the same traffic.
func TestExtraRuleIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		old := secgroup.MustParseRule("tcp 8000-8010 from 0.0.0.0/0")
		left := fakeRule(shared, old)
		left.Tags = r.sealed(shared, old)
		if _, err := r.account.AddRule(shared, left); err != nil {
			t.Fatal(err)
		}
		o := r.ensured(launch("a", shared, 8000))
		if len(o.Authorized) != 1 {
			t.Errorf("authorized %v, want port 8000: only an extra rule covers it", o.Authorized)
		}
		r.has("tcp 8000-8010 from 0.0.0.0/0", "tcp 8000 from 0.0.0.0/0")
		r.sweeps(2 * time.Minute)
		r.hasNot("tcp 8000-8010 from 0.0.0.0/0")
		r.has("tcp 8000 from 0.0.0.0/0")
	})
}

// TestOtherSpelling finds a rule of another tool in any spelling.
func TestOtherSpelling(t *testing.T) {
	for _, row := range []struct {
		theirs fakeaws.Rule
		ours   rule
	}{
		{fakeaws.Rule{Protocol: "6", FromPort: 22, ToPort: 22, Peer: "100.68.0.18/18"},
			rule{"ports": 22, "from": []string{"100.68.0.0/18"}}},
		{fakeaws.Rule{Protocol: "TCP", FromPort: 80, ToPort: 80, Peer: "2002:0:0:1234::/64"},
			rule{"ports": 80, "from": []string{"2002::1234:0:0:0:0/64"}}},
		{fakeaws.Rule{Protocol: "udp", FromPort: 53, ToPort: 53, Peer: "::0/0"},
			rule{"protocol": 17, "ports": "53", "from": []string{"::/0"}}},
		{fakeaws.Rule{Protocol: "1", FromPort: -1, ToPort: -1, Peer: "10.0.0.0/8"},
			rule{"protocol": "ICMP", "from": []string{"10.0.0.0/8"}}},
		{fakeaws.Rule{Protocol: "-1", FromPort: 22, ToPort: 22, Peer: groupB},
			rule{"protocol": "all", "from": []string{groupB}}},
		{fakeaws.Rule{Protocol: "tcp", FromPort: 0, ToPort: 65535, Peer: shared},
			rule{"ports": "0-65535", "from": []string{"self"}}},
	} {
		r := newRig(t, fakeaws.Options{})
		r.addGroup(groupB)
		if _, err := r.account.AddRule(shared, row.theirs); err != nil {
			t.Fatal(err)
		}
		before := len(r.account.Rules(shared))
		o := r.ensured(request("a", shared, row.ours))
		if len(o.Authorized) != 0 || len(o.Covered) != 1 || len(r.account.Rules(shared)) != before {
			t.Errorf("%v: authorized %v, covered %v; want it found there", row.ours, o.Authorized, o.Covered)
		}
		if calls := r.account.Calls().Of("ec2"); calls != 1 {
			t.Errorf("%v: %d calls of EC2, want 1", row.ours, calls)
		}
	}
}

// TestManyPages reads a group of 1,000 rules in pages of 5, in no order.
func TestManyPages(t *testing.T) {
	r := newRig(t, fakeaws.Options{RulesPerGroup: 1000})
	for i := range 998 { // and two that were there
		r.outsider(shared, fmt.Sprintf("tcp %d from 10.%d.0.0/16", 8000+2*(i%10), i/10))
	}
	r.account.ResetCalls()
	e := r.ensurer()
	e.Quota.Limit = 1000
	groups := ec2sg.New(ec2.NewFromConfig(r.config))
	groups.PageSize = 5
	e.Groups = groups
	asking := request("a", shared, rule{"ports": []any{8000, 8002, 8018},
		"from": []string{"10.0.0.0/16", "10.50.7.0/24", "10.98.0.0/16"}})
	o := r.serve(t.Context(), e, asking)[0].Outcomes[0]
	if o.Status != events.Ensured || len(o.Authorized) != 0 || len(o.Covered) != 9 {
		t.Errorf("%s: authorized %v, %d covered; want 9 covered", o.Status, o.Authorized, len(o.Covered))
	}
	if calls := r.account.Calls(); calls.Op("ec2", "DescribeSecurityGroupRules") != 201 || calls.Of("ec2") != 201 {
		t.Errorf("%v, want 201 pages and nothing else", calls)
	}
}

// TestDuplicateIsCovered: only a Duplicate proves a rule, because no describe shows it
// yet. The outcome lists it as covered like any other.
func TestDuplicateIsCovered(t *testing.T) {
	for _, partial := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fakeaws.Options{
				Latency: everyCall, PartialBatches: partial,
				Stale: func(fakeaws.Op) time.Duration { return 2 * time.Minute },
			})
			time.Sleep(time.Hour)
			r.outsider(shared, "tcp 8000 from 0.0.0.0/0")
			o := r.ensured(launch("a", shared, 8000, 8002))
			if got := len(o.Authorized) + len(o.Covered); got != 2 {
				t.Errorf("partial %v: authorized %v, covered %v; want both rules in the outcome", partial, o.Authorized,
					o.Covered)
			}
			r.noDuplicate(o)
		})
	}
}

// TestMadeIsConfirmed: EC2 does not describe a rule yet that was made a second ago. It counts
// as existing, but a launch is announced only after EC2 has confirmed the rule.
func TestMadeIsConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t,
			fakeaws.Options{Latency: everyCall, Stale: func(fakeaws.Op) time.Duration { return 2 * time.Minute }})
		time.Sleep(time.Hour)
		a := r.ensured(launch("a", shared, 8000))
		time.Sleep(time.Second)
		w := r.watch()
		o := r.ensured(launch("b", shared, 8000, 8002))
		if got, want := strings.Join(w.names(shared), " "),
			"claim ring load describe authorize authorize release"; got != want {
			t.Errorf("effects %s, want %s", got, want)
		}
		if len(o.Authorized) != 1 || len(o.Covered) != 1 || o.Covered[0].By[0].ID != a.Authorized[0].ID {
			t.Errorf("authorized %v, covered %v; want 8000 covered by a's rule", o.Authorized, o.Covered)
		}
		w = r.watch()
		r.ensured(launch("b", shared, 8000, 8002))
		if got, want := strings.Join(w.names(shared), " "),
			"claim peek describe ring load describe authorize authorize release"; got != want {
			t.Errorf("a repeat has the effects %s, want %s", got, want)
		}
	})
}

// TestProvenIsRemembered: a rule that a Duplicate proved is not tried again when the round
// describes again.
func TestProvenIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t,
			fakeaws.Options{Latency: everyCall, Stale: func(fakeaws.Op) time.Duration { return 2 * time.Minute }})
		r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: groupC, NoEgress: true})
		time.Sleep(time.Hour)
		r.outsider(groupC, "tcp 8000 from 0.0.0.0/0")
		r.account.Inject(func(op fakeaws.Op) (bool, error) {
			if op.Name == "AuthorizeSecurityGroupEgress" && op.Nth == 1 {
				return false, &fakeaws.Error{Code: "Unsupported", Message: "for now"}
			}
			return true, nil
		})
		o := r.ensured(request("a", groupC,
			rule{"ports": 8000, "from": []string{"0.0.0.0/0"}}, rule{"ports": 443, "to": []string{"0.0.0.0/0"}}))
		if len(o.Authorized) != 1 || len(o.Covered) != 1 {
			t.Errorf("authorized %v, covered %v; want one each", o.Authorized, o.Covered)
		}
		if calls := r.account.Calls(); calls.Op("ec2", "AuthorizeSecurityGroupIngress") != 2 {
			t.Errorf("%v, want 2 authorizes of ingress: after the second the rule is known to be there", calls)
		}
	})
}
