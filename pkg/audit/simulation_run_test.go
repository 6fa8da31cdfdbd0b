package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sgkeeper/sgkeeper/functions/audit/handler"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/dice"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const (
	simBucket = "reports"
	queueARN  = "arn:aws:sqs:us-east-1:111122223333:audit"
	deadARN   = "arn:aws:sqs:us-east-1:111122223333:dead"
)

// simulation is one small world: an account, function processes, a queue, launches, outsiders,
// and faults. Its events depend only on its seed.
type simulation struct {
	t        *testing.T
	dice     dice.Seed
	luck     luck
	weak     weakening
	world    *simWorld
	account  *fakeaws.Account
	config   aws.Config
	settings handler.Config
	table    *dynamo.Table // past all faults
	start    time.Time

	calm       atomic.Bool // quiet, for hooks under a lock of the account
	mu         sync.Mutex
	quiet      bool   // nothing goes wrong any more
	denied     denial // in force; none without an action
	started    int    // processes
	idle       []*simProcess
	verdict    fate
	calls      int
	entries    int  // of all calls to the bus
	refused    bool // an event or finding of the call under way
	events     int
	reported   map[string]simEvent
	watch      watcher
	before     []byte // the latest report but one
	latest     []byte // the latest report
	faults     int
	trace      []traced
	violations []string
}

// The times of a simulation.
const (
	chaos = 40 * time.Minute // how long things go wrong
	every = 30 * time.Minute // the schedule
)

// receives is how often the queue delivers a message before it is a dead letter, as in the stack.
const receives = 5

// simulate runs the simulation of a seed, in a synctest bubble.
func simulate(t *testing.T, seed uint64, w weakening) *simulation {
	d := dice.Seed(seed)
	s := &simulation{
		t: t, dice: d, luck: newLuck(d), weak: w, world: newWorld(d.Of("world")), start: time.Now(),
		reported: map[string]simEvent{}, watch: newWatcher(),
	}
	s.build()
	ctx, stop := context.WithCancel(context.Background())
	var mapping sync.WaitGroup
	mapping.Go(func() {
		err := s.account.Consume(ctx, queueARN, fakeaws.Mapping{
			BatchWindow: 5 * time.Second, MaximumConcurrency: 2, PartialBatchResponses: true,
		}, func(_ context.Context, payload []byte) ([]byte, error) { return s.invoke(":queue", payload) })
		s.must(err)
	})
	s.schedule()
	time.Sleep(chaos)
	s.rest()
	stop()
	mapping.Wait()
	return s
}

func (s *simulation) must(err error) {
	if err != nil {
		s.t.Errorf("the simulation itself: %v", err)
	}
}

func (s *simulation) build() {
	s.account = fakeaws.New(fakeaws.Options{Seed: uint64(s.dice)})
	s.config = aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient: s.account}
	s.verdict.apply = true
	s.account.AddBucket(simBucket)
	s.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: simPeer, VPC: vpc, NoEgress: true})
	client, ctx := dynamodb.NewFromConfig(s.config), context.Background()
	_, err := client.CreateTable(ctx, dynamo.Definition("sgkeeper"))
	s.must(err)
	s.table = dynamo.New(client, "sgkeeper")
	_, err = eventbridge.NewFromConfig(s.config).CreateEventBus(ctx, &eventbridge.CreateEventBusInput{
		Name: aws.String("launches")})
	s.must(err)
	queues := sqs.NewFromConfig(s.config)
	visibility := fmt.Sprint(int(2 * s.luck.timeout.Seconds()))
	_, err = queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("dead")})
	s.must(err)
	out, err := queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("audit"),
		Attributes: map[string]string{
			"VisibilityTimeout": visibility,
			"RedrivePolicy":     fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, deadARN, receives),
		}})
	s.must(err)
	s.guard(false)
	r := s.dice.Of("beginning")
	s.list(dice.Chance(r, 0.5))
	for _, g := range s.world.groups {
		tags := map[string]string{}
		if g.tagged.is() {
			tags["sgkeeper:managed"] = "true"
		}
		s.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: g.id, VPC: vpc, NoEgress: true, Tags: tags})
	}
	for _, at := range s.world.busy {
		if dice.Chance(r, 0.5) {
			s.toggle(r, at)
		}
		if at.mayBeExcepted() && dice.Chance(r, 0.3) {
			at.excepted.set(true)
		}
	}
	s.writeExceptions()
	for range 1 + r.IntN(6) {
		s.act(r)
	}
	s.stand(s.dice.Of("standing"))
	environ := []string{
		"SGKEEPER_TABLE=sgkeeper", "SGKEEPER_BUS=launches", "SGKEEPER_REPORTS=" + simBucket + "/sgkeeper",
		"SGKEEPER_AUDIT_QUEUE=" + *out.QueueUrl, "SGKEEPER_EVENT_QUEUE=" + queueARN,
		"SGKEEPER_EXCEPTIONS=s3://" + simBucket + "/exceptions.yaml", "SGKEEPER_GUARDRAILS=ssm:/guardrails",
		"SGKEEPER_SECURITY_HUB=on",
	}
	s.settings, err = handler.Load(environ)
	s.must(err)
	s.account.Inject(func(fakeaws.Op) (bool, error) { return s.verdict.apply, s.verdict.err })
	s.account.FailEntries(s.entry)
	s.account.FailFindings(s.finding)
	kept := 0
	s.account.KeepDeleted(func(string, string) bool {
		kept++
		return !s.calm.Load() && dice.Chance(s.dice.Of(fmt.Sprint("kept", kept)), s.luck.twice)
	})
}

