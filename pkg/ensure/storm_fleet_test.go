package ensure_test

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// way is a method by which a launch of a storm opens its ports.
type way string

const (
	bySgkeeper way = "sgkeeper"
	byNaive    way = "describe, subtract, authorize"
	byLock     way = "a lock with retry"
)

// spans are the latencies of calls within a Region. One call in a hundred takes ten times as
// long.
var spans = map[string][2]time.Duration{
	"ec2":      {15 * time.Millisecond, 60 * time.Millisecond},
	"dynamodb": {4 * time.Millisecond, 12 * time.Millisecond},
	"events":   {8 * time.Millisecond, 25 * time.Millisecond},
}

// regional gives the n-th call of each operation the latency that the seed
// fixes.
func regional(seed uint64) func(fakeaws.Op) time.Duration {
	return func(op fakeaws.Op) time.Duration {
		hash := fnv.New64a()
		_, _ = hash.Write([]byte(op.Action()))
		random := rand.New(rand.NewPCG(seed^hash.Sum64(), uint64(op.Nth)))
		of := spans[op.Service]
		took := of[0] + upTo(random, of[1]-of[0]+1)
		if random.IntN(100) == 0 {
			took *= 10
		}
		return took
	}
}

// fleet is the function as Lambda runs it: one process for each concurrent invocation, which
// later invocations reuse.
type fleet struct {
	*rig
	storm  storm
	meter  *meter
	groups []string
	begun  time.Time
	life   time.Duration // of an invocation
	all    chan struct{} // closed once every launch was announced

	mu          sync.Mutex
	free        []*handler.Handler
	served      map[string]time.Time // launches, and when they were first announced
	invocations atomic.Int64
	rounds      atomic.Int64
}

func newFleet(t *testing.T, s storm, o fakeaws.Options) *fleet {
	f := &fleet{rig: newRig(t, o), storm: s, served: make(map[string]time.Time), begun: time.Now(),
		life: 30 * time.Second, all: make(chan struct{})}
	f.groups = []string{shared}
	for i := 1; i < s.Groups; i++ {
		f.groups = append(f.groups, fmt.Sprintf("sg-0%016x", i))
		f.addGroup(f.groups[i], "all from self", "tcp 22 from 198.51.100.0/24")
	}
	f.meter = newMeter(f.account)
	f.config.HTTPClient = f.meter
	f.account.ResetCalls()
	f.account.Throttle(true)
	f.account.FailEntries(f.hear)
	f.account.Inject(func(op fakeaws.Op) (bool, error) {
		if op.Name == "Query" {
			f.rounds.Add(1)
		}
		return true, nil
	})
	return f
}

// hear records the launches that an event announces as served.
func (f *fleet) hear(e fakeaws.Entry) *fakeaws.Error {
	var announced events.PortsEnsured
	if e.DetailType == events.EnsuredType && json.Unmarshal([]byte(e.Detail), &announced) == nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, launch := range announced.Launches {
			f.note(launch)
		}
	}
	return nil
}

func (f *fleet) note(launch string) {
	if _, again := f.served[launch]; !again {
		f.served[launch] = time.Now()
		if len(f.served) == f.storm.Launches {
			close(f.all)
		}
	}
}

// run sends the storm, and returns once every launch is answered.
func (f *fleet) run(w way, seed uint64) passed {
	f.begun = time.Now()
	arrivals := f.storm.arrivals(seed)
	var all sync.WaitGroup
	for i, at := range arrivals {
		all.Go(func() {
			time.Sleep(at)
			f.launch(w, i)
		})
	}
	stop := f.sweep(w)
	all.Wait()
	stop()
	return f.passed(w, arrivals)
}

// sweep invokes a sweep of the function once a minute.
func (f *fleet) sweep(w way) (stop func()) {
	if w != bySgkeeper {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() {
		for tick := time.NewTicker(time.Minute); ; {
			select {
			case <-tick.C:
				_ = f.invokeOnce([]byte(`{"sgkeeper":"sweep"}`))
			case <-ctx.Done():
				tick.Stop()
				return
			}
		}
	})
	return func() { cancel(); all.Wait() }
}

func (f *fleet) launch(w way, i int) {
	group := f.groups[i%len(f.groups)]
	if w == bySgkeeper {
		f.invoke(launch(name(i), group, stormed(i)...))
		return
	}
	l, g := newLauncher(f.config), claim.Group{Account: f.account.ID(), Region: f.account.Region(), ID: group}
	open := l.naively
	if w == byLock {
		open = l.locked
	}
	if err := open(context.Background(), g, stormedRules(i)); err == nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.note(name(i))
	}
}

func stormedRules(i int) (asked []secgroup.Entry) {
	for _, port := range stormed(i) {
		asked = append(asked, secgroup.Entry{Rule: secgroup.MustParseRule(fmt.Sprintf("tcp %d from 0.0.0.0/0", port))})
	}
	return asked
}

// redelivery is how long a queue hides a message after the function failed.
const redelivery = 3 * time.Minute

// invoke makes the function serve a message, and repeats it if the function had too little
// time.
func (f *fleet) invoke(payload []byte) {
	for f.invokeOnce(payload) != nil {
		time.Sleep(redelivery)
	}
}

func (f *fleet) invokeOnce(payload []byte) error {
	_, err := f.process(context.Background(), payload)
	return err
}

// process makes a function process serve a payload.
func (f *fleet) process(ctx context.Context, payload []byte) ([]byte, error) {
	f.invocations.Add(1)
	process := f.take()
	defer f.giveBack(process)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.life)
	defer cancel()
	return process.Invoke(ctx, payload)
}

func (f *fleet) take() *handler.Handler {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.free); n > 0 {
		process := f.free[n-1]
		f.free = f.free[:n-1]
		return process
	}
	c := handler.Config{Config: runtime.Config{Table: table, Bus: "launches", Quota: 60, Account: f.account.ID()},
		Mode: handler.Enforce}
	return handler.New(c, f.config, io.Discard)
}

func (f *fleet) giveBack(process *handler.Handler) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.free = append(f.free, process)
}

// passed returns the cost of the storm.
func (f *fleet) passed(w way, arrivals []time.Duration) passed {
	calls, m := f.account.Calls(), f.meter
	p := passed{
		storm: f.storm, Way: string(w), Served: len(f.served),
		EC2: calls.Of("ec2"), DynamoDB: calls.Of("dynamodb"), Bus: calls.Of("events"),
		Throttled: m.throttled, Rounds: int(f.rounds.Load()), Invocations: int(f.invocations.Load()),
		Read: m.read, Written: m.written, PeakRead: busiest(m.reads), PeakWritten: busiest(m.writes),
	}
	for i, at := range arrivals {
		if announced, ok := f.served[name(i)]; ok {
			p.waited = append(p.waited, announced.Sub(f.begun.Add(at)))
			p.Last = max(p.Last, announced.Sub(f.begun))
		}
	}
	p.settle()
	return p
}

// settle computes the statistics of the waits of all launches.
func (p *passed) settle() {
	slices.Sort(p.waited)
	if n := len(p.waited); n > 0 {
		p.Median, p.P99 = p.waited[n/2], p.waited[min(n-1, n*99/100)]
	}
}
