package ensure_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// maxCalls is how many calls of EC2 a round may make if it meets one cause of trouble, for any
// number of rules.
const maxCalls = 10

// TestWallRevokeReplyLost ends a launch of 120 rules in a function that dies after EC2 has
// revoked them. The next holder finds that they no longer exist, and serves the next launch.
func TestWallRevokeReplyLost(t *testing.T) {
	for _, ports := range []int{36, 60, 250} { // rules are twice as many
		t.Run(fmt.Sprint(2*ports, " rules"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, roomy(), quotaOf(1000))
				r.ensured(large("big", shared, ports, "0.0.0.0/0", "::/0"))
				time.Sleep(time.Hour)
				r.account.Throttle(true)
				r.dieAfter("RevokeSecurityGroupIngress", end("big", shared))
				time.Sleep(time.Minute) // the dead holder's lease expires
				m := queued(launch("good", shared, 8000))
				n, by := r.ec2Calls(func() { r.work(6, m...) })
				t.Logf("%d rules: good is %s after %d deliveries, %d calls of EC2: %s", 2*ports, m[0].status(),
					m[0].deliveries, n, by)
				m[0].wantsServed(t, 2)
				if n > maxCalls {
					t.Errorf("%d calls of EC2 for %d rules, want at most %d", n, 2*ports, maxCalls)
				}
				r.has("tcp 8000 from 0.0.0.0/0")
				if got := len(r.account.Rules(shared)); got != 4 {
					t.Errorf("the group has %d rules, want the 3 foreign ones and the good one", got)
				}
			})
		})
	}
}

// TestWallRevokeReplyLostUnseen is the same while EC2's describe lags. It shows neither the
// rules nor their removal, so only the ledger names them.
func TestWallRevokeReplyLostUnseen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lag := 10 * time.Minute
		o := roomy()
		o.Stale = func(fakeaws.Op) time.Duration { return lag }
		r := newRig(t, o, quotaOf(1000))
		time.Sleep(15 * time.Minute)
		r.ensured(large("big", shared, 60, "0.0.0.0/0", "::/0"))
		r.account.Throttle(true)
		r.dieAfter("RevokeSecurityGroupIngress", end("big", shared))
		time.Sleep(time.Minute) // the dead holder's lease expires
		for minute := range 4 {
			m := queued(launch(fmt.Sprint("good-", minute), shared, 8000+minute))
			n, by := r.ec2Calls(func() { r.work(6, m...) })
			t.Logf("minute %d: good is %s after %d deliveries, %d calls of EC2: %s", minute, m[0].status(),
				m[0].deliveries, n, by)
			m[0].wantsServed(t, 2)
			if n > maxCalls {
				t.Errorf("minute %d: %d calls of EC2 for 120 rules, want at most %d", minute, n, maxCalls)
			}
			r.sweeps(time.Minute)
		}
		lag = 0
		r.sweeps(30 * time.Minute)
		if got := len(r.account.Rules(shared)); got != 7 {
			t.Errorf("the group has %d rules, want the 3 foreign ones and the good ones", got)
		}
	})
}

// TestWallRevokeReplyLostOnce loses only the reply to the revoke. The function lives, and EC2
// answers the SDK's retry that the rules do not exist.
func TestWallRevokeReplyLostOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, roomy(), quotaOf(1000))
		r.ensured(large("big", shared, 60, "0.0.0.0/0", "::/0"))
		time.Sleep(time.Hour)
		r.account.Throttle(true)
		r.account.Inject(breakOnce("RevokeSecurityGroupIngress", true))
		m := queued(end("big", shared), launch("good", shared, 8000))
		n, by := r.ec2Calls(func() { r.work(6, m...) })
		t.Logf("120 rules: the end is %s after %d deliveries, good is %s after %d; %d calls of EC2: %s",
			m[0].status(), m[0].deliveries, m[1].status(), m[1].deliveries, n, by)
		m[0].wants(t, events.Released, 2)
		m[1].wantsServed(t, 2)
		if n > maxCalls {
			t.Errorf("%d calls of EC2 for 120 rules, want at most %d", n, maxCalls)
		}
		r.has("tcp 8000 from 0.0.0.0/0")
		if got := len(r.account.Rules(shared)); got != 4 {
			t.Errorf("the group has %d rules, want the 3 foreign ones and the good one", got)
		}
	})
}

// TestWallAbsentPeer: all rules of a launch name one missing group, and a launch with one good
// rule follows.
func TestWallAbsentPeer(t *testing.T) {
	for _, n := range []int{80, 150} {
		t.Run(fmt.Sprint(n, " rules"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, roomy(), quotaOf(1000))
				r.account.Throttle(true)
				m := queued(large("bad", shared, n, "sg-0dead00000000dead"), launch("good", shared, 8000))
				calls, by := r.ec2Calls(func() { r.work(16, m...) })
				t.Logf("%d rules: bad is %s after %d deliveries, good is %s after %d; %d calls of EC2: %s",
					n, m[0].status(), m[0].deliveries, m[1].status(), m[1].deliveries, calls, by)
				m[0].wants(t, events.Rejected, 2)
				m[1].wantsServed(t, 2)
				if !strings.Contains(m[0].reasons(), "sg-0dead00000000dead") {
					t.Errorf("reasons %.300s, want the group named", m[0].reasons())
				}
				if calls > maxCalls {
					t.Errorf("%d calls of EC2 for one cause, want at most %d", calls, maxCalls)
				}
				r.has("tcp 8000 from 0.0.0.0/0")
			})
		})
	}
}

