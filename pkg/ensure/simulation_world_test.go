package ensure_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/dice"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// simulation is one small world: an account, function processes, a queue, launches, outsiders,
// and faults. Its events depend only on its seed.
type simulation struct {
	seed       uint64
	dice       dice.Seed
	luck       luck
	workload   *workload
	account    *fakeaws.Account
	config     aws.Config
	table      *dynamo.Table // past all faults
	start      time.Time
	guardrails string // a file, or ""

	mu         sync.Mutex
	quiet      bool // no faults happen any more
	started    int  // processes
	idle       []*simProcess
	running    int // invocations
	visible    []*message
	polling    bool
	waiting    int // messages that will be repeated
	verdict    fate
	caller     *simProcess // the process with the current call
	watch      watcher
	calls      map[string]int
	faults     int
	faultsEC2  int
	refusals   int       // EC2's own
	duplicate  int       // of those, Duplicates
	excuses    int       // why there may be some
	unfinished int       // rounds that may be unreleased
	viewed     time.Time // the time that a describe has shown
	ending     bool      // there may be an end that is not finished
	live       liveness
	trace      []traced
	recorded   bytes.Buffer    // the steps that the functions logged
	conform    int             // groups whose trace conforms to the protocol
	violation  []string        // of safety
	stall      []string        // of liveness
	spending   map[roundOf]int // calls of EC2
}

// simulate runs the simulation of a seed, in a synctest bubble.
func simulate(t *testing.T, seed uint64) *simulation {
	d := dice.Seed(seed)
	start := time.Now()
	s := &simulation{
		seed: seed, dice: d, luck: newLuck(d), workload: newWorkload(d, start), start: start,
		calls: map[string]int{}, spending: map[roundOf]int{},
	}
	s.build(t)
	s.schedule(t)
	time.Sleep(chaos)
	s.calm(t)
	s.settle(t)
	s.rest(t)
	s.checkTrace()
	return s
}

func (s *simulation) build(t *testing.T) {
	t.Helper()
	s.account = fakeaws.New(fakeaws.Options{
		Seed: s.seed, PartialBatches: s.luck.partial, RulesPerGroup: s.workload.quota,
		Stale: func(fakeaws.Op) time.Duration { return s.verdict.stale },
	})
	s.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: simPeerGroup})
	s.watch = newWatcher(s)
	for i, id := range s.workload.groups {
		s.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: id})
		if i >= len(simGroups) {
			s.watch.look(id, byOutsider)
			continue
		}
		for _, r := range []fakeaws.Rule{{Protocol: "-1", FromPort: -1, ToPort: -1, Peer: id},
			{Protocol: "tcp", FromPort: 22, ToPort: 22, Peer: office}} {
			if _, err := s.account.AddRule(id, r); err != nil {
				t.Fatal(err)
			}
		}
		s.watch.look(id, byOutsider)
	}
	s.guardrails = s.guardrailsOf(t)
	s.config = aws.Config{Region: s.account.Region(), Credentials: aws.AnonymousCredentials{}, HTTPClient: s.account}
	client := dynamodb.NewFromConfig(s.config)
	s.table = dynamo.New(client, table)
	if _, err := client.CreateTable(t.Context(), dynamo.Definition(table)); err != nil {
		t.Fatal(err)
	}
	s.account.Throttle(s.luck.buckets)
	s.account.Inject(s.judge)
	s.account.FailEntries(func(e fakeaws.Entry) *fakeaws.Error { s.published(e); return nil })
	s.verdict.apply = true
}

// judge decides on a call by its fate. EC2 rejects the odd rule.
func (s *simulation) judge(op fakeaws.Op) (apply bool, err error) {
	if isOdd(op) {
		return false, cmp.Or(s.verdict.err, error(errOdd))
	}
	return s.verdict.apply, s.verdict.err
}

// schedule starts all events.
func (s *simulation) schedule(t *testing.T) {
	for _, d := range s.workload.deliver {
		if !d.direct {
			s.waiting++
		}
	}
	for _, d := range s.workload.deliver { // from here on, some arrive
		time.AfterFunc(d.at, func() { s.arrive(d.message) })
	}
	for i := range int(chaos / time.Minute) {
		at := time.Duration(i)*time.Minute + dice.Between(s.dice.Of(fmt.Sprint("sweep", i)), 0, time.Second)
		time.AfterFunc(at, func() { s.sweep(t) })
	}
	for i, o := range s.workload.outsiders {
		time.AfterFunc(o.at, func() { s.meddle(i, o) })
	}
	if f := s.workload.freeze; f[1] > 0 {
		time.AfterFunc(f[0], func() { s.freeze(t, "simulated") })
		time.AfterFunc(f[1], func() { s.freeze(t, "") })
	}
	if f := s.workload.deny; f[1] > 0 {
		time.AfterFunc(f[0], func() { s.note("denied: %s", s.workload.denied); s.account.Deny(s.workload.denied) })
		time.AfterFunc(f[1], func() { s.note("allowed"); s.account.Deny() })
	}
}

