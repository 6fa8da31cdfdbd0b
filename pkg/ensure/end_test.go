package ensure_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// end returns a bare Launch Ended. Without a group, it ends the launch in all groups.
func end(name string, group ...string) []byte {
	detail := map[string]any{"detailType": events.LaunchEnded, "launch": name}
	if len(group) > 0 {
		detail["group"] = group[0]
	}
	return marshal(detail)
}

// asking returns a bare Launch Requested that expires.
func asking(name string, expires time.Time, ports ...any) []byte {
	return marshal(map[string]any{
		"detailType": events.LaunchRequested, "launch": name, "group": shared,
		"expiresAt": expires.UTC().Format(time.RFC3339),
		"rules":     []rule{{"ports": ports, "from": []string{"0.0.0.0/0"}}},
	})
}

// released fails the test if the end is not answered as released.
func (r *rig) released(payload []byte) events.Outcome {
	r.t.Helper()
	o := r.ask(payload)
	if o.Status != events.Released {
		r.t.Fatalf("%s is %s %v, want released", o.Launch, o.Status, o.Reasons)
	}
	return o
}

// sweep invokes the function like the schedule.
func (r *rig) sweep() {
	r.t.Helper()
	if _, err := r.invoke([]byte(`{"sgkeeper":"sweep"}`)); err != nil {
		r.t.Errorf("sweep: %v", err)
	}
}

// sweeps advances the clock, with a sweep every minute. Outside CI, it sweeps every twenty minutes
// after the first twenty.
func (r *rig) sweeps(d time.Duration) {
	seldom := proof.Pick(r.t, time.Minute, 20*time.Minute, 20*time.Minute)
	for left := d; left >= time.Minute; {
		every := time.Minute
		if d-left >= 20*time.Minute && left >= seldom {
			every = seldom
		}
		time.Sleep(every)
		r.sweep()
		left -= every
	}
}

// table returns the table as commands use it, without the function.
func (r *rig) table() *dynamo.Table { return dynamo.New(dynamodb.NewFromConfig(r.config), table) }

// TestEnd revokes a rule with the last launch that needs it.
func TestEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		before := r.rules(shared)
		r.ensured(launch("a", shared, 8000, 8002))
		r.ensured(launch("b", shared, 8000, 8004))
		r.account.ResetCalls()

		o := r.released(end("a", shared))
		if len(o.Revoked) != 1 || o.Revoked[0].Rule.String() != "tcp 8002 from 0.0.0.0/0" {
			t.Errorf("revoked %v, want port 8002 alone: b needs 8000", o.Revoked)
		}
		calls := r.account.Calls()
		if calls.Of("dynamodb") != 5 || calls.Of("ec2") != 2 {
			t.Errorf("an end cost %d requests to DynamoDB and %d to EC2, want 5 and 2:\n%v", calls.Of("dynamodb"),
				calls.Of("ec2"), calls)
		}
		r.has("tcp 8000 from 0.0.0.0/0", "tcp 8004 from 0.0.0.0/0")
		r.released(end("b"))
		if got := r.rules(shared); !got.Equal(before) {
			t.Errorf("the group has %v, want the initial rules: %v", got, before)
		}
	})
}

// TestEndIsTerminal ends launches first, late and twice.
func TestEndIsTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		for _, payload := range [][]byte{end("first"), end("first-here", shared)} {
			r.released(payload)
			r.released(payload)
		}
		for _, name := range []string{"first", "first-here"} {
			o := r.ask(launch(name, shared, 8000))
			if o.Status != events.Rejected || !strings.Contains(o.Reasons[0].Problem, "launch-ended") ||
				o.Reasons[0].Field != "/launch" {
				t.Errorf("a launch that has ended is %s %v, want rejected as launch-ended", o.Status, o.Reasons)
			}
		}
		r.ensured(launch("a", shared, 8000))
		r.released(end("a"))
		time.Sleep(time.Hour)
		if o := r.ask(launch("a", shared, 8000)); o.Status != events.Rejected {
			t.Errorf("a late repeat of the request is %s, want rejected", o.Status)
		}
		r.released(end("a"))
		r.hasNot("tcp 8000 from 0.0.0.0/0")
	})
}

// TestEndInOneGroup ends a launch in one group, and leaves its part in the other live.
func TestEndInOneGroup(t *testing.T) {
	const other = "sg-0fedcba9876543210"
	r := newRig(t, fakeaws.Options{})
	r.addGroup(other)
	r.ensured(launch("a", shared, 8000))
	r.ensured(launch("a", other, 8000))
	r.released(end("a", shared))
	r.hasNot("tcp 8000 from 0.0.0.0/0")
	if !r.rules(other).Contains(secgroup.MustParseRule("tcp 8000 from 0.0.0.0/0")) {
		t.Error("the launch's rule in its other group is gone")
	}
	r.ensured(launch("a", other, 9000))
	result, err := r.invoke(end("a"))
	if err != nil || len(result.Outcomes) != 2 {
		t.Errorf("%d outcomes, %v, want one for each group", len(result.Outcomes), err)
	}
	if n := len(r.account.Rules(other)); n != 1 {
		t.Errorf("the other group has %d rules, want the egress rule alone", n)
	}
}

