package conformance_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestProcessesThrottled has compiled functions serve launches of 1 to 200 rules on
// DynamoDB Local and moto. A proxy before moto throttles them by EC2's token buckets, which
// are empty at first. Some processes are killed, and some replies are lost. Every message is
// answered, and the engines are at rest within three minutes of the last fault.
func TestProcessesThrottled(t *testing.T) {
	f := &fleet{plan: faultPlan{faults: throttledFaults}, quota: 1000, buckets: newBuckets()}
	s := newScene(t, motoRoomy, f, groupCount)
	s.within = 3 * time.Minute
	dice := rand.New(rand.NewPCG(15, 32))
	requests := drawLarge(dice, s.groups)
	s.fleet.run(t, processes)
	s.openAndEnd(t, dice, requests)
	t.Logf("%d throttled, requests: %v", s.fleet.buckets.refused, s.fleet.plan.seen)
	rest := time.Since(s.fleet.last)
	if rest > restAfterFault {
		t.Errorf("at rest %s after the last fault, want at most %s", rest, restAfterFault)
	}
	if s.fleet.buckets.refused == 0 {
		t.Error("no call was throttled")
	}
	if !t.Failed() {
		ran.say("processes behind token buckets: %d functions, %d launches of 1 to %d rules, "+
			"%d killed, %d replies lost, "+
			"%d calls throttled, at rest %s after the last fault, 0 violations", processes, len(requests), maxRules,
			s.fleet.killed.Load(), s.fleet.lost.Load(), s.fleet.buckets.refused, rest.Round(time.Second))
	}
}

// restAfterFault is the longest time from the last fault until everything is at rest.
const restAfterFault = 5 * time.Minute

// throttledFaults are kills and lost replies, also of large calls.
var throttledFaults = []plannedFault{
	{"TransactWriteItems", 5, before}, {"TransactWriteItems", 30, after}, {"TransactWriteItems", 50, lost},
	{"UpdateItem", 3, before}, {"UpdateItem", 9, after}, {"UpdateItem", 20, lost},
	{"Query", 6, before}, {"DescribeSecurityGroupRules", 3, after}, {"DescribeSecurityGroupRules", 8, lost},
	{"AuthorizeSecurityGroupIngress", 2, before}, {"AuthorizeSecurityGroupIngress", 5, after},
	{"AuthorizeSecurityGroupIngress", 8, lost}, {"AuthorizeSecurityGroupIngress", 11, lost},
	{"RevokeSecurityGroupIngress", 1, lost}, {"RevokeSecurityGroupIngress", 3, after},
	{"PutEvents", 2, before}, {"PutEvents", 4, after}, {"PutEvents", 6, lost},
}

const (
	maxRules     = 200 // of a launch
	largeCount   = 96  // launches
	largePorts   = 150 // that launches of a group request, in each of two families
	manyAreSmall = 3   // three of four launches request at most 20 rules
)

// drawLarge draws launches of up to 200 rules.
func drawLarge(dice *rand.Rand, groups []string) (requests []*request) {
	for i := range largeCount {
		w := &request{launch: fmt.Sprintf("large-%d", i), group: groups[dice.IntN(len(groups))]}
		n := 1 + dice.IntN(maxRules)
		if i%4 < manyAreSmall {
			n = 1 + dice.IntN(20)
		}
		for _, k := range dice.Perm(2 * largePorts)[:n] {
			w.rules = append(w.rules, tuple{port: int32(8000 + 2*(k/2)), peer: []string{"0.0.0.0/0", "::/0"}[k%2]})
		}
		requests = append(requests, w)
	}
	requests[largeCount-1].rules = nil
	for k := range maxRules { // the last launch requests the maximum
		w := requests[largeCount-1]
		w.rules = append(w.rules, tuple{port: int32(8000 + 2*(k/2)), peer: []string{"0.0.0.0/0", "::/0"}[k%2]})
	}
	return requests
}

// buckets are EC2's token buckets of an account and Region, by operation. They have a fifth of
// EC2's size and refill, as if other programs of the account used up the rest. They are empty at
// first, as after a storm.
type buckets struct {
	mu      sync.Mutex
	of      map[string]*bucket
	refused int
}

type bucket struct {
	size, refill, tokens float64 // refill is tokens a second
	at                   time.Time
}

// left is the part of EC2's buckets that is left. The sizes and refills are those of EC2's
// developer guide, "Request throttling for the Amazon EC2 API".
const left = 0.2

func newBuckets() *buckets {
	now := time.Now()
	b := &buckets{of: make(map[string]*bucket)}
	for _, op := range []string{"AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"} {
		b.of[op] = &bucket{size: left * 50, refill: left * 5, at: now}
	}
	b.of["DescribeSecurityGroupRules"] = &bucket{size: left * 100, refill: left * 20, at: now}
	return b
}

// take takes a token for a call. False means that EC2 refuses the call. Nil buckets and other
// operations have no limit.
func (b *buckets) take(op string) bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.of[op]
	if k == nil {
		return true
	}
	now := time.Now()
	k.tokens, k.at = min(k.size, k.tokens+k.refill*now.Sub(k.at).Seconds()), now
	if k.tokens < 1 {
		b.refused++
		return false
	}
	k.tokens--
	return true
}

// throttle answers as EC2 does when a bucket is empty.
func throttle(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+
		`<Response><Errors><Error><Code>RequestLimitExceeded</Code>`+
		`<Message>Request limit exceeded.</Message></Error></Errors>`+
		`<RequestID>8e3cc3b5-4a6c-4a0c-8c0c-0d7e4d7f4b12</RequestID></Response>`)
}
