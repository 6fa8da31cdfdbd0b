// Package handler is the Lambda handler around ensure: it decodes a payload and encodes the
// answer. The function's main, the demo, the embedded account and the simulator share this
// handler, each with its own clients.
package handler

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/aws/assumerole"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/aws/eventbus"
	"github.com/sgkeeper/sgkeeper/pkg/aws/parameter"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// Handler answers the payloads of the ensure function. Its methods may be called concurrently.
type Handler struct {
	// Now is the clock for requests and leases; nil means time.Now. Set it before the first
	// payload.
	Now func() time.Time

	// Callback sends the answers to CloudFormation; nil means a client of the handler. Set it
	// before the first payload.
	Callback *http.Client

	config  Config
	table   *dynamo.Table
	region  string
	ensurer ensure.Ensurer
	log     *slog.Logger
	metrics runtime.Metrics
	rails   *guardrails
	members *runtime.Roster
	warm    atomic.Bool
	tracer  *tracer // nil: no step is logged
}

// service is the name of the function in each log line.
const service = "sgkeeper-ensure"

// ec2Attempts is the number of attempts for a call to EC2. Describes may be throttled for some
// seconds, because 20 a second are allowed. A throttled write waits for its turn instead.
const ec2Attempts = 8

// New makes a handler with clients made from c. It writes log lines and metrics to out as
// JSON.
func New(config Config, c aws.Config, out io.Writer) *Handler {
	out = runtime.Lines(out)
	log := runtime.NewLogger(out, config.LogLevel, service)
	h := &Handler{config: config, region: c.Region, log: log,
		metrics: runtime.Metrics{Function: "ensure", Out: out, Log: log}}
	h.metrics.Now = h.now
	h.rails = newGuardrails(config.Guardrails, c)
	table := dynamo.New(dynamodb.NewFromConfig(c), config.Table)
	h.members = runtime.NewRoster(config.Members, parameter.Reader(c))
	groups := ec2sg.NewOf(newClients(config.Members, h.members.Has, c).EC2)
	h.table = table
	h.ensurer = ensure.Ensurer{
		Groups:   groups,
		Names:    groups,
		Facts:    groups,
		Lists:    &ensure.CachedLists{Lists: groups, Now: h.now},
		Claims:   table,
		Ends:     table,
		Leases:   table,
		Dues:     table,
		Refusals: table,
		Log:      log,
		Region:   c.Region,
		Reach:    ensure.Reach{Regions: config.Members.Regions},
		Quota:    plan.Quota{Limit: config.Quota, Weights: config.Weights},
		Observe:  config.Mode == Observe,
		Untagged: config.Untagged,
	}
	h.ensurer.Instances, h.ensurer.Launches, h.ensurer.InstancesOff = groups, table, !config.Instances
	h.ensurer.Outages = new(ensure.Outages)
	if config.Trace {
		h.tracer = newTracer(out)
	}
	if config.Bus != "" {
		h.ensurer.Bus = eventbus.New(eventbridge.NewFromConfig(c), config.Bus)
	}
	return h
}

// newClients makes the clients of all served accounts and Regions.
func newClients(m runtime.Members, has func(account string) bool, c aws.Config) *assumerole.Clients {
	return assumerole.New(c, assumerole.Members{
		Has: has, Role: m.Role, ExternalID: m.ExternalID, Session: service,
	}, func(o *ec2.Options) {
		o.Retryer = retry.AddWithMaxAttempts(o.Retryer, ec2Attempts)
	})
}

// Invoke answers one payload. For SQS, the answer lists the messages to deliver again. For any
// other payload, it is an [events.Result], and Invoke fails if an event must be tried again. By
// the alias of stacks, the payload is a request of CloudFormation. Invoke also fails if the
// function's account or the member accounts are not known.
func (h *Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	started := h.now()
	cold := h.warm.CompareAndSwap(false, true)
	account, err := runtime.Account(ctx, h.config.Account)
	if err != nil {
		return nil, err
	}
	e := h.in(ctx, account, cold)
	decoder := events.Decoder{
		Account: account, Region: h.region, EventQueues: h.config.EventQueues,
		Delivered: runtime.InvokedBy(ctx, h.config.QueueQualifier),
	}
	ofStack := runtime.InvokedBy(ctx, h.config.StackQualifier)
	var batch events.Batch
	if !ofStack {
		if batch, err = decoder.Decode(payload); err != nil {
			batch = unreadable(account, h.region, err)
		}
	}
	if m, isWait := h.waits(ctx, batch); isWait {
		return h.wait(ctx, e, m, cold)
	}
	if e.Reach.Accounts, err = h.members.Current(ctx, h.now(), e.Log); err != nil {
		return nil, err
	}
	var rejected bool
	e.Guard, rejected = h.rails.current(ctx, h.now(), e.Log)
	var answers []ensure.Answer
	var reply []byte
	if ofStack {
		answers, reply, err = h.stack(ctx, e, decoder, payload)
	} else {
		answers = e.Serve(ctx, batch.Messages)
		reply, err = answer(batch, answers)
	}
	h.count(e.Owner, answers, e.Contested.Load(), e.HistoryLost.Load(), rejected, cold, h.now().Sub(started))
	return reply, err
}

func (h *Handler) now() time.Time {
	if h.Now != nil {
		return h.Now()
	}
	return time.Now()
}

// in returns the ensurer of one invocation.
func (h *Handler) in(ctx context.Context, account string, cold bool) *ensure.Ensurer {
	e := h.ensurer
	e.Now = h.Now
	e.Contested, e.HistoryLost = new(atomic.Int64), new(atomic.Int64)
	e.Account = account
	e.Owner = h.config.Owner(account, h.region)
	e.Swept = func(n ensure.Swept) { h.countSweep(e.Owner, n) }
	e.Log = runtime.WithInvocation(ctx, h.log, e.Owner, cold)
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		e.Invocation = lc.AwsRequestID
	}
	if h.tracer != nil {
		e.Trace = h.tracer.of(ctx, e.Owner, cold)
	}
	return &e
}

// unreadable is the batch of an unreadable payload: one refused message.
func unreadable(account, region string, err error) events.Batch {
	faults, ok := err.(claim.Faults)
	if !ok {
		faults = claim.Faults{{Problem: err.Error()}}
	}
	return events.Batch{Kind: events.Direct, Messages: []events.Message{{
		Origin: claim.Origin{Account: account},
		Launch: claim.Launch{Account: account},
		Group:  events.Group{Account: account, Region: region},
		Faults: faults,
	}}}
}
