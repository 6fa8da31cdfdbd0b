package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/sgkeeper/sgkeeper/functions/audit/handler"
	"github.com/sgkeeper/sgkeeper/pkg/dice"
)

// simProcess is one function process: the real handler over the real SDK. The simulation
// decides the fate of each request. A process serves one invocation at a time.
type simProcess struct {
	sim     *simulation
	id      int
	skew    time.Duration
	handler *handler.Handler

	// The simulation's lock guards the other fields.
	kill   context.CancelFunc
	dead   bool
	broken map[string]time.Time // operations that it no longer reaches, and since when
	said   map[string]int       // how often it made a call

	// Of the current invocation:
	began     time.Time
	disturbed bool                 // a call met a fault
	stopped   bool                 // so did a call that gives an output nothing: the audit may need it
	read      map[string]reading   // of a group's rules, by group
	looked    reading              // of groups
	asked     map[string]time.Time // by call to EC2: when it was tried first since it was answered last
	sent      []string             // messages
	committed []string             // the ids of the audits whose reports it stored
}

// newProcess starts a process. The caller holds the simulation's lock.
func (s *simulation) newProcess() *simProcess {
	s.started++
	p := &simProcess{sim: s, id: s.started, broken: map[string]time.Time{}, said: map[string]int{}}
	p.skew = dice.Between(s.dice.Of(fmt.Sprint("skew", p.id)), -s.luck.skew, s.luck.skew+1)
	config := s.config
	config.HTTPClient = p
	config.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.Backoff = retry.BackoffDelayerFunc(p.backoff) })
	}
	p.handler = handler.New(s.settings, config, p)
	p.handler.Now = p.now
	return p
}

// reading is when something was read, from the first try of the call to its answer.
type reading struct{ began, at, ended time.Time }

// reads returns the reading of a call that is applied now.
func (p *simProcess) reads(call simCall, f fate) reading {
	r := reading{p.asked[call.name], time.Now(), time.Now().Add(f.after)}
	delete(p.asked, call.name)
	return r
}

// before reports whether a reading was certainly before another, for functions whose clocks are
// corrected to a few seconds.
func (r reading) before(o reading) bool { return r.ended.Add(5 * time.Second).Before(o.began) }

// now returns the time of the process's clock.
func (p *simProcess) now() time.Time { return time.Now().Add(p.skew) }

// backoff is the SDK's backoff with the simulation's dice.
func (p *simProcess) backoff(attempt int, _ error) (time.Duration, error) {
	r := p.sim.dice.Of(fmt.Sprint("backoff", p.id, time.Now().UnixNano()))
	return dice.Between(r, 0, min(20*time.Second, time.Second<<min(attempt, 5))), nil
}

// invoke invokes the process by an alias or directly, with Lambda's timeout.
func (p *simProcess) invoke(alias string, payload []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), p.sim.luck.timeout)
	defer cancel()
	p.sim.mu.Lock()
	p.kill, p.began, p.disturbed, p.read, p.sent, p.committed = cancel, time.Now(), false, map[string]reading{},
		nil, nil
	p.stopped, p.looked, p.asked = false, reading{}, map[string]time.Time{}
	p.sim.mu.Unlock()
	lambda := lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{
		AwsRequestID:       fmt.Sprint("r-", p.id),
		InvokedFunctionArn: "arn:aws:lambda:us-east-1:111122223333:function:sgkeeper-audit" + alias,
	})
	reply, err := p.handler.Invoke(lambda, payload)
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	if ctx.Err() != nil && !p.dead {
		p.dead = true
		p.meets(simCall{}, true)
		p.sim.note("p%d runs out of time", p.id)
	}
	if p.dead {
		return nil, errBroken
	}
	return reply, err
}

// Do sends a request to AWS, or loses it, by its fate.
func (p *simProcess) Do(r *http.Request) (*http.Response, error) {
	call := readCall(r)
	f, ok := p.meet(call)
	if !ok || !pass(r.Context(), f.before) {
		return nil, errBroken
	}
	if f.kill && !f.apply {
		p.sim.die(p, call, f)
		return nil, errBroken
	}
	reply, err := p.sim.apply(p, call, f, r)
	if f.kill {
		p.sim.die(p, call, f)
		return nil, errBroken
	}
	if !pass(r.Context(), f.after) {
		return nil, errBroken
	}
	return reply, err
}

// meet decides on a call's fate. A dead process makes no call.
func (p *simProcess) meet(call simCall) (fate, bool) {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	since, broken := p.broken[call.name]
	if p.dead || broken && since.Before(time.Now()) && !p.sim.quiet { // at one moment there is no order
		p.meets(call, true)
		return fate{}, false
	}
	p.said[call.name+call.content]++
	if _, again := p.asked[call.name]; !again {
		p.asked[call.name] = time.Now()
	}
	l := p.sim.luck
	if p.sim.quiet {
		l = luck{}
	}
	f := l.fateOf(p.sim.dice, call, fmt.Sprint(p.id, p.said[call.name+call.content], call.name, call.content))
	if f.ever {
		p.broken[call.name] = time.Now()
	}
	if f.name != "" {
		p.sim.faults++
		p.meets(call, f.kill || f.err != nil)
	}
	return f, true
}

// meets notes that the invocation met a fault. failed says that the call failed.
func (p *simProcess) meets(call simCall, failed bool) {
	p.disturbed = true
	p.stopped = p.stopped || failed && !slices.Contains(outputs, call.name)
}

// outputs are the calls that give an output something. If one fails, no message fails.
var outputs = []string{"PutEvents", "findings", "put reports.json", "put reports.html", "put latest.html",
	"put index.json", "put index.html", "head latest.json", "delete runs.json"}

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

// Write reads the process's log and metrics.
func (p *simProcess) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(`"level":"DEBUG"`)) {
		return len(line), nil
	}
	var l simLine
	if err := json.Unmarshal(line, &l); err != nil {
		panic(fmt.Sprintf("log %s: %v", line, err))
	}
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	switch {
	case p.dead:
	case l.Message == "audit":
		p.sim.loggedAudit(p, l)
	case l.DriftsHigh != nil:
		p.sim.measured(p, l)
	case l.Level == "ERROR" || l.Level == "WARN":
		p.sim.note("p%d logs: %s %s", p.id, l.Message, l.Error)
	}
	return len(line), nil
}

// simLine is a line of the log or of the metrics.
type simLine struct {
	Level, Message, Error, Audit                        string
	Critical, High, Medium, Low                         int
	DriftsCritical, DriftsHigh, DriftsMedium, DriftsLow *float64
}
