package handler_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// estate adds n managed groups. Each has two rules: a foreign one, and EC2's own egress rule.
func (r *rig) estate(n int) {
	for i := range n {
		r.account.AddSecurityGroup(fakeaws.SecurityGroup{
			ID: fmt.Sprintf("sg-%017x", i+1), Tags: map[string]string{"sgkeeper:managed": "true"},
			Rules: []fakeaws.Rule{{Protocol: "tcp", FromPort: 22, ToPort: 22, Peer: "192.0.2.0/24"}},
		})
	}
}

// slow returns an account in which each call to EC2 takes some time. A call that its caller gives
// up ends at once.
func slow(each time.Duration) *fakeaws.Account {
	return fakeaws.New(fakeaws.Options{Latency: func(op fakeaws.Op) time.Duration {
		if op.Service == "ec2" {
			return each
		}
		return 0
	}})
}

// throttled returns an account in which EC2 throttles a share of the calls.
func throttled(share float64) *fakeaws.Account {
	account := fakeaws.New(fakeaws.Options{})
	throttle(account, share, 1)
	return account
}

// throttle makes EC2 throttle a share of the calls.
func throttle(account *fakeaws.Account, share float64, seed uint64) {
	var mu sync.Mutex
	draws := rand.New(rand.NewPCG(seed, 1))
	account.Inject(func(op fakeaws.Op) (bool, error) {
		mu.Lock()
		defer mu.Unlock()
		if op.Service == "ec2" && draws.Float64() < share {
			return false, &fakeaws.Error{Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Status: 503}
		}
		return true, nil
	})
}

// runSize returns the size of the stored run in bytes, or 0 if there is none.
func (r *rig) runSize() int {
	for _, key := range r.account.Objects(bucket) {
		if o, ok := r.account.Object(bucket, key); ok && strings.Contains(key, "/runs/") {
			return len(o.Body)
		}
	}
	return 0
}

// TestPace audits 6,000 groups, or fewer outside CI, while EC2 throttles or is slow. Each invocation
// of five minutes continues from the one before, and the report is that of an undisturbed audit.
func TestPace(t *testing.T) {
	groups := proof.Pick(t, 6_000, 600, 600)
	for _, tt := range []struct {
		name        string
		account     *fakeaws.Account
		invocations int // at most
	}{
		{"undisturbed", slow(0), 1},
		{"80 % of EC2's calls are throttled", throttled(0.8), 4},
		{"each call to EC2 takes 30 s", slow(30 * time.Second), 9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRigIn(t, tt.account)
				r.estate(groups)
				r.account.ResetCalls()
				began := time.Now()
				invocations, size := 0, 0
				for next := []string{`{"sgkeeper":"audit"}`}; len(next) > 0; next = r.received(r.queue) {
					reply, err := r.audit.Invoke(r.mapped(5*time.Minute), []byte(batch(next[0])))
					if err != nil || string(reply) != `{"batchItemFailures":[]}` {
						t.Fatalf("invocation %d: %s, %v\n%.3000s", invocations, reply, err, r.log)
					}
					if invocations++; invocations > tt.invocations {
						t.Fatalf("more than %d invocations:\n%s\n%.3000s", tt.invocations, r.account.Calls(), r.log)
					}
					size = max(size, r.runSize())
				}
				latest := r.latest()
				unknown := 0
				for _, d := range latest.Drifts {
					if d.Kind == "unknown" {
						unknown++
					}
				}
				if len(latest.Groups) != groups+1 || len(latest.Drifts) != groups || unknown > 0 {
					t.Errorf("%d groups and %d drifts, %d of them unknown, want %d, %d, 0", len(latest.Groups),
						len(latest.Drifts), unknown, groups+1, groups)
				}
				if size > 2_000*groups {
					t.Errorf("a stored run has %d bytes, want at most 2,000 for each group with its drift", size)
				}
				t.Logf("%d invocations in %v, a run of at most %d bytes:\n%s", invocations, time.Since(began), size,
					strings.TrimSpace(r.account.Calls().String()))
			})
		})
	}
}