// stand lets some worlds begin with drifts that other events seldom make.
func (s *simulation) stand(r *rand.Rand) {
	if one := s.world.groups[0].spots[0]; dice.Chance(r, 0.3) && !s.world.denied.is() {
		s.guard(true)
		if !one.asked.is() {
			s.request(one)
		}
	}
	if stale := s.world.all(staleSpot); len(stale) > 0 && dice.Chance(r, 0.5) && !s.world.gone.is() {
		if !stale[0].rule.is() {
			s.toggle(r, stale[0])
		}
		s.world.gone.set(true)
		s.account.RemoveSecurityGroup(simPeer)
	}
}

// schedule starts all events.
func (s *simulation) schedule() {
	r := s.dice.Of("schedule")
	offset := dice.Between(r, 0, 10*time.Minute)
	for at := offset; at < chaos+2*every+3*s.luck.timeout; at += every {
		time.AfterFunc(at, func() { s.must(s.account.Send(queueARN, `{"sgkeeper":"audit"}`)) })
	}
	moments := []time.Duration{offset + every, dice.Between(r, 0, chaos), dice.Between(r, 0, chaos)}
	for i := range 2 + r.IntN(6) {
		at := dice.Pick(r, moments...) + dice.Between(r, -time.Minute, dice.Pick(r, 5*time.Second, time.Minute))
		time.AfterFunc(max(at, time.Duration(i)), func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.act(s.dice.Of(fmt.Sprint("act", i)))
		})
	}
	if dice.Chance(r, 0.5) { // somebody invokes the function
		time.AfterFunc(dice.Pick(r, moments...)+dice.Between(r, 0, dice.Pick(r, 10*time.Second, time.Minute)), func() {
			_, _ = s.invoke("", []byte(`{"sgkeeper":"audit"}`))
		})
	}
	if dice.Chance(r, 0.5) {
		denied, from := dice.Pick(r, denials...), dice.Between(r, 0, chaos)
		time.AfterFunc(from, func() { s.deny(denied) })
		time.AfterFunc(from+dice.Between(r, time.Minute, 30*time.Minute), func() { s.deny(denial{}) })
	}
}

func (s *simulation) deny(d denial) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.quiet {
		s.note("denied: %+v", d)
		s.denied = d
	}
}

