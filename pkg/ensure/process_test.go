package ensure_test

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/aws/eventbus"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// client is the HTTP client of one function process. It delays the process's nth request, and
// then calls a function that decides its fate.
type client struct {
	account aws.HTTPClient
	nth     int // from 1; 0: none
	hold    time.Duration
	then    func(c *client, r *http.Request) (*http.Response, error)

	mu     sync.Mutex
	seen   int
	broken string // an operation that the client no longer reaches, or everything
	kill   context.CancelFunc
}

// Do sends a request to AWS, or loses it.
func (c *client) Do(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.seen++
	mine := c.seen == c.nth
	broken := c.broken == everything || c.broken == operationOf(r)
	c.mu.Unlock()
	switch {
	case broken:
		return nil, errBroken
	case !mine:
		return c.account.Do(r)
	}
	time.Sleep(c.hold)
	return c.then(c, r)
}

const everything = "everything"

// operationOf returns the operation of a request, and for EC2 one name for all of them.
func operationOf(r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target
	}
	return "EC2"
}

func (c *client) breaks(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = what
}

// dies kills the process before its request is sent.
func dies(c *client, _ *http.Request) (*http.Response, error) {
	c.breaks(everything)
	c.kill()
	return nil, errBroken
}

// diesAfter kills the process after its request was applied, before it reads the reply.
func diesAfter(c *client, r *http.Request) (*http.Response, error) {
	_, _ = c.account.Do(r)
	c.breaks(everything)
	c.kill()
	return nil, errBroken
}

// givesUp makes one operation unreachable for the process from now on.
func givesUp(c *client, r *http.Request) (*http.Response, error) {
	c.breaks(operationOf(r))
	return nil, errBroken
}

// goesOn lets a slow process continue.
func goesOn(c *client, r *http.Request) (*http.Response, error) { return c.account.Do(r) }

// isSlowAfter delays the process before it reads the reply.
func isSlowAfter(c *client, r *http.Request) (*http.Response, error) {
	reply, err := c.account.Do(r)
	time.Sleep(c.hold)
	return reply, err
}

// process returns another function process on the rig's account.
func (r *rig) process(c *client, configure ...func(*handler.Config)) *rig {
	c.account = r.account
	other := *r
	other.config.HTTPClient = c
	config := handler.Config{Config: runtime.Config{Table: table, Quota: 60, Account: r.account.ID()},
		Mode: handler.Enforce}
	for _, f := range configure {
		f(&config)
	}
	other.handler = handler.New(config, other.config, r.log)
	return &other
}

// invokeUntilKilled invokes a process with a client that may kill it.
func (r *rig) invokeUntilKilled(c *client, payload []byte) (events.Result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c.kill = cancel
	reply, err := r.handler.Invoke(ctx, payload)
	var result events.Result
	if err == nil {
		err = json.Unmarshal(reply, &result)
	}
	return result, err
}

// killed sends a message to a new process, which is killed by it.
func (r *rig) killed(c *client, payload []byte, configure ...func(*handler.Config)) {
	r.t.Helper()
	if _, err := r.process(c, configure...).invokeUntilKilled(c, payload); err == nil {
		r.t.Fatal("the holder was not killed")
	}
}

// ensurer returns the use case on the rig's account, for settings that the handler does not
// offer.
func (r *rig) ensurer() *ensure.Ensurer {
	t := dynamo.New(dynamodb.NewFromConfig(r.config), table)
	groups := ec2sg.New(ec2.NewFromConfig(r.config))
	return &ensure.Ensurer{
		Groups:  groups,
		Lists:   groups,
		Claims:  t,
		Leases:  t,
		Guard:   guard.Builtin(),
		Log:     r.logger(),
		Account: r.account.ID(),
		Region:  r.account.Region(),
		Owner:   r.owner(),
		Quota:   plan.Quota{Limit: 60},
	}
}

// owner returns the installation of the rig's handler.
func (r *rig) owner() plan.Installation {
	return plan.Installation(r.account.ID() + "/" + r.account.Region() + "/" + table)
}

// sealing returns an owner that can seal rules in a group. It gives the group a key if it has
// none.
func (r *rig) sealing(group string) plan.Owner {
	r.t.Helper()
	g := r.group()
	g.ID = group
	asked, err := r.table().Load(r.t.Context(), g)
	if err == nil && len(asked.Ledger.Keys) == 0 {
		asked.Ledger.Keys, asked.Ledger.Span = []claim.Key{ensure.NewKey()}, "AAAAAAAA"
		s := lease.State{Op: lease.Ring, Owner: lease.Owner{Nonce: "sealing"}, Deadline: 1, Seen: 1}
		_, _, err = r.table().Perform(r.t.Context(), g, s, &asked.Ledger)
		if err == nil {
			s.Op = lease.Release
			_, _, err = r.table().Perform(r.t.Context(), g, s, &asked.Ledger)
		}
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return plan.Owner{Installation: r.owner(), Group: group, Keys: asked.Ledger.Keys}
}

// sealed returns the tags of an sgkeeper rule that a released round made.
func (r *rig) sealed(group string, rule secgroup.Rule) map[string]string {
	r.t.Helper()
	return r.sealing(group).Tagged(plan.Stamp{Ticket: 1, Span: "AAAAAAAA"}, []entry{{Rule: rule}})[0].Tags
}

// publisher returns the bus of the use case.
func (r *rig) publisher() ensure.Bus {
	return eventbus.New(eventbridge.NewFromConfig(r.config), "launches")
}

// serve makes the use case serve payloads in one invocation.
func (r *rig) serve(ctx context.Context, e *ensure.Ensurer, payloads ...[]byte) []ensure.Answer {
	r.t.Helper()
	var messages []events.Message
	for _, payload := range payloads {
		batch, err := events.Decoder{Account: e.Account, Region: e.Region}.Decode(payload)
		if err != nil {
			r.t.Fatal(err)
		}
		messages = append(messages, batch.Messages...)
	}
	return e.Serve(ctx, messages)
}
