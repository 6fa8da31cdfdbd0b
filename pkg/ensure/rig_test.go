package ensure_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const (
	table  = "sgkeeper"
	shared = "sg-0123456789abcdef0" // the group that the launches share

	eventQueue = "arn:aws:sqs:us-east-1:111122223333:events" // that EventBridge alone feeds
)

// rig is the real handler on the real SDK against an embedded account, in this
// process.
type rig struct {
	t       testing.TB
	account *fakeaws.Account
	config  aws.Config
	handler *handler.Handler
	log     *testLog
}

// newRig makes an account with one shared group like that of the incident: all traffic among
// members, and SSH from the office.
func newRig(t testing.TB, o fakeaws.Options, configure ...func(*handler.Config)) *rig {
	t.Helper()
	r := &rig{t: t, account: fakeaws.New(o), log: &testLog{}}
	r.config = aws.Config{Region: r.account.Region(), Credentials: aws.AnonymousCredentials{}, HTTPClient: r.account}
	r.addGroup(shared, "all from self", "tcp 22 from 198.51.100.0/24")
	if _, err := dynamodb.NewFromConfig(r.config).CreateTable(context.Background(),
		dynamo.Definition(table)); err != nil {
		t.Fatal(err)
	}
	c := handler.Config{
		Config: runtime.Config{Table: table, Quota: 60, Account: r.account.ID()}, Mode: handler.Enforce,
		Feed: runtime.Feed{EventQueues: []string{eventQueue}, QueueQualifier: "queue"},
	}
	for _, f := range configure {
		f(&c)
	}
	r.handler = handler.New(c, r.config, r.log)
	r.account.ResetCalls()
	return r
}

// addGroup makes a group with foreign rules.
func (r *rig) addGroup(id string, rules ...string) {
	r.t.Helper()
	r.account.AddSecurityGroup(fakeaws.SecurityGroup{ID: id})
	for _, text := range rules {
		r.outsider(id, text)
	}
}

// outsider adds a foreign rule.
func (r *rig) outsider(group, text string) {
	r.t.Helper()
	if _, err := r.account.AddRule(group, fakeRule(group, secgroup.MustParseRule(text))); err != nil {
		r.t.Fatal(err)
	}
}

// fakeRule returns a rule in the form of the embedded account.
func fakeRule(group string, r secgroup.Rule) fakeaws.Rule {
	account, peer, ok := r.In("", group).Peer.Group()
	if !ok {
		peer = r.Peer.String()
	}
	return fakeaws.Rule{
		Egress:      r.Direction == secgroup.Egress,
		Protocol:    r.Protocol.String(),
		FromPort:    int(r.Ports.First),
		ToPort:      int(r.Ports.Last),
		Peer:        peer,
		PeerAccount: account,
	}
}

// ruleOf converts a rule of the embedded account.
func ruleOf(t testing.TB, r fakeaws.Rule) secgroup.Rule {
	t.Helper()
	proto, err := secgroup.ParseProtocol(r.Protocol)
	if err != nil {
		t.Fatal(err)
	}
	peer, err := secgroup.ParsePeer(r.Peer)
	if err != nil {
		t.Fatal(err)
	}
	direction := secgroup.Ingress
	if r.Egress {
		direction = secgroup.Egress
	}
	return secgroup.New(direction, proto, secgroup.Ports{First: int32(r.FromPort), Last: int32(r.ToPort)}, peer)
}

func (r *rig) rules(group string) secgroup.Set {
	r.t.Helper()
	var rules []secgroup.Rule
	for _, rule := range r.account.Rules(group) {
		rules = append(rules, ruleOf(r.t, rule))
	}
	return secgroup.SetOf(rules...)
}

// has fails the test if the shared group lacks one of the rules.
func (r *rig) has(rules ...string) {
	r.t.Helper()
	for _, text := range rules {
		if !r.rules(shared).Contains(secgroup.MustParseRule(text)) {
			r.t.Errorf("the group lacks %s", text)
		}
	}
}

// hasNot fails the test if the shared group has one of the rules.
func (r *rig) hasNot(rules ...string) {
	r.t.Helper()
	for _, text := range rules {
		if r.rules(shared).Contains(secgroup.MustParseRule(text)) {
			r.t.Errorf("the group has %s", text)
		}
	}
}

// launch returns an event that requests ports for 0.0.0.0/0.
func launch(name, group string, ports ...any) []byte {
	return request(name, group, rule{"ports": ports, "from": []string{"0.0.0.0/0"}})
}

// rule is an element of an event's rules.
type rule = map[string]any

// request returns a bare Launch Requested.
func request(name, group string, rules ...rule) []byte {
	return marshal(map[string]any{"detailType": events.LaunchRequested, "launch": name, "group": group, "rules": rules})
}

func marshal(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

// invoke invokes the function directly, with Lambda's timeout of 30 seconds.
func (r *rig) invoke(payload []byte) (events.Result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	reply, err := r.handler.Invoke(ctx, payload)
	if err != nil {
		return events.Result{}, err
	}
	var result events.Result
	if err := json.Unmarshal(reply, &result); err != nil {
		r.t.Errorf("answer %s: %v", reply, err)
	}
	return result, nil
}

// byQueue returns the context of an invocation by a queue's event source mapping.
func byQueue(ctx context.Context) context.Context {
	return runtime.Invoked(ctx, "arn:aws:lambda:us-east-1:111122223333:function:sgkeeper-ensure:queue")
}

// ask invokes the function with one request and returns its outcome.
func (r *rig) ask(payload []byte) events.Outcome {
	r.t.Helper()
	result, err := r.invoke(payload)
	if err != nil {
		r.t.Fatal(err)
	}
	if len(result.Outcomes) != 1 {
		r.t.Fatalf("got %d outcomes, want 1", len(result.Outcomes))
	}
	return result.Outcomes[0]
}

// ensured fails the test if the request is not ensured.
func (r *rig) ensured(payload []byte) events.Outcome {
	r.t.Helper()
	o := r.ask(payload)
	if o.Status != events.Ensured {
		r.t.Fatalf("%s is %s %v, want ensured", o.Launch, o.Status, o.Reasons)
	}
	return o
}

// storm invokes the function once a payload, all at the same time.
func (r *rig) storm(payloads [][]byte) []events.Outcome {
	outcomes := make([]events.Outcome, len(payloads))
	var all sync.WaitGroup
	for i, payload := range payloads {
		all.Go(func() {
			result, err := r.invoke(payload)
			if err != nil {
				r.t.Errorf("launch %d: %v", i, err)
				return
			}
			outcomes[i] = result.Outcomes[0]
		})
	}
	all.Wait()
	return outcomes
}

// count returns how many outcomes have a status.
func count(outcomes []events.Outcome, status events.Status) (n int) {
	for _, o := range outcomes {
		if o.Status == status {
			n++
		}
	}
	return n
}

// numbered returns n payloads made by f.
func numbered(n int, f func(i int) []byte) [][]byte {
	payloads := make([][]byte, n)
	for i := range payloads {
		payloads[i] = f(i)
	}
	return payloads
}

func name(i int) string { return fmt.Sprintf("launch-%d", i) }

// testLog collects the function's log.
type testLog struct {
	mu    sync.Mutex
	lines bytes.Buffer
}

func (l *testLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.Write(line)
}

func (l *testLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.String()
}