// invoke gives a payload to a free process.
func (s *simulation) invoke(alias string, payload []byte) ([]byte, error) {
	s.mu.Lock()
	var p *simProcess
	if n := len(s.idle); n > 0 {
		p, s.idle = s.idle[n-1], s.idle[:n-1]
	} else {
		p = s.newProcess()
	}
	quiet := s.quiet
	messages := messagesIn(payload)
	s.note("p%d takes %s", p.id, describeMessages(messages))
	s.mu.Unlock()
	reply, err := p.invoke(alias, payload)
	s.mu.Lock()
	defer s.mu.Unlock()
	failed := failedIn(messages, reply, err)
	s.note("p%d answers: %d of %d messages failed, error %v", p.id, len(failed), len(messages), err)
	if (len(failed) > 0 || err != nil) && !p.stopped && !p.dead {
		s.violated(lawAnswer, "p%d fails %v although all the calls that it needs went well: %v", p.id,
			describeMessages(failed), err)
	}
	if quiet && p.disturbed {
		s.violated(lawAnswer, "p%d meets a fault after all faults have ended", p.id)
	}
	if s.weak.forgets && alias != "" && !quiet {
		failed, reply, err = nil, []byte(`{"batchItemFailures":[]}`), nil
	}
	if alias != "" {
		s.answered(p, messages, failed)
	}
	if !p.dead && len(p.broken) == 0 {
		s.idle = append(s.idle, p)
	}
	return reply, err
}

// simMessage is a record of the queue's mapping.
type simMessage struct {
	ID   string `json:"messageId"`
	Body string `json:"body"`
}

func messagesIn(payload []byte) []simMessage {
	var batch struct{ Records []simMessage }
	if err := json.Unmarshal(payload, &batch); err != nil {
		panic(err)
	}
	return batch.Records
}

func describeMessages(messages []simMessage) string {
	var texts []string
	for _, m := range messages {
		if ids := eventsIn(m.Body); len(ids) > 0 {
			texts = append(texts, strings.Join(ids, "+"))
		} else {
			texts = append(texts, randomID.ReplaceAllString(m.Body, "ID"))
		}
	}
	return strings.Join(texts, "; ")
}

// failedIn returns the messages that come again.
func failedIn(messages []simMessage, reply []byte, err error) (failed []simMessage) {
	var answer struct {
		BatchItemFailures []struct{ ItemIdentifier string }
	}
	if err == nil {
		if err := json.Unmarshal(reply, &answer); err != nil {
			panic(err)
		}
	}
	for _, m := range messages {
		again := err != nil
		for _, f := range answer.BatchItemFailures {
			again = again || f.ItemIdentifier == m.ID
		}
		if again {
			failed = append(failed, m)
		}
	}
	return failed
}

// apply lets the account answer one call at a time, and watches the effect.
func (s *simulation) apply(p *simProcess, call simCall, f fate, r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	s.refused = false
	reply, err := s.answer(p, call, f, r)
	if s.refused {
		p.meets(call, true)
	}
	status := "broken"
	if err == nil {
		status = fmt.Sprint(reply.StatusCode)
		if reply.StatusCode >= 400 && reply.StatusCode != http.StatusPreconditionFailed &&
			reply.StatusCode != http.StatusNotFound {
			p.meets(call, true)
		}
	}
	s.trace = append(s.trace, traced{time.Since(s.start), p.id, call.name, f.name, status, call.content})
	if f.apply && err == nil && reply.StatusCode < 300 {
		s.applied(p, call, f)
	}
	if f.apply && f.err != nil { // it was applied, and the caller gets another reply
		reply, err = s.answer(p, call, fate{err: f.err}, r)
	}
	if s.weak.reply != nil {
		return s.weak.reply(p, call, reply, err)
	}
	return reply, err
}

// answer lets the account apply a call, if its fate says so, and returns the account's answer.
func (s *simulation) answer(p *simProcess, call simCall, f fate, r *http.Request) (*http.Response, error) {
	s.verdict = f
	if s.verdict.apply {
		s.verdict.err = nil
	}
	if s.denied.denies(call) {
		s.account.Deny(s.denied.action)
	}
	r = r.Clone(context.Background())
	if s.weak.request != nil {
		s.weak.request(p, call, r)
	}
	r.Body = io.NopCloser(bytes.NewReader(call.body))
	reply, err := s.account.Do(r)
	s.account.Deny()
	s.verdict = fate{apply: true}
	return reply, err
}

// die kills a process with a call.
func (s *simulation) die(p *simProcess, call simCall, f fate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trace = append(s.trace, traced{time.Since(s.start), p.id, call.name, f.name, "dead", call.content})
	p.dead = true
	p.kill()
}
