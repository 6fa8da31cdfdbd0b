package ensure_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// refusedClosed repeats a message each minute until its launch is refused. At that time, none of the
// rules is open.
func (r *rig) refusedClosed(payload []byte, within time.Duration, rules ...string) {
	r.t.Helper()
	for began := time.Now(); time.Since(began) < within; {
		time.Sleep(time.Minute)
		if result, err := r.invoke(payload); err == nil && result.Outcomes[0].Status == events.Rejected {
			r.hasNot(rules...)
			return
		}
	}
	r.t.Errorf("the launch was not refused within %s", within)
}

// diesAt sends a message to a process that dies after its nth call was applied.
func (r *rig) diesAt(nth int, payload []byte, configure ...func(*handler.Config)) {
	c := &client{nth: nth, then: diesAfter}
	_, _ = r.process(c, configure...).invokeUntilKilled(c, payload)
}

// withoutEgress removes the default egress rule.
func (r *rig) withoutEgress() {
	r.t.Helper()
	for _, rule := range r.account.Rules(shared) {
		if rule.Egress {
			if err := r.account.RemoveRule(rule.ID); err != nil {
				r.t.Fatal(err)
			}
		}
	}
}

// TestRefusedByDyingHolders: a holder dies while it describes the group. The next holder refuses
// the launch, and dies at one of its calls. The role may not tag rules. No rule of the launch
// remains open.
func TestRefusedByDyingHolders(t *testing.T) {
	for second := 3; second <= 12; second++ {
		t.Run(fmt.Sprint("at call ", second), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fakeaws.Options{Latency: everyCall}, untagged)
				bad := request("bad", shared, rule{"ports": 7000, "to": []string{"10.0.0.0/8"}},
					rule{"ports": 8000, "from": []string{"sg-0dead00000000dead"}})
				for _, nth := range []int{4, second} {
					r.diesAt(nth, bad, untagged)
					time.Sleep(5 * time.Minute)
				}
				r.sweeps(20 * time.Minute)
				r.status(bad, events.Rejected)
				r.hasNot("tcp 7000 to 10.0.0.0/8")
			})
		})
	}
}

// TestRefusedSoonAfterADeadHolder: a launch names ten absent groups, and its holder dies. One round
// cannot ask EC2 about each of its rules, but the launch is refused within minutes.
func TestRefusedSoonAfterADeadHolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		var rules []rule
		for i := range 10 {
			rules = append(rules, rule{"ports": 8000 + 2*i, "from": []string{fmt.Sprintf("sg-0dead0000000000%02d", i)}})
		}
		bad := request("bad", shared, rules...)
		r.diesAt(4, bad) // its describe
		time.Sleep(5 * time.Minute)
		r.sweeps(3 * time.Minute)
		r.status(bad, events.Rejected)
	})
}

// TestRefusedAfterADuplicate: a holder opens the ingress rule of a launch, and dies. No describe shows
// the rule, and the next holder gets Duplicate for it. Of the launch's egress rules one names an
// absent group, and the other is made and revoked. The launch is refused with no rule open.
func TestRefusedAfterADuplicate(t *testing.T) {
	for nth := 4; nth <= 8; nth++ {
		t.Run(fmt.Sprint("at call ", nth), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				lag := time.Duration(0)
				r := newRig(t, fakeaws.Options{Latency: everyCall, Stale: func(fakeaws.Op) time.Duration { return lag }})
				time.Sleep(time.Hour)
				r.withoutEgress()
				time.Sleep(time.Hour)
				bad := request("bad", shared, rule{"ports": 7000, "from": []string{"0.0.0.0/0"}},
					rule{"ports": 7001, "to": []string{"10.0.0.0/8"}},
					rule{"ports": 8000, "to": []string{"sg-0dead00000000dead"}})
				r.diesAt(nth, bad)
				lag = 10 * time.Minute
				r.refusedClosed(bad, 30*time.Minute, "tcp 7000 from 0.0.0.0/0", "tcp 7001 to 10.0.0.0/8")
			})
		})
	}
}

// TestRefusedBesideAPendingRevoke: a holder died after it revoked the rule of an earlier launch, of which
// only the id is known. Later a holder opens the ingress rule of a launch, and dies. Describes are older
// than that. The next holder gets Duplicate for the rule, and an absent group for another one.
func TestRefusedBesideAPendingRevoke(t *testing.T) {
	for nth := 4; nth <= 10; nth++ {
		t.Run(fmt.Sprint("at call ", nth), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var from time.Time // until then, describes show the group
				r := newRig(t, fakeaws.Options{Latency: everyCall, Stale: func(fakeaws.Op) time.Duration {
					if from.IsZero() || time.Since(from) > 14*time.Minute {
						return 0
					}
					return time.Since(from)
				}})
				time.Sleep(time.Hour)
				r.withoutEgress()
				r.ensured(launch("old", shared, 9000))
				r.sweeps(10 * time.Minute)
				time.Sleep(2 * time.Hour)
				r.sweeps(5 * time.Minute)
				r.dieAfter("RevokeSecurityGroupIngress", end("old", shared))
				time.Sleep(3 * time.Minute)
				from = time.Now()
				bad := request("bad", shared, rule{"ports": 7000, "from": []string{"0.0.0.0/0"}},
					rule{"ports": 8000, "to": []string{"sg-0dead00000000dead"}})
				r.diesAt(nth, bad)
				r.refusedClosed(bad, 30*time.Minute, "tcp 7000 from 0.0.0.0/0")
			})
		})
	}
}

// TestRefusedInAFullGroup: a holder dies before it opens anything. Its launch names an absent group, and
// an egress port that the default rule covers. The group has no room for another egress rule.
func TestRefusedInAFullGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		small := func(c *handler.Config) { c.Quota = 4 }
		r := newRig(t, fakeaws.Options{Latency: everyCall, RulesPerGroup: 4}, small)
		for _, foreign := range []string{"tcp 1 to 0.0.0.0/0", "tcp 3 to 0.0.0.0/0", "tcp 5 to 0.0.0.0/0"} {
			r.outsider(shared, foreign)
		}
		bad := request("bad", shared, rule{"ports": 8000, "from": []string{"sg-0dead00000000dead"}},
			rule{"ports": 7010, "to": []string{"0.0.0.0/0"}})
		r.diesAt(4, bad, small) // its describe
		r.refusedClosed(bad, 21*time.Minute)
	})
}
