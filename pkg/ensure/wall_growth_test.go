package ensure_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

const (
	maxHead  = 16 << 10  // of a group's head item, in bytes, under any load
	maxEvent = 256 << 10 // of an event, by EventBridge
)

// TestWallChurn begins and ends 30 launches of 150 rules within five minutes, 100 with -walls,
// or fewer outside CI. The head stays small, and each launch and end is answered.
func TestWallChurn(t *testing.T) {
	notRaced(t)
	t.Parallel()
	launches := proof.Pick(t, 30, 15, 5)
	if *walls {
		launches = 100
	}
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, roomy(), quotaOf(1000))
		peak := 0
		for i := range launches {
			r.ensured(large(name(i), shared, 150, "10.0.0.0/8"))
			r.released(end(name(i), shared))
			if peak = max(peak, r.head()); peak > maxHead { // it costs ever more from here on
				t.Fatalf("the head item has %d bytes after %d launches of 150 rules, want at most %d", peak, i+1,
					maxHead)
			}
			time.Sleep(2700 * time.Millisecond)
		}
		t.Logf("the head item reached %d bytes", peak)
		r.sweeps(20 * time.Minute)
		if got := len(r.account.Rules(shared)); got != 3 {
			t.Errorf("the group has %d rules at rest, want the 3 foreign ones", got)
		}
	})
}

// TestWallMadeTwice makes 2,000 rules twice within an hour, because an outsider removes them
// in between.
func TestWallMadeTwice(t *testing.T) {
	proof.FullOnly(t, "it opens 2,000 rules, twice")
	notRaced(t)
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall, RulesPerGroup: 1100}, quotaOf(1100))
		foreign := r.rules(shared)
		peak := 0
		ports := make([]any, 1000)
		for i := range ports {
			ports[i] = fmt.Sprintf("%d-%d", 10000+3*i, 10001+3*i)
		}
		far := []string{"2001:db8:1234:5678:9abc:def0:1234:0/112"}
		for range 2 {
			m := queued(request("in", shared, rule{"ports": ports, "from": far}),
				request("out", shared, rule{"ports": ports, "to": far}))
			r.work(4, m...)
			for _, m := range m {
				m.wantsServed(t, 1)
			}
			peak = max(peak, r.head())
			if got := len(r.account.Rules(shared)); got != 2003 {
				t.Errorf("the group has %d rules, want 2,000 and the 3 foreign ones", got)
			}
			for _, rule := range r.account.Rules(shared) {
				if !foreign.Contains(ruleOf(t, rule)) {
					if err := r.account.RemoveRule(rule.ID); err != nil {
						t.Fatal(err)
					}
				}
			}
			time.Sleep(5 * time.Minute)
		}
		t.Logf("the head item reached %d bytes", peak)
		if peak > maxHead {
			t.Errorf("the head item has %d bytes, want at most %d", peak, maxHead)
		}
	})
}

// described returns a request of n rules with long descriptions, one for each peer.
func described(name string, peers []string) []byte {
	var rules []rule
	for _, peer := range peers {
		rules = append(rules, rule{"ports": 8000, "from": []string{peer}, "description": strings.Repeat("d", 255)})
	}
	return request(name, shared, rules...)
}

// absent returns the ids of n groups that do not exist.
func absent(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("sg-0dead%012x", i)
	}
	return ids
}

// denies makes EC2 deny Authorize. As in AWS, its message ends in an encoded text of some
// hundred characters for sts:DecodeAuthorizationMessage.
func denies(op fakeaws.Op) (bool, error) {
	if !strings.HasPrefix(op.Name, "Authorize") {
		return true, nil
	}
	return false, &fakeaws.Error{Code: "UnauthorizedOperation", Status: http.StatusForbidden,
		Message: "You are not authorized to perform this operation. " +
			"User: arn:aws:sts::111122223333:assumed-role/sgkeeper/ensure is not authorized to perform: " +
			"ec2:AuthorizeSecurityGroupIngress on resource: " +
			"arn:aws:ec2:us-east-1:111122223333:security-group/" + shared +
			" because no identity-based policy allows the action. " +
			"Encoded authorization failure message: " + strings.Repeat("x", 600)}
}

