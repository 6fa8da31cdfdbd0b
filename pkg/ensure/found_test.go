package ensure_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// Each test reproduces one fault that TestSimulation found.

func (r *rig) group() claim.Group {
	return claim.Group{Account: r.account.ID(), Region: r.account.Region(), ID: shared}
}

func (r *rig) freeze() {
	r.t.Helper()
	if err := r.table().Freeze(r.t.Context(), r.group(), "incident 12"); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) thaw() {
	r.t.Helper()
	if err := r.table().Thaw(r.t.Context(), r.group()); err != nil {
		r.t.Fatal(err)
	}
}

// status fails the test unless a request has that status.
func (r *rig) status(payload []byte, want events.Status) events.Outcome {
	r.t.Helper()
	o := r.ask(payload)
	if o.Status != want {
		r.t.Errorf("%s is %s %v, want %s", o.Launch, o.Status, o.Reasons, want)
	}
	return o
}

func quotaOf(n int) func(*handler.Config) { return func(c *handler.Config) { c.Quota = n } }

// TestFrozenAndFull does not announce a request as served while its refusal waits.
func TestFrozenAndFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall}, quotaOf(3))
		r.freeze()
		o := r.status(launch("a", shared, 8000, 8002), events.Queued)
		if len(o.Reasons) != 1 || !strings.Contains(o.Reasons[0].Problem, "incident 12") {
			t.Errorf("reasons %v, want that the group is frozen", o.Reasons)
		}
		r.thaw()
		r.sweeps(time.Minute)
		r.status(launch("a", shared, 8000, 8002), events.Rejected)
	})
}

// TestFrozenForLong announces requests that waited, however long. Rounds that did not serve
// them do not make them count as served.
func TestFrozenForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall}, onBus, quotaOf(3))
		b := r.listen()
		r.freeze()
		r.status(launch("fits", shared, 8000), events.Queued)
		r.status(launch("does-not", shared, 8002), events.Queued)
		for range 3 {
			time.Sleep(2 * claim.Margin)
			r.status(launch("fits", shared, 8000), events.Queued)
		}
		if announced := b.launches(); len(announced) != 0 {
			t.Errorf("%v are announced as open in a frozen group", announced)
		}
		r.thaw()
		r.sweeps(time.Minute)
		if announced := b.launches(); len(announced) != 1 || announced[0] != "fits" {
			t.Errorf("Ports Ensured name %v, want the one that fits", announced)
		}
		if refused := taken[events.LaunchRejected](b); len(refused) != 1 || refused[0].Launch != "does-not" {
			t.Errorf("refused are %v, want the one that does not fit", refused)
		}
	})
}

// TestPendingInAFrozenGroup: a rule with a possible revoke counts for no request, even if
// the group was frozen when the lease was taken over.
func TestPendingInAFrozenGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.ensured(launch("a", shared, 8000))
		c := &client{nth: 6, then: diesAfter} // the revoke
		r.killed(c, end("a", shared))
		r.hasNot("tcp 8000 from 0.0.0.0/0")
		r.freeze()
		r.sweeps(2 * time.Minute)
		r.status(launch("b", shared, 8000), events.Queued)
		r.thaw()
		r.sweeps(time.Minute)
		r.has("tcp 8000 from 0.0.0.0/0")
	})
}

// TestPendingAndNotDescribed revokes the pending rules even if a lagging describe does not
// show them when the lease is taken over.
func TestPendingAndNotDescribed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var age time.Duration
		r := newRig(t, fakeaws.Options{Latency: everyCall, Stale: func(fakeaws.Op) time.Duration { return age }})
		time.Sleep(time.Hour)
		dies1 := &client{nth: 5, then: diesAfter} // its authorize: the rule's id is unknown
		r.killed(dies1, launch("a", shared, 8000))
		dies2 := &client{nth: 7, then: dies} // its revoke, after it took over
		time.Sleep(time.Minute)
		r.killed(dies2, end("a", shared))
		r.has("tcp 8000 from 0.0.0.0/0")
		time.Sleep(12 * time.Minute)
		age = 15 * time.Minute // as it was before the first
		r.sweep()
		r.hasNot("tcp 8000 from 0.0.0.0/0")
	})
}

