package ensure_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// A wall is a size or a rate of AWS at which a group could stop. The files wall_*_test.go hold
// a test for each. It drives the handler to the wall, checks the required behaviour, and logs
// the figure that it measured.

var walls = flag.Bool("walls", false, "run the tests of walls at full size")

// apart returns n ports without neighbours, so that each needs its own rule.
func apart(n int) []any {
	ports := make([]any, n)
	for i := range ports {
		ports[i] = 10000 + 2*i
	}
	return ports
}

// large returns a request of n rules for each of the peers.
func large(name, group string, n int, peers ...string) []byte {
	return request(name, group, rule{"ports": apart(n), "from": peers})
}

// roomy returns an account with groups that hold the highest number of rules that EC2 offers.
func roomy() fakeaws.Options { return fakeaws.Options{Latency: everyCall, RulesPerGroup: 1000} }

// mail is a message in the queue.
type mail struct {
	payload    []byte
	deliveries int
	outcomes   []events.Outcome // once it is answered
	again      time.Time        // when it is delivered next
}

func queued(payloads ...[]byte) []*mail {
	all := make([]*mail, len(payloads))
	for i, payload := range payloads {
		all[i] = &mail{payload: payload}
	}
	return all
}

// status returns the status in the message's answer.
func (m *mail) status() events.Status {
	switch {
	case m.outcomes != nil:
		return m.outcomes[0].Status
	case m.deliveries >= maxDeliveries:
		return "dead-lettered"
	}
	return "not answered"
}

// reasons returns the reasons of the message's outcomes.
func (m *mail) reasons() string {
	var all []string
	for _, o := range m.outcomes {
		all = append(all, claim.Faults(o.Reasons).Error())
	}
	return strings.Join(all, "; ")
}

// wants fails the test unless the message was answered with a status, within some deliveries.
func (m *mail) wants(t *testing.T, status events.Status, deliveries int) {
	t.Helper()
	if got := m.status(); got != status || m.deliveries > deliveries {
		t.Errorf("%.60s is %s after %d deliveries, want %s within %d", m.payload, got, m.deliveries, status,
			deliveries)
	}
}

// wantsServed fails the test unless the message was answered within some deliveries, by its
// own function or by the current holder of the group's lease.
func (m *mail) wantsServed(t *testing.T, deliveries int) {
	t.Helper()
	if m.status() != events.Queued {
		m.wants(t, events.Ensured, deliveries)
	}
}

const (
	maxDeliveries = 5               // of a message, before it is dead-lettered
	hidden        = 3 * time.Minute // a message that was not answered
)

// work advances the clock and runs a sweep each minute. It delivers each unanswered message
// every three minutes, up to five times. It ends when all are answered or dead-lettered.
func (r *rig) work(minutes int, all ...*mail) {
	for range minutes {
		var running sync.WaitGroup
		left := 0
		for _, m := range all {
			if m.outcomes != nil || m.deliveries >= maxDeliveries {
				continue
			}
			left++
			if time.Now().Before(m.again) {
				continue
			}
			m.deliveries++
			m.again = time.Now().Add(hidden)
			late := time.Duration(left) * 10 * time.Millisecond // messages begin in their order
			running.Go(func() {
				time.Sleep(late)
				if result, err := r.invoke(m.payload); err == nil {
					m.outcomes = result.Outcomes
				}
			})
		}
		if left == 0 {
			return
		}
		running.Go(func() { _, _ = r.invoke([]byte(`{"sgkeeper":"sweep"}`)) })
		time.Sleep(time.Minute)
		running.Wait()
	}
}

// dieAfter kills the function after its first call of an operation was applied, before it
// reads the reply.
func (r *rig) dieAfter(operation string, payload []byte) {
	r.t.Helper()
	ctx, kill := context.WithTimeout(context.Background(), 30*time.Second)
	defer kill()
	var dead atomic.Bool
	r.account.Inject(func(op fakeaws.Op) (bool, error) {
		if dead.Load() {
			return false, errBroken
		}
		if op.Name == operation {
			dead.Store(true)
			kill()
			return true, errBroken
		}
		return true, nil
	})
	defer r.account.Inject(nil)
	if _, err := r.handler.Invoke(ctx, payload); err == nil || !dead.Load() {
		r.t.Fatalf("the function was not killed in %s: %v", operation, err)
	}
}

// with returns another process of the function, with other settings.
func (r *rig) with(configure ...func(*handler.Config)) *rig {
	return r.process(&client{}, configure...)
}

// head returns the size of the shared group's head, as DynamoDB counts it.
func (r *rig) head() int {
	r.t.Helper()
	for _, it := range r.items() {
		if textOf(it["pk"]) == r.groupPK() && textOf(it["sk"]) == "HEAD" {
			return sizeOf(it)
		}
	}
	return 0
}

// largest returns the size of the largest item, and its key.
func (r *rig) largest() (size int, key string) {
	r.t.Helper()
	for _, it := range r.items() {
		if n := sizeOf(it); n > size {
			size, key = n, textOf(it["pk"])+"/"+textOf(it["sk"])
		}
	}
	return size, key
}

func textOf(v types.AttributeValue) string {
	s, _ := v.(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}

// sizeOf returns the size of an item as DynamoDB counts it: names and values in UTF-8
// (DynamoDB developer guide, "Item sizes and formats").
func sizeOf(it map[string]types.AttributeValue) (size int) {
	for name, v := range it {
		size += len(name) + valueSize(v)
	}
	return size
}

func valueSize(v types.AttributeValue) int {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return 1 + (len(strings.TrimRight(v.Value, "0"))+1)/2
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberSS:
		return len(strings.Join(v.Value, ""))
	case *types.AttributeValueMemberM:
		return 3 + len(v.Value) + sizeOf(v.Value)
	case *types.AttributeValueMemberL:
		size := 3 + len(v.Value)
		for _, e := range v.Value {
			size += valueSize(e)
		}
		return size
	}
	return 1
}

// ec2Calls counts the calls of EC2 in a step, by operation.
func (r *rig) ec2Calls(do func()) (n int, by string) {
	before := r.account.Calls()
	do()
	more := r.account.Calls().Since(before)
	var parts []string
	for _, action := range slices.Sorted(maps.Keys(more)) {
		if name, ok := strings.CutPrefix(action, "ec2:"); ok {
			parts = append(parts, fmt.Sprintf("%d %s", more[action], name))
		}
	}
	return more.Of("ec2"), strings.Join(parts, ", ")
}
