package ensure_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

var errBroken = errors.New("connection reset")

// redeliver invokes the function with a message until it is answered. Like SQS, it repeats it
// minutes apart.
func (r *rig) redeliver(payload []byte) events.Outcome {
	r.t.Helper()
	var err error
	for range 5 {
		var result events.Result
		if result, err = r.invoke(payload); err == nil {
			return result.Outcomes[0]
		}
		time.Sleep(3 * time.Minute)
	}
	r.t.Fatalf("still no answer: %v", err)
	return events.Outcome{}
}

// TestEveryFault breaks each request of a launch in turn, before or after it is applied. It
// breaks it once, so that the SDK retries, or for as long as the function tries. It does so
// for each way in which EC2 may treat a batch with a Duplicate.
func TestEveryFault(t *testing.T) {
	const requests = 8 // an open makes 6, and a lost one may add more
	for nth := 1; nth <= requests; nth++ {
		for _, applied := range []bool{true, false} {
			for _, times := range []int{1, 100} {
				for _, partial := range []bool{true, false} {
					name := fmt.Sprintf("request %d, applied %v, %d times, partial batches %v", nth, applied, times,
						partial)
					synctest.Test(t, func(t *testing.T) {
						r := newRig(t, fakeaws.Options{Latency: everyCall, PartialBatches: partial})
						r.account.Inject(breakFrom(nth, times, applied))
						o := r.redeliver(launch("a", shared, 8000, 8002))
						if o.Status != events.Ensured {
							t.Errorf("%s: %s %v, want ensured", name, o.Status, o.Reasons)
						}
						r.has("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0")
						if got := len(r.account.Rules(shared)); got != 5 {
							t.Errorf("%s: the group has %d rules, want 5", name, got)
						}
						r.atRest(name)
					})
				}
			}
		}
	}
}

// breakFrom breaks the nth request and the directly following ones of the same operation, at
// most the given number of times.
func breakFrom(nth, times int, applied bool) fakeaws.Fault {
	seen, broken, action := 0, 0, ""
	return func(op fakeaws.Op) (bool, error) {
		seen++
		if seen == nth {
			action = op.Action()
		}
		if op.Action() != action {
			action = ""
			return true, nil
		}
		if broken++; broken > times {
			return true, nil
		}
		return applied, errBroken
	}
}

// atRest fails the test if the lease is not free.
func (r *rig) atRest(name string) {
	r.t.Helper()
	r.account.Inject(nil)
	time.Sleep(time.Minute)
	if o := r.ask(launch("next", shared, 8000)); o.Status != events.Ensured {
		r.t.Errorf("%s: the next launch is %s %v, want ensured", name, o.Status, o.Reasons)
	}
}

func TestDenied(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	r.account.Deny("ec2:AuthorizeSecurityGroupIngress")
	o := r.ask(launch("a", shared, 8000))
	if o.Status != events.Rejected || len(o.Reasons) != 1 || o.Reasons[0].Field != "/group" ||
		!strings.Contains(o.Reasons[0].Problem, "sgkeeper:managed") {
		t.Errorf("outcome %+v, want rejected at /group with the tag as remedy", o)
	}
	r.account.Deny()
	r.ensured(launch("b", shared, 8002))
	r.has("tcp 8002 from 0.0.0.0/0")
	r.hasNot("tcp 8000 from 0.0.0.0/0")
}

func TestGroupGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		payload := launch("a", "sg-0dead00000000dead", 8000)
		if _, err := r.invoke(payload); err == nil {
			t.Error("a group that may be new is refused at once; want the message to return to the queue")
		}
		o := r.redeliver(payload)
		if o.Status != events.Rejected || o.Reasons[0].Field != "/group" {
			t.Errorf("outcome %+v, want rejected at /group", o)
		}
	})
}