// TestWallRefusedItem refuses requests with a reason for each of their rules. The item holds
// the reasons and stays below DynamoDB's 400 KB an item, and the next launch is served.
func TestWallRefusedItem(t *testing.T) {
	for _, row := range []struct {
		name    string
		payload []byte
		fault   fakeaws.Fault
	}{
		{"400 rules without permission", large("bad", shared, 400, "10.0.0.0/8"), denies},
		{"560 peers that do not exist", described("bad", absent(560)), nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, roomy(), quotaOf(1000), onBus)
				r.account.Inject(row.fault)
				bad := queued(row.payload)
				r.work(4, bad...)
				size, key := r.largest()
				r.account.Inject(nil)
				good := queued(launch("good", shared, 8000))
				r.work(4, good...)
				t.Logf("bad is %s after %d deliveries, its reasons have %d bytes; the largest item is %s with %d bytes",
					bad[0].status(), bad[0].deliveries, len(bad[0].reasons()), key, size)
				t.Logf("good is %s after %d deliveries", good[0].status(), good[0].deliveries)
				bad[0].wants(t, events.Rejected, 2)
				good[0].wantsServed(t, 2)
				r.has("tcp 8000 from 0.0.0.0/0")
				if n := len(bad[0].reasons()); n > maxHead {
					t.Errorf("the reasons have %d bytes, want at most %d", n, maxHead)
				}
			})
		})
	}
}

// sizes records the sizes of the events that functions try to publish.
type sizes struct {
	mu      sync.Mutex
	largest int
	refused int
}

// measure records the size of each event that is published from now on.
func (r *rig) measure() *sizes {
	s := &sizes{}
	r.account.Inject(func(op fakeaws.Op) (bool, error) {
		var in struct{ Entries []fakeaws.Entry }
		if op.Name != "PutEvents" || json.Unmarshal(op.Body, &in) != nil {
			return true, nil
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		total := 0
		for _, e := range in.Entries {
			size := len(e.Source) + len(e.DetailType) + len(e.Detail)
			s.largest = max(s.largest, size)
			total += size
		}
		if total >= maxEvent {
			s.refused++
		}
		return true, nil
	})
	return s
}

// TestWallLargeEvents opens and revokes 2,000 rules, 1,000 of each of two launches. The bus
// accepts each event, and together they name every rule.
func TestWallLargeEvents(t *testing.T) {
	proof.FullOnly(t, "it opens 2,000 rules, twice")
	notRaced(t)
	t.Parallel()
	both := [][]byte{large("v4", shared, 1000, "0.0.0.0/0"), large("v6", shared, 1000, "::/0")}
	options := fakeaws.Options{Latency: everyCall, RulesPerGroup: 1100}
	t.Run("opened", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, options, quotaOf(1100), onBus)
			b, s := r.listen(), r.measure()
			m := queued(both...)
			r.work(4, m...)
			named := 0
			for _, e := range taken[events.PortsEnsured](b) {
				named += len(e.Authorized)
			}
			r.logEvents(t, "open", m, s, named)
			m[0].wantsServed(t, 1)
			m[1].wantsServed(t, 1)
			if named < 2000 {
				t.Errorf("the events name %d authorized rules, want 2000", named)
			}
		})
	})
	t.Run("revoked", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, options, quotaOf(1100)) // opens without a bus
			for _, payload := range both {
				r.ensured(payload)
			}
			time.Sleep(time.Hour)
			r = r.with(quotaOf(1100), onBus)
			b, s := r.listen(), r.measure()
			m := queued(end("v4", shared), end("v6", shared))
			r.work(4, m...)
			names := make(map[secgroup.Rule]bool)
			for _, e := range taken[events.PortsReleased](b) {
				for _, entry := range e.Revoked {
					names[entry.Rule] = true
				}
			}
			r.logEvents(t, "end", m, s, len(names))
			for _, m := range m {
				if m.status() != events.Queued {
					m.wants(t, events.Released, 1)
				}
			}
			if len(names) != 2000 {
				t.Errorf("the events name %d revoked rules, want 2000", len(names))
			}
		})
	})
}

func (r *rig) logEvents(t *testing.T, what string, m []*mail, s *sizes, named int) {
	t.Helper()
	t.Logf("%s: %s and %s after %d and %d deliveries; an event of %d bytes, %d PutEvents over %d bytes, %d rules named",
		what, m[0].status(), m[1].status(), m[0].deliveries, m[1].deliveries, s.largest, s.refused, maxEvent, named)
}