// TestForeign never changes foreign rules, and lets them cover requests.
func TestForeign(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	r.outsider(shared, "tcp 8000 from 0.0.0.0/0")
	before := r.account.Rules(shared)
	r.ensured(launch("a", shared, 8000))
	r.released(end("a"))
	if diff := cmp.Diff(before, r.account.Rules(shared)); diff != "" {
		t.Errorf("the group changed (-before +after):\n%s", diff)
	}
}

// TestModified does not revoke an sgkeeper rule that an outsider has changed.
func TestModified(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	tags := r.sealed(shared, secgroup.MustParseRule("tcp 8000 from 10.0.0.0/8"))
	changed := fakeRule(shared, secgroup.MustParseRule("tcp 8001 from 10.0.0.0/8"))
	changed.Tags = tags
	if _, err := r.account.AddRule(shared, changed); err != nil {
		t.Fatal(err)
	}
	r.ensured(launch("a", shared, 9000))
	r.released(end("a"))
	r.has("tcp 8001 from 10.0.0.0/8")
}

// TestMakeBeforeBreak replaces a wide rule by narrow ones. It is revoked only once they are in
// effect.
func TestMakeBeforeBreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.ensured(launch("wide", shared, "8000-9000"))
		time.Sleep(time.Hour)
		r.sweep()
		if o := r.ensured(launch("narrow", shared, 8080, 8088)); len(o.Covered) != 2 {
			t.Errorf("covered %v, want both by the wide rule", o.Covered)
		}
		o := r.released(end("wide"))
		if len(o.Revoked) != 0 || len(o.Reasons) != 1 {
			t.Errorf("revoked %v, remarks %v, want the wide rule to stay for a while", o.Revoked, o.Reasons)
		}
		r.has("tcp 8000-9000 from 0.0.0.0/0", "tcp 8080 from 0.0.0.0/0", "tcp 8088 from 0.0.0.0/0")
		time.Sleep(claim.EffectTime + 2*time.Second)
		r.sweep()
		r.hasNot("tcp 8000-9000 from 0.0.0.0/0")
		r.has("tcp 8080 from 0.0.0.0/0", "tcp 8088 from 0.0.0.0/0")
	})
}

// TestHeldByQuota replaces one wide rule by two narrow ones in a full group. No traffic is
// cut, and the wide rule stays.
func TestHeldByQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.ensured(launch("wide", shared, "8000-9000"))
		for i := range 57 { // with the two that were there: 60
			r.outsider(shared, "tcp "+port5(i)+" from 10.0.0.0/8")
		}
		r.ensured(launch("narrow", shared, 8080, 8088))
		o := r.released(end("wide"))
		if len(o.Revoked) != 0 || len(o.Reasons) != 1 || !strings.Contains(o.Reasons[0].Problem, "held by quota") {
			t.Errorf("revoked %v, remarks %v, want the wide rule held by quota", o.Revoked, o.Reasons)
		}
		r.sweeps(2 * time.Hour)
		r.has("tcp 8000-9000 from 0.0.0.0/0")
		if got := len(r.account.Rules(shared)); got != 61 { // and the egress rule
			t.Errorf("the group has %d rules, want 61", got)
		}
		r.released(end("narrow"))
		r.hasNot("tcp 8000-9000 from 0.0.0.0/0")
	})
}

func port5(i int) string { return secgroup.Port(int32(20000 + 2*i)).String() }

// TestExpiry revokes the rules of a request that expired a minute ago, and not those of an
// extended one.
func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		soon := time.Now().Add(10 * time.Minute)
		r.ensured(asking("short", soon, 8000))
		r.ensured(asking("extended", soon, 8002))
		r.ensured(asking("extended", soon.Add(time.Hour), 8002))
		r.sweeps(10 * time.Minute)
		r.has("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0")
		r.sweeps(2 * time.Minute)
		r.hasNot("tcp 8000 from 0.0.0.0/0")
		r.has("tcp 8002 from 0.0.0.0/0")
		if o := r.ask(asking("short", soon, 8000)); o.Status != events.Rejected || o.Reasons[0].Field != "/expiresAt" {
			t.Errorf("a repeat of an expired request is %s %v, want rejected at /expiresAt", o.Status, o.Reasons)
		}
		r.ensured(asking("short", time.Now().Add(time.Hour), 8000)) // an expiry is no end
		r.sweeps(2 * time.Hour)
		r.hasNot("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0")
		r.account.ResetCalls()
		r.sweeps(2 * time.Hour)
		if n := r.account.Calls().Of("ec2"); n != 0 {
			t.Errorf("a group without requests costs %d requests to EC2 in two hours, want none", n)
		}
	})
}