func TestPeerGone(t *testing.T) {
	r := newRig(t, fakeaws.Options{})
	bad := request("bad", shared,
		rule{"ports": 8000, "from": []string{"0.0.0.0/0"}},
		rule{"ports": 8001, "from": []string{"sg-0dead00000000dead"}})
	good := request("good", shared, rule{"ports": "9000-9010", "from": []string{"10.0.0.0/8"}})
	o := r.ask(bad)
	if o.Status != events.Rejected || !strings.Contains(o.Reasons[0].Problem, "sg-0dead00000000dead") {
		t.Errorf("outcome %+v, want rejected for its peer", o)
	}
	r.ensured(good)
	r.has("tcp 9000-9010 from 10.0.0.0/8")
}

// TestQuota fills a group. The earliest requests are served, each of the others is refused
// with the quota as the reason, and no other launch is affected.
func TestQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		outcomes := r.storm(numbered(100, func(i int) []byte { return launch(name(i), shared, 10000+2*i) }))
		if got := len(r.account.Rules(shared)) - 1; got != 60 { // all but the egress rule
			t.Errorf("the group has %d ingress rules, want 60", got)
		}
		var ensured, rejected int
		for _, o := range outcomes {
			again := r.redeliver(launch(o.Launch, shared, port(o.Launch)))
			switch again.Status {
			case events.Ensured:
				ensured++
			case events.Rejected:
				rejected++
				if f := again.Reasons[0]; f.Field != "/rules" ||
					!strings.Contains(f.Problem, "ingress IPv4 quota of 60") {
					t.Errorf("%s is refused for %v, want the quota named", o.Launch, f)
				}
			}
		}
		if ensured != 58 || rejected != 42 { // two of the 60 rules are foreign
			t.Errorf("%d ensured, %d rejected, want 58 and 42", ensured, rejected)
		}
		if limit := r.account.Calls().Op("ec2", "AuthorizeSecurityGroupIngress"); limit != 1 {
			t.Errorf("%d authorize calls, want 1: the quota is checked before any write", limit)
		}
	})
}

func port(launch string) int {
	var i int
	if _, err := fmt.Sscanf(launch, "launch-%d", &i); err != nil {
		panic(err)
	}
	return 10000 + 2*i
}

// TestQuotaIsLower: EC2 allows fewer rules than SGKEEPER_QUOTA. The earliest requests are
// still served.
func TestQuotaIsLower(t *testing.T) {
	r := newRig(t, fakeaws.Options{RulesPerGroup: 5}, func(c *handler.Config) { c.Quota = 60 })
	r.ensured(launch("a", shared, 8000, 8002))
	o := r.ask(launch("b", shared, 9000, 9002))
	if o.Status != events.Rejected {
		t.Errorf("outcome %+v, want rejected", o)
	}
	r.has("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0")
}

// TestStaleDescribe: EC2 describes a group as it was minutes ago.
func TestStaleDescribe(t *testing.T) {
	for _, partial := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fakeaws.Options{
				Latency:        everyCall,
				PartialBatches: partial,
				Stale:          func(fakeaws.Op) time.Duration { return 2 * time.Minute },
			})
			time.Sleep(time.Hour)
			r.ensured(launch("a", shared, 8000))
			time.Sleep(time.Second)
			r.ensured(launch("b", shared, 8000, 8002)) // made by us, not yet described
			r.outsider(shared, "tcp 8004 from 0.0.0.0/0")
			r.ensured(launch("c", shared, 8004, 8006)) // made by an outsider, not yet described
			r.has("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0", "tcp 8004 from 0.0.0.0/0",
				"tcp 8006 from 0.0.0.0/0")
			if n := strings.Count(r.log.String(), "InvalidPermission.Duplicate"); n != 0 {
				t.Errorf("a Duplicate surfaced in the log %d times", n)
			}
		})
	}
}

func TestThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.account.Throttle(true)
		outcomes := r.storm(numbered(200, same))
		if got := count(outcomes, events.Ensured) + count(outcomes, events.Queued); got != 200 {
			t.Errorf("%d of 200 launches answered", got)
		}
		r.has("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0", "tcp 8004 from 0.0.0.0/0")
	})
}
