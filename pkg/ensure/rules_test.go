package ensure_test

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

type entry = secgroup.Entry

// everyKind returns a launch with a rule of each kind. everyRule holds these rules in EC2's form.
func everyKind(name, list string) []byte {
	return request(name, groupC,
		rule{"ports": []any{8000, "8002-8004"}, "from": []string{"0.0.0.0/0", "::/0"}, "description": "vLLM"},
		rule{"protocol": "udp", "ports": "53", "from": []string{"10.1.2.3/8", groupB, list, "self"}},
		rule{"protocol": "icmp", "icmp": rule{"type": 3, "code": 4}, "from": []string{"0.0.0.0/0"}},
		rule{"protocol": "icmpv6", "from": []string{"2001:db8::1"}},
		rule{"protocol": "all", "from": []string{"self"}},
		rule{"protocol": 47, "to": []string{"192.0.2.1"}},
		rule{"ports": 443, "to": []string{"2001:db8::/32", groupB}},
	)
}

func everyRule(account, list string) []string {
	return []string{
		"tcp 8000 from 0.0.0.0/0", "tcp 8000 from ::/0", "tcp 8002-8004 from 0.0.0.0/0", "tcp 8002-8004 from ::/0",
		"udp 53 from 10.0.0.0/8", "udp 53 from " + account + "/" + groupB, "udp 53 from " + list,
		"udp 53 from " + account + "/" + groupC,
		"icmp 3/4 from 0.0.0.0/0", "icmpv6 from 2001:db8::1/128", "all from " + account + "/" + groupC,
		"47 to 192.0.2.1/32", "tcp 443 to 2001:db8::/32", "tcp 443 to " + account + "/" + groupB,
	}
}

// TestEveryKindOfRule writes each kind of rule to EC2 and reads back an equal one. A second
// launch of the same rules writes nothing.
func TestEveryKindOfRule(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	r.addGroup(groupB)
	r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: groupC, NoEgress: true})
	list := r.account.AddPrefixList(fakeaws.PrefixList{Name: "offices", MaxEntries: 5})
	o := r.ensured(everyKind("a", list))
	want := everyRule(r.account.ID(), list)
	if len(o.Authorized) != len(want) {
		t.Errorf("authorized %d rules, want %d", len(o.Authorized), len(want))
	}
	var got []string
	for _, e := range r.entries(groupC) {
		got = append(got, e.Rule.String())
		if !r.sealing(groupC).Owns(e) {
			t.Errorf("%s does not bear our seal: %v", e.Rule, e.Tags)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the group holds\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	r.account.ResetCalls()
	again := r.ensured(everyKind("b", list))
	if len(again.Authorized) != 0 || len(again.Covered) != len(want) {
		t.Errorf("a second launch has %d authorized and %d covered, want 0 and %d", len(again.Authorized),
			len(again.Covered), len(want))
	}
	if calls := r.account.Calls(); calls.Of("ec2") != 1 {
		t.Errorf("%v, want one describe", calls)
	}
}

// TestDescriptions name the first launch that requested a rule. Later requests do not change
// that.
func TestDescriptions(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	asking := func(name, description string, ports ...any) []byte {
		return request(name, shared, rule{"ports": ports, "from": []string{"10.0.0.0/8"}, "description": description})
	}
	r.ensured(asking("a", "vLLM", 8000))
	r.ensured(asking("b", strings.Repeat("x", 255), 8000, 8002))
	r.ensured(launch("c", shared, 8004))
	want := map[string]string{
		"tcp 8000 from 10.0.0.0/8": "sgkeeper a: vLLM",
		"tcp 8002 from 10.0.0.0/8": "sgkeeper b: " + strings.Repeat("x", 243),
		"tcp 8004 from 0.0.0.0/0":  "sgkeeper c",
	}
	for _, e := range r.entries(shared) {
		if d, ours := want[e.Rule.String()]; ours && e.Description != d {
			t.Errorf("%s is described %q, want %q", e.Rule, e.Description, d)
		}
		if _, ours := want[e.Rule.String()]; ours != r.sealing(shared).Owns(e) {
			t.Errorf("%s: ours is %v, want %v", e.Rule, !ours, ours)
		}
	}
}

// TestDescriptionsOfOneRound name the earliest launch if one round serves several, and the
// rule counts as authorized for that launch.
func TestDescriptionsOfOneRound(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	e := r.ensurer()
	e.Now = ticking()
	z, a := launch("z", shared, 8000), launch("a", shared, 8000)
	answers := r.serve(t.Context(), e, z, a)
	if first, second := answers[0].Outcomes[0], answers[1].Outcomes[0]; len(first.Authorized) != 1 ||
		len(second.Covered) != 1 || first.Authorized[0].Description != "sgkeeper z" {
		t.Errorf("first %+v, second %+v; want it authorized for z, and described so", first, second)
	}
}

// ticking returns a clock that advances by a millisecond at each reading. It is safe for
// concurrent use.
func ticking() func() time.Time {
	var looks atomic.Int64
	began := time.Now()
	return func() time.Time { return began.Add(time.Duration(looks.Add(1)) * time.Millisecond) }
}

// TestManyRules requests more rules than one call holds, all of them sealed.
func TestManyRules(t *testing.T) {
	notRaced(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall, RulesPerGroup: 1000})
		e := r.ensurer()
		e.Quota.Limit = 1000
		var ports []any
		for i := range 300 {
			ports = append(ports, 10000+2*i)
		}
		answer := r.serve(t.Context(), e, launch("a", shared, ports...))[0]
		if o := answer.Outcomes[0]; answer.Retry != nil || o.Status != events.Ensured || len(o.Authorized) != 300 {
			t.Errorf("%s, %d authorized, %v; want 300", o.Status, len(o.Authorized), answer.Retry)
		}
		if got := r.account.Calls().Op("ec2", "AuthorizeSecurityGroupIngress"); got != 5 {
			t.Errorf("%d authorize calls, want 5: a tag seals 64 rules", got)
		}
		owned := 0
		for _, entry := range r.entries(shared) {
			if r.sealing(shared).Owns(entry) {
				owned++
			}
		}
		if owned != 300 {
			t.Errorf("%d rules are ours on read-back, want 300", owned)
		}
	})
}
