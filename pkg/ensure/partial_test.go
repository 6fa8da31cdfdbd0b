package ensure_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestRefusedAfterAPartialBatch: EC2 answers Duplicate to a batch, and still makes one of its
// rules. The launch is refused because of another rule. No describe shows the new rule. When
// the refusal is announced, the rule is closed.
func TestRefusedAfterAPartialBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lag := time.Duration(0)
		r := newRig(t, fakeaws.Options{Latency: everyCall, PartialBatches: true,
			Stale: func(fakeaws.Op) time.Duration { return lag }})
		bad := request("bad", shared, rule{"ports": 8000, "from": []string{"sg-0dead00000000dead"}},
			rule{"protocol": "udp", "ports": 8007, "from": []string{"0.0.0.0/0"}})
		time.Sleep(10 * time.Minute)
		r.ensured(launch("served", shared, 8004))
		time.Sleep(time.Hour)
		r.sweep()
		lag = 65 * time.Minute // describes show the group as before the first launch
		if o := r.ask(bad); o.Status == events.Rejected {
			r.hasNot("udp 8007 from 0.0.0.0/0")
		}
		r.sweeps(5 * time.Minute)
		if o := r.ask(bad); o.Status == events.Rejected {
			r.hasNot("udp 8007 from 0.0.0.0/0")
		}
		lag = 0
		r.sweeps(2 * time.Minute)
		r.status(bad, events.Rejected)
		r.hasNot("udp 8007 from 0.0.0.0/0")
	})
}

// TestRefusedAfterADeadHolder: a holder opens one rule of a launch, and EC2 rejects the other.
// The role may not revoke, and the holder dies. No describe shows the open rule. When the refusal
// is announced, the rule is closed.
func TestRefusedAfterADeadHolder(t *testing.T) {
	for name, nth := range map[string]int{"before it records the revoke": 6, "after the revoke is denied": 8} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				lag := time.Duration(0)
				r := newRig(t, fakeaws.Options{Latency: everyCall, Stale: func(fakeaws.Op) time.Duration { return lag }})
				time.Sleep(time.Hour)
				r.account.Inject(func(op fakeaws.Op) (bool, error) {
					if strings.HasPrefix(op.Name, "Revoke") {
						return false, unauthorized
					}
					return true, nil
				})
				bad := request("bad", shared, rule{"ports": 7000, "from": []string{"0.0.0.0/0"}},
					rule{"ports": 8000, "from": []string{"sg-0dead00000000dead"}})
				c := &client{nth: nth, then: diesAfter}
				_, _ = r.process(c).invokeUntilKilled(c, bad)
				r.has("tcp 7000 from 0.0.0.0/0")
				lag = 10 * time.Minute
				refusedOnlyClosed := func() {
					if result, err := r.invoke(bad); err == nil && result.Outcomes[0].Status == events.Rejected {
						r.hasNot("tcp 7000 from 0.0.0.0/0")
					}
				}
				for range 5 {
					time.Sleep(time.Minute)
					refusedOnlyClosed()
				}
				r.account.Inject(nil)
				for range 20 {
					time.Sleep(time.Minute)
					refusedOnlyClosed()
				}
				r.status(bad, events.Rejected)
				r.hasNot("tcp 7000 from 0.0.0.0/0")
			})
		})
	}
}