// TestRefusedLeavesNothing revokes the rules that a crashed holder made for a request that is
// then refused.
func TestRefusedLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		bad := request("bad", shared,
			rule{"ports": 8001, "from": []string{"sg-0dead00000000dead"}},
			rule{"ports": 8000, "from": []string{"0.0.0.0/0"}})
		c := &client{nth: 7, then: diesAfter} // the second half of its batch
		r.killed(c, bad)
		r.has("tcp 8000 from 0.0.0.0/0")
		time.Sleep(time.Minute)
		r.status(bad, events.Rejected)
		r.sweeps(20 * time.Minute)
		r.hasNot("tcp 8000 from 0.0.0.0/0")
	})
}

// TestServedByOthers answers queued, not ensured, if another function served the ticket,
// because it may have refused the request.
func TestServedByOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall}, quotaOf(3))
		dead := &client{nth: 3, then: dies} // holds the lease
		r.killed(dead, launch("dead", shared, 8000), quotaOf(3))
		time.Sleep(time.Minute)
		slow := &client{nth: 3, hold: 2 * time.Second, then: goesOn} // its takeover
		var all sync.WaitGroup
		all.Go(func() { r.process(slow, quotaOf(3)).status(launch("slow", shared, 8002), events.Queued) })
		time.Sleep(time.Second)
		r.status(launch("late", shared, 8000), events.Ensured)
		all.Wait()
		r.sweeps(20 * time.Minute) // because the dead holder may have announced it as served
		r.status(launch("slow", shared, 8002), events.Rejected)
	})
}

// TestReplacementOfAPartialBatch does not rely on a rule that was made a moment ago. That
// holds, too, if EC2 made it in a call that it answered with Duplicate.
func TestReplacementOfAPartialBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall, PartialBatches: true})
		r.ensured(launch("wide", shared, "8000-9000"))
		r.ensured(launch("narrow", shared, 8080, 8090))
		time.Sleep(time.Hour)
		r.sweep()
		var once sync.Once
		r.account.Inject(func(op fakeaws.Op) (bool, error) {
			if op.Name == "AuthorizeSecurityGroupIngress" {
				once.Do(func() { r.outsider(shared, "tcp 8090 from 0.0.0.0/0") })
			}
			return true, nil
		})
		r.released(end("wide"))
		r.has("tcp 8000-9000 from 0.0.0.0/0", "tcp 8080 from 0.0.0.0/0")
		r.sweeps(2 * time.Minute)
		r.hasNot("tcp 8000-9000 from 0.0.0.0/0")
	})
}

// TestRevokeDenied retries revokes that IAM denied.
func TestRevokeDenied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.ensured(launch("a", shared, 8000))
		r.account.Deny("ec2:Revoke*")
		r.released(end("a"))
		r.sweeps(time.Hour)
		r.account.Deny()
		r.sweeps(2 * time.Hour)
		r.hasNot("tcp 8000 from 0.0.0.0/0")
	})
}

// TestRevokeDeniedExists counts a rule as existing after EC2 denied its revoke, and does not
// revoke it later if a launch requests it meanwhile.
func TestRevokeDeniedExists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.ensured(launch("a", shared, 8000))
		r.account.Deny("ec2:Revoke*")
		r.released(end("a"))
		before := r.account.Rules(shared)
		r.ensured(launch("b", shared, 8000))
		r.account.Deny()
		r.sweeps(2 * time.Hour)
		if diff := cmp.Diff(before, r.account.Rules(shared)); diff != "" {
			t.Errorf("the group changed (-before +after):\n%s", diff)
		}
	})
}

// TestProvenRuleInEffect does not rely on a rule that was made a moment ago, even if only a
// Duplicate proved that it exists.
func TestProvenRuleInEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lag := time.Duration(0)
		r := newRig(t, fakeaws.Options{Latency: everyCall, Stale: func(fakeaws.Op) time.Duration { return lag }})
		r.ensured(launch("wide", shared, "8000-8080"))
		time.Sleep(time.Hour)
		r.sweep()
		lag = time.Minute
		r.account.Inject(breakOnce("AuthorizeSecurityGroupIngress", true))
		r.ensured(launch("narrow", shared, "8080-8090"))
		lag = 0
		r.ensured(launch("other", shared, 22222))
		r.released(end("wide"))
		r.ensured(launch("inner", shared, 8080))
		r.has("tcp 8000-8080 from 0.0.0.0/0", "tcp 8080-8090 from 0.0.0.0/0")
		r.sweeps(2 * time.Minute)
		r.hasNot("tcp 8000-8080 from 0.0.0.0/0")
	})
}