// TestSweepServesTheAbandoned takes over from a direct invocation that died. Its request is
// never repeated.
func TestSweepServesTheAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		ctx, kill := context.WithDeadline(t.Context(), time.Now().Add(30*time.Second))
		time.AfterFunc(50*time.Millisecond, kill)
		if _, err := r.handler.Invoke(ctx, launch("a", shared, 8000)); err == nil {
			t.Fatal("the invocation was not cut short")
		}
		r.hasNot("tcp 8000 from 0.0.0.0/0")
		r.sweeps(2 * time.Minute)
		r.has("tcp 8000 from 0.0.0.0/0")
	})
}

// TestFreeze writes nothing while the group is frozen, and everything after the thaw.
func TestFreeze(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		group := claim.Group{Account: r.account.ID(), Region: r.account.Region(), ID: shared}
		r.ensured(launch("a", shared, 8000))
		if err := r.table().Freeze(t.Context(), group, claim.Freeze{Reason: "incident 12"}); err != nil {
			t.Fatal(err)
		}
		o := r.ask(launch("b", shared, 8002))
		if o.Status != events.Queued || !strings.Contains(o.Reasons[0].Problem, "incident 12") {
			t.Errorf("a request to a frozen group is %s %v, want queued and why", o.Status, o.Reasons)
		}
		if o := r.ask(launch("c", shared, 8000)); o.Status != events.Ensured {
			t.Errorf("a request that needs nothing is %s %v, want ensured", o.Status, o.Reasons)
		}
		r.ask(end("a"))
		r.ask(end("c"))
		r.sweeps(5 * time.Minute)
		r.has("tcp 8000 from 0.0.0.0/0")
		r.hasNot("tcp 8002 from 0.0.0.0/0")
		if err := r.table().Thaw(t.Context(), group); err != nil {
			t.Fatal(err)
		}
		r.sweep()
		r.has("tcp 8002 from 0.0.0.0/0")
		r.hasNot("tcp 8000 from 0.0.0.0/0")
	})
}

// TestFreezeEnds: a freeze ends by itself at its time. Until then, outcomes name it.
func TestFreezeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		group := claim.Group{Account: r.account.ID(), Region: r.account.Region(), ID: shared}
		r.ensured(launch("a", shared, 8000))
		r.ask(end("a"))
		r.ensured(launch("b", shared, 8002))
		now := time.Now().UTC().Truncate(time.Second)
		freeze := claim.Freeze{Reason: "incident 12", By: "arn:aws:iam::111122223333:user/ada", At: now,
			Until: now.Add(90 * time.Minute)}
		if err := r.table().Freeze(t.Context(), group, freeze); err != nil {
			t.Fatal(err)
		}
		o := r.ask(launch("c", shared, 8004))
		if o.Status != events.Queued || !strings.Contains(o.Reasons[0].Problem, freeze.String()) {
			t.Errorf("a request to a frozen group is %s %v, want queued, and %s", o.Status, o.Reasons, freeze)
		}
		r.ask(end("b"))
		r.sweeps(85 * time.Minute)
		r.has("tcp 8002 from 0.0.0.0/0")
		r.hasNot("tcp 8004 from 0.0.0.0/0")
		r.sweeps(7 * time.Minute)
		r.has("tcp 8004 from 0.0.0.0/0")
		r.hasNot("tcp 8002 from 0.0.0.0/0")
	})
}

// TestContested stops making a rule that an outsider keeps removing.
func TestContested(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		removed := 0
		for range 6 {
			r.ask(launch("a", shared, 8000))
			r.sweeps(6 * time.Minute) // EC2 describes it by then
			for _, rule := range r.account.Rules(shared) {
				if rule.FromPort == 8000 {
					removed++
					if err := r.account.RemoveRule(rule.ID); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		if removed != 3 {
			t.Errorf("opened %d times within the hour, want 3 and no more", removed)
		}
		if o := r.ask(launch("b", shared, 8000)); o.Status != events.Queued ||
			!strings.Contains(o.Reasons[0].Problem, "contested") {
			t.Errorf("a request for a contested rule is %s %v, want queued and why", o.Status, o.Reasons)
		}
	})
}

// TestGroupVanishes refuses the requests of a group that stays missing, without a storm of
// calls.
func TestGroupVanishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		const brief = "sg-0fedcba9876543210"
		r.addGroup(brief)
		r.ensured(launch("a", brief, 8000))
		time.Sleep(time.Hour)
		r.deleteGroup(brief)
		r.account.ResetCalls()
		r.sweeps(3 * time.Hour)
		o := r.ask(launch("a", brief, 8000))
		if o.Status != events.Rejected || o.Reasons[0].Field != "/group" {
			t.Errorf("a launch whose group is gone is %s %v, want rejected at /group", o.Status, o.Reasons)
		}
		if n := r.account.Calls().Of("ec2"); n > 10 {
			t.Errorf("a group that is gone costs %d requests to EC2, want a few", n)
		}
	})
}

func (r *rig) deleteGroup(id string) {
	r.t.Helper()
	client := ec2.NewFromConfig(r.config)
	if _, err := client.DeleteSecurityGroup(r.t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: &id}); err != nil {
		r.t.Fatal(err)
	}
}
