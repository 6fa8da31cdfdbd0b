package ensure_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/dice"
)

// simProcess is one function process: the real handler over the real SDK. The simulation
// decides the fate of each request. A process serves one invocation at a time.
type simProcess struct {
	sim     *simulation
	id      int
	skew    time.Duration
	handler *handler.Handler
	plain   bool // its rules get no tags

	// The simulation's lock guards the other fields.
	kill     context.CancelFunc
	dead     bool
	broken   map[string]time.Time // operations that it no longer reaches, and since when
	said     map[string]int       // how often it made a call
	loaded   map[string]time.Time // by group: when its last round began
	viewed   map[string]time.Time // by group: the time that its last describe shows
	messages []*message
	underWay int // requests
}

// newProcess starts a process. The caller holds the simulation's lock.
func (s *simulation) newProcess() *simProcess {
	s.started++
	p := &simProcess{sim: s, id: s.started, broken: map[string]time.Time{}, said: map[string]int{},
		loaded: map[string]time.Time{}, viewed: map[string]time.Time{}}
	if s.luck.skew > 0 {
		p.skew = dice.Between(s.dice.Of(fmt.Sprint("skew", p.id)), -s.luck.skew, s.luck.skew)
	}
	config := s.config
	config.HTTPClient = p
	config.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.Backoff = retry.BackoffDelayerFunc(p.backoff) })
	}
	p.plain = dice.Chance(s.dice.Of(fmt.Sprint("tags", p.id)), s.luck.plain)
	p.handler = handler.New(handler.Config{
		Config: runtime.Config{
			Table: table, Bus: "launches", Quota: s.workload.configured, Account: s.account.ID(),
			Guardrails: s.guardrails,
		},
		Mode: handler.Enforce, Untagged: p.plain, Trace: true,
	}, config, p)
	p.handler.Now = p.now
	return p
}

// now returns the time of the process's clock.
func (p *simProcess) now() time.Time { return time.Now().Add(p.skew) }

// backoff is the SDK's backoff with the simulation's dice.
func (p *simProcess) backoff(attempt int, _ error) (time.Duration, error) {
	r := p.sim.dice.Of(fmt.Sprint("backoff", p.id, time.Now().UnixNano()))
	return dice.Between(r, 0, min(20*time.Second, time.Second<<min(attempt, 5))), nil
}

// skewed is an invocation's context, with the deadline by the process's clock.
type skewed struct {
	context.Context
	by time.Duration
}

func (c skewed) Deadline() (time.Time, bool) {
	deadline, ok := c.Context.Deadline()
	return deadline.Add(c.by), ok
}

// invoke invokes the process, with Lambda's timeout.
func (p *simProcess) invoke(payload []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	p.sim.mu.Lock()
	p.kill = cancel
	p.sim.mu.Unlock()
	reply, err := p.handler.Invoke(skewed{ctx, p.skew}, payload)
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	if p.dead {
		return nil, errBroken
	}
	return reply, err
}

// Do sends a request to AWS, or loses it, by its fate.
func (p *simProcess) Do(r *http.Request) (*http.Response, error) {
	call := readCall(r)
	defer p.ends()
	f, ok := p.meet(call)
	if !ok || !pass(r.Context(), f.before) {
		return nil, errBroken
	}
	if f.kill && !f.apply {
		if f.late > 0 {
			time.AfterFunc(f.late, func() { _, _ = p.sim.apply(p, call, fate{name: "late", apply: true}, r) })
		}
		p.sim.die(p, call, f)
		return nil, errBroken
	}
	reply, err := p.sim.apply(p, call, f, r)
	f.applied = time.Now()
	if f.kill {
		p.sim.die(p, call, f)
		return nil, errBroken
	}
	if !pass(r.Context(), f.after) {
		return nil, errBroken
	}
	if (call.name == "load" || call.name == "describe") && err == nil {
		p.sim.seen(p, call, f)
	}
	return reply, err
}

// meet decides on a call's fate. A dead process makes no call.
func (p *simProcess) meet(call simCall) (fate, bool) {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	p.begins()
	since, broken := p.broken[call.name]
	if p.dead || broken && since.Before(time.Now()) && !p.sim.quiet { // concurrent calls have no order
		return fate{}, false
	}
	p.said[call.content]++
	l := p.sim.luck
	if p.sim.quiet {
		l = luck{}
	}
	f := l.fate(p.sim.dice, call, fmt.Sprint(p.id, p.said[call.content], call.content))
	if f.ever {
		p.broken[call.name] = time.Now()
	}
	if f.name != "" {
		p.sim.faults++
		if call.toEC2() {
			p.sim.faultsEC2++
		}
	}
	return f, true
}

// ends notes that a request of the process has ended.
func (p *simProcess) ends() {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	p.underWay--
}

// pass advances the clock, and reports whether the invocation is still running.
func pass(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// Write parses the process's log.
func (p *simProcess) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(`"message":"step"`)) {
		p.record(line)
		return len(line), nil
	}
	outcome := bytes.Contains(line, []byte(`"message":"outcome"`))
	duplicate := bytes.Contains(line, []byte("InvalidPermission.Duplicate"))
	if !outcome && !duplicate {
		return len(line), nil
	}
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	switch {
	case p.dead:
	case duplicate:
		p.sim.violated("a Duplicate surfaces: %s", line)
	default:
		var o simOutcome
		if err := json.Unmarshal(line, &o); err != nil {
			p.sim.violated("log %s: %v", line, err)
		}
		p.sim.answered(p, o)
	}
	return len(line), nil
}

// simOutcome is the log line of an outcome.
type simOutcome struct{ Launch, Group, Status, Reasons string }

func (o simOutcome) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s on %s is %s %s", o.Launch, o.Group, o.Status, o.Reasons))
}