// breakOnce loses the reply to the first call of that name.
func breakOnce(name string, applied bool) fakeaws.Fault {
	var once sync.Once
	return func(op fakeaws.Op) (bool, error) {
		broken := false
		if op.Name == name {
			once.Do(func() { broken = true })
		}
		if broken {
			return applied, errors.New("connection reset")
		}
		return true, nil
	}
}

// TestPendingCountsForNothing announces no port as open because of a rule that a revoke may still
// remove.
func TestPendingCountsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.ensured(launch("a", shared, 8000))
		r.account.Inject(func(op fakeaws.Op) (bool, error) {
			if op.Name == "RevokeSecurityGroupIngress" {
				return false, errors.New("connection reset")
			}
			return true, nil
		})
		if _, err := r.invoke(end("a", shared)); err == nil {
			t.Error("an end in a group whose revoke got no reply is answered, want a retry")
		}
		r.status(end("a"), events.Queued) // a sweep finishes the end in all groups
		r.account.Inject(nil)
		r.account.Deny("ec2:Revoke*")
		time.Sleep(time.Hour)
		o := r.status(launch("b", shared, 8000), events.Queued)
		if len(o.Reasons) != 1 || !strings.Contains(o.Reasons[0].Problem, "about to be revoked") {
			t.Errorf("reasons %v, want that the rule is about to be revoked", o.Reasons)
		}
		r.account.Deny()
		r.sweeps(2 * time.Hour)
		r.has("tcp 8000 from 0.0.0.0/0")
		r.status(launch("b", shared, 8000), events.Ensured)
	})
}

// TestAnswersAreInOrder: an end in several groups is answered in the same order each time.
func TestAnswersAreInOrder(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	groups := []string{"sg-00000000000000001", "sg-00000000000000002", "sg-00000000000000003"}
	for _, g := range groups {
		r.addGroup(g)
	}
	for range 10 {
		for _, g := range groups {
			r.ask(launch("a", g, 8000))
		}
		result, err := r.invoke(end("a"))
		if err != nil || len(result.Outcomes) != len(groups) {
			t.Fatalf("%d outcomes, %v, want one for each group", len(result.Outcomes), err)
		}
		for i, o := range result.Outcomes {
			if o.Group.ID != groups[i] {
				t.Errorf("outcome %d is of %s, want %s", i, o.Group.ID, groups[i])
			}
		}
	}
}

// TestRevokeUnknownCode: EC2 rejects the revoke of one rule with an unknown error code. The
// other rules are revoked, and the next launch is served.
func TestRevokeUnknownCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, roomy(), quotaOf(1000))
		o := r.ensured(large("big", shared, 40, "0.0.0.0/0"))
		odd := o.Authorized[17].ID
		r.account.Inject(func(op fakeaws.Op) (bool, error) {
			for key, value := range op.Form {
				if strings.HasPrefix(key, "SecurityGroupRuleId.") && strings.HasPrefix(op.Name, "Revoke") &&
					value[0] == odd {
					return false, &fakeaws.Error{Code: "InvalidNovelty.Unsupported", Message: "no such thing here"}
				}
			}
			return true, nil
		})
		n, by := r.ec2Calls(func() { r.released(end("big")) })
		t.Logf("%d calls of EC2: %s", n, by)
		if got := len(r.account.Rules(shared)); got != 4 {
			t.Errorf("the group has %d rules, want the 3 foreign ones and the one that EC2 does not revoke", got)
		}
		r.ensured(launch("good", shared, 8000))
		if !strings.Contains(r.log.String(), "InvalidNovelty.Unsupported") {
			t.Error("the log does not name the code")
		}
		r.account.Inject(nil)
		r.sweeps(2 * time.Hour)
		if got := len(r.account.Rules(shared)); got != 4 {
			t.Errorf("the group has %d rules, want the 3 foreign ones and the good one", got)
		}
	})
}