// readMeter is a client of AWS that counts the bytes a function reads from the table.
type readMeter struct {
	account *fakeaws.Account
	bytes   atomic.Int64
}

// Do sends a request and counts the body of the reply.
func (m *readMeter) Do(r *http.Request) (*http.Response, error) {
	reply, err := m.account.Do(r)
	if err == nil && strings.HasPrefix(r.Header.Get("X-Amz-Target"), "DynamoDB") {
		m.bytes.Add(max(0, reply.ContentLength))
	}
	return reply, err
}

// over returns another process of the function that uses the given client.
func (r *rig) over(way aws.HTTPClient) *rig {
	other := *r
	other.config.HTTPClient = way
	c := handler.Config{Config: runtime.Config{Table: table, Quota: 60, Account: r.account.ID()},
		Mode: handler.Enforce}
	other.handler = handler.New(c, other.config, r.log)
	return &other
}

// TestWallRefusedAreRead refuses 20 requests of 1,000 rules each because of the quota, and
// counts the bytes that the next launch's round reads.
func TestWallRefusedAreRead(t *testing.T) {
	notRaced(t)
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		for i := range 20 {
			if o := r.ask(large(name(i), shared, 1000, "10.0.0.0/8")); o.Status != events.Rejected {
				t.Fatalf("launch %d is %s, want it rejected for the quota", i, o.Status)
			}
		}
		r.sweeps(20 * time.Minute)
		m := &readMeter{account: r.account}
		r.over(m).ensured(launch("good", shared, 8000))
		t.Logf("with 20 refused requests of 1,000 rules, a round reads %d bytes of the table", m.bytes.Load())
		if got := m.bytes.Load(); got > 64<<10 {
			t.Errorf("a round reads %d bytes, want at most %d", got, 64<<10)
		}
		o := r.ask(large(name(0), shared, 1000, "10.0.0.0/8"))
		if o.Status != events.Rejected {
			t.Errorf("a refused request that is repeated is %s, want rejected", o.Status)
		}
	})
}

// TestWallLedgerIsFull revokes as many rules within 15 minutes as the ledger holds. The next
// launch is still served. The next end's revoke waits until those entries expire, and then
// closes its ports.
func TestWallLedgerIsFull(t *testing.T) {
	proof.FullOnly(t, "it revokes 32,000 rules")
	notRaced(t)
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScale(t)
		s.ensured(launch("stays", shared, 8000))
		s.revoked(32_000)
		s.ensured(launch("next", shared, 8002))
		s.ask(end("stays", shared))
		if !s.rules(shared).Contains(parsed("tcp 8000 from 0.0.0.0/0")) {
			t.Error("a rule was revoked that the ledger has no room for")
		}
		s.sweeps(20 * time.Minute)
		s.hasNot("tcp 8000 from 0.0.0.0/0")
		s.has("tcp 8002 from 0.0.0.0/0")
	})
}

// heads counts the groups that have a head item.
func (r *rig) heads() (n int) {
	r.t.Helper()
	for _, it := range r.items() {
		if textOf(it["sk"]) == "HEAD" {
			n++
		}
	}
	return n
}

// TestWallEndsOfUnknownGroups ends launches in groups that do not exist and that they never
// requested. Each end is answered, and no head remains.
func TestWallEndsOfUnknownGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ends = 300
		r := newRig(t, fakeaws.Options{Latency: everyCall})
		r.ensured(launch("good", shared, 8000))
		before := r.heads()
		calls, by := r.ec2Calls(func() {
			groups := absent(ends)
			for i := 0; i < ends; i += 10 {
				var batch [][]byte
				for n := i; n < i+10; n++ {
					batch = append(batch, end(name(n), groups[n]))
				}
				if got := r.failed(withTime(t), sqs(batch...)); len(got) != 0 {
					t.Errorf("%v return to the queue, want every end answered", got)
				}
			}
		})
		t.Logf("%d ends left %d head items and cost %d calls of EC2: %s", ends, r.heads()-before, calls, by)
		if got := r.heads() - before; got != 0 {
			t.Errorf("%d head items, want none for groups without requests", got)
		}
		if calls > 0 {
			t.Errorf("%d calls of EC2, want none", calls)
		}
	})
}