// TestWallQuotaLower: EC2 allows 60 rules, and SGKEEPER_QUOTA says 200. The latest request is
// refused because of the quota (docs/configuration.md), and the others are served.
func TestWallQuotaLower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall, RulesPerGroup: 60}, quotaOf(200))
		r.account.Throttle(true)
		m := queued(large("first", shared, 50, "10.0.0.0/8"))
		second := queued(large("second", shared, 140, "192.168.0.0/16"), launch("third", shared, 8000))
		n, by := r.ec2Calls(func() {
			r.work(1, m...)
			r.work(16, second...)
		})
		m = append(m, second...)
		for i, name := range []string{"first", "second", "third"} {
			t.Logf("%s is %s after %d deliveries %.100s", name, m[i].status(), m[i].deliveries, m[i].reasons())
		}
		t.Logf("%d calls of EC2: %s", n, by)
		m[0].wantsServed(t, 1)
		m[1].wants(t, events.Rejected, 2)
		m[2].wantsServed(t, 2)
		r.has("tcp 8000 from 0.0.0.0/0", "tcp 10000 from 10.0.0.0/8")
		if n > maxCalls+2 { // the first launch costs two
			t.Errorf("%d calls of EC2 for one cause, want at most %d", n, maxCalls+2)
		}
	})
}

// unknownCode makes EC2 reject each call that holds a port, with an unknown error code.
func unknownCode(port string) fakeaws.Fault {
	return func(op fakeaws.Op) (bool, error) {
		if strings.HasPrefix(op.Name, "Authorize") {
			for key, value := range op.Form {
				if strings.HasSuffix(key, ".FromPort") && value[0] == port {
					return false, &fakeaws.Error{Code: "InvalidNovelty.Unsupported", Message: "no such thing here"}
				}
			}
		}
		return true, nil
	}
}

// TestWallUnknownCode: EC2 rejects one rule with an unknown error code. Its request is refused
// with the code, and later ones are served.
func TestWallUnknownCode(t *testing.T) {
	for _, n := range []int{1, 80} {
		t.Run(fmt.Sprint(n, " rules"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, roomy(), quotaOf(1000))
				r.account.Throttle(true)
				r.account.Inject(unknownCode("10000"))
				bad := queued(large("bad", shared, n, "0.0.0.0/0"))
				good := queued(launch("good", shared, 8000))
				calls, by := r.ec2Calls(func() {
					r.work(1, bad...)
					r.work(6, append(good, bad...)...)
				})
				r.work(16, bad...)
				t.Logf("%d rules: bad is %s after %d deliveries, good is %s after %d; %d calls of EC2 until then: %s",
					n, bad[0].status(), bad[0].deliveries, good[0].status(), good[0].deliveries, calls, by)
				good[0].wantsServed(t, 2)
				bad[0].wants(t, events.Rejected, maxDeliveries)
				if !strings.Contains(bad[0].reasons(), "InvalidNovelty.Unsupported") {
					t.Errorf("reasons %.300s, want the code", bad[0].reasons())
				}
				r.has("tcp 8000 from 0.0.0.0/0")
			})
		})
	}
}

// TestWallYieldKeepsLimits: a holder yields once, before more launches arrive than the three
// that guardrails allow. The limit holds, also for many at once.
func TestWallYieldKeepsLimits(t *testing.T) {
	for _, launches := range []int{12, 24} {
		t.Run(fmt.Sprint(launches, " launches"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fakeaws.Options{Latency: everyCall}, guardrails(t, "limits: {claims: 3}\n"))
				r.account.Inject(func(op fakeaws.Op) (bool, error) {
					if strings.HasPrefix(op.Name, "Authorize") {
						return false, &fakeaws.Error{Code: "InternalError", Status: 500}
					}
					return true, nil
				})
				m := queued(launch("first", shared, 9000))
				r.work(1, m...)
				r.account.Inject(nil)
				m = append(m, queued(numbered(launches,
					func(i int) []byte { return launch(name(i), shared, 10000+2*i) })...)...)
				r.work(16, m...)
				open := len(r.account.Rules(shared)) - 3 // of others
				t.Logf("%d of %d launches opened their ports, 3 are allowed", open, launches+1)
				if open > 3 {
					t.Errorf("%d launches opened their ports, and the guardrails allow 3", open)
				}
			})
		})
	}
}

// guardrails makes the function read a guardrails file.
func guardrails(t *testing.T, text string) func(*handler.Config) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "guardrails.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(c *handler.Config) { c.Guardrails = path }
}