// freeze freezes the first group, or thaws it.
func (s *simulation) freeze(t *testing.T, why string) {
	s.note("freeze %q", why)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch.frozen = time.Time{}
	g := claim.Group{Account: s.account.ID(), Region: s.account.Region(), ID: s.workload.groups[0]}
	err := s.table.Thaw(context.Background(), g)
	if why != "" {
		s.watch.frozen = time.Now()
		err = s.table.Freeze(context.Background(), g, claim.Freeze{Reason: why})
	}
	if err != nil {
		t.Error(err)
	}
}

// calm stops all faults.
func (s *simulation) calm(t *testing.T) {
	s.freeze(t, "")
	s.note("calm")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quiet = true
	s.account.Deny()
	s.live = liveness{calm: time.Now(), before: maps.Clone(s.calls)}
}

// long is the time after the faults within which all postponed work is done. Recently made
// rules expire after an hour, and a sweep has served every group.
const long = 150 * time.Minute

// settle sweeps until every message is answered and no group is due for long.
func (s *simulation) settle(t *testing.T) {
	for end := time.Now().Add(long); time.Now().Before(end); {
		time.Sleep(time.Minute)
		s.observe(t)
		if due := s.sweep(t); due.After(time.Now()) && !s.busy() {
			time.Sleep(min(time.Until(due), time.Until(end)))
		}
	}
	time.Sleep(time.Minute)
}

// sweep invokes a function like the schedule, and returns when the next group is due. It skips
// a sweep that would find no work, even if its clock is ahead, because such a sweep only costs
// time.
func (s *simulation) sweep(t *testing.T) (due time.Time) {
	s.mu.Lock()
	due = time.Now().Add(long)
	for _, group := range s.workload.groups {
		if due.Before(time.Now()) { // it is so for hundreds of groups
			break
		}
		if _, ledger := s.head(t, group); !ledger.Due.IsZero() && ledger.Due.Before(due) {
			due = ledger.Due
		}
	}
	due = s.sooner(t, due)
	s.mu.Unlock()
	if !due.After(time.Now().Add(s.luck.skew)) {
		s.invoke(nil)
	}
	return due
}

// head reads a group's head. The caller holds the simulation's lock.
func (s *simulation) head(t *testing.T, group string) (lease.Head, claim.Ledger) {
	g := claim.Group{Account: s.account.ID(), Region: s.account.Region(), ID: group}
	reply, ledger, err := s.table.Perform(t.Context(), g, lease.State{Op: lease.Peek}, nil)
	if err != nil {
		t.Error(err)
	}
	return reply.Head, ledger
}

func (s *simulation) busy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting > 0
}

// apply lets the account answer one call at a time, and checks the effect.
func (s *simulation) apply(p *simProcess, call simCall, f fate, r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.verdict, s.caller = s.onward(call, f), p
	reply, err := s.account.Do(r.WithContext(context.Background()))
	s.verdict = fate{apply: true}
	s.calls[call.name]++
	s.spent(p, call, f, reply)
	s.headFits(call)
	status := "broken"
	if err == nil {
		status = fmt.Sprint(reply.StatusCode)
		if call.toEC2() && reply.StatusCode >= 400 && f.err == nil {
			status += " " + s.refusal(reply)
		}
	}
	s.log(p, call, f, status)
	if call.name == "take over" || call.name == "yield" {
		s.unfinished++
	} else if call.name == "authorize" && f.err != nil {
		s.excuses++
	}
	if call.writesEC2() {
		s.watch.look(call.group(), byUs)
	}
	s.applied(call, reply)
	return reply, err
}

// onward makes the view of each describe no older than that of the one before, if the world is
// set so.
func (s *simulation) onward(call simCall, f fate) fate {
	if call.name != "describe" || !s.luck.onward {
		return f
	}
	f.stale = min(f.stale, time.Since(s.viewed))
	s.viewed = time.Now().Add(-f.stale)
	return f
}

var errorCode = regexp.MustCompile(`<Code>([^<]*)`)

// refusal counts the rejections by EC2 itself, and returns their code.
func (s *simulation) refusal(reply *http.Response) string {
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		panic(err)
	}
	reply.Body = io.NopCloser(bytes.NewReader(body))
	s.refusals++
	code := errorCode.FindSubmatch(body)
	if code == nil {
		return ""
	}
	if string(code[1]) == "InvalidPermission.Duplicate" {
		s.duplicate++
	}
	return string(code[1])
}

// die kills a process with a call.
func (s *simulation) die(p *simProcess, call simCall, f fate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log(p, call, f, "dead")
	s.unfinished++
	p.dead = true
	p.kill()
}
