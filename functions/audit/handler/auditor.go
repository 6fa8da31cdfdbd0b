// Package handler is the audit function's handler: it takes a payload and returns an answer.
// The function's main and the tests run this same handler, with their own clients.
//
// A message commands an audit of every group or of some groups, continues an unfinished audit,
// or reports a change that CloudTrail recorded. All changes of one invocation start one audit,
// of the groups that they concern. The handler ignores changes by sgkeeper itself, failed
// calls, and groups in other accounts or Regions.
package handler

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/aws/assumerole"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/aws/eventbus"
	"github.com/sgkeeper/sgkeeper/pkg/aws/parameter"
	"github.com/sgkeeper/sgkeeper/pkg/aws/s3store"
	"github.com/sgkeeper/sgkeeper/pkg/aws/securityhub"
	"github.com/sgkeeper/sgkeeper/pkg/aws/sqsqueue"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Handler answers the payloads of the audit function. Invoke may run concurrently.
type Handler struct {
	// Now reads the clock; nil means time.Now. Set it before the first payload.
	Now func() time.Time

	config  Config
	region  string
	roster  *runtime.Roster // the member accounts
	clients *assumerole.Clients
	reader  *ec2sg.Reader
	table   *dynamo.Table
	objects *s3.Client
	guarded *parameter.Parameter // nil unless guardrails are in an SSM parameter
	record  audit.Recorder       // without its Auditor
	log     *slog.Logger
	metrics runtime.Metrics
	warm    atomic.Bool

	strangers recent[claim.Group, struct{}] // groups that are not this installation's
	named     recent[named, []string]       // ids of the groups that EC2 found by a name or a rule
}

// named is a group's name or a rule's id.
type named struct {
	place audit.Place
	name  string
}

// New returns a handler for a configuration, with clients made from c. It writes its log and
// metrics to out as lines of JSON.
func New(config Config, c aws.Config, out io.Writer) *Handler {
	out = runtime.Lines(out)
	log := runtime.NewLogger(out, config.LogLevel, "sgkeeper-audit")
	h := &Handler{
		config: config, region: c.Region, log: log,
		metrics: runtime.Metrics{Function: "audit", Out: out, Log: log},
		table:   dynamo.New(dynamodb.NewFromConfig(c), config.Table),
		objects: s3.NewFromConfig(c, pathStyle),
		roster:  runtime.NewRoster(config.Members, parameter.Reader(c)),
	}
	h.clients = assumerole.New(c, assumerole.Members{
		Has: h.roster.Has, Role: config.Members.Role, ExternalID: config.Members.ExternalID, Session: "sgkeeper-audit",
	}, patient)
	h.metrics.Now = h.now
	h.reader = ec2sg.NewReader(h.clients.EC2)
	if name, ok := strings.CutPrefix(config.Guardrails, runtime.SSM); ok {
		h.guarded = parameter.New(ssm.NewFromConfig(c), name)
	}
	h.connect(c)
	return h
}

// pathStyle puts a bucket's name into the path instead of the host's name, if an endpoint
// other than AWS's is configured. Few such endpoints have a host for each bucket.
func pathStyle(o *s3.Options) {
	o.UsePathStyle = os.Getenv("AWS_ENDPOINT_URL") != "" || os.Getenv("AWS_ENDPOINT_URL_S3") != ""
}

// connect sets up the parts of the recorder that are configured.
func (h *Handler) connect(c aws.Config) {
	if h.config.Reports != "" {
		store := s3store.New(h.objects, h.config.Reports)
		h.record.Store, h.record.Runs = store, store
	}
	if h.config.Bus != "" {
		h.record.Bus = eventbus.New(eventbridge.NewFromConfig(c), h.config.Bus)
	}
	if h.config.Queue != "" {
		h.record.Queue = sqsqueue.New(sqs.NewFromConfig(c), h.config.Queue)
	}
	if h.config.SecurityHub {
		h.record.Hub = securityhub.New(h.clients.Config)
	}
	if h.config.Heal {
		h.record.Ringer = h.table
	}
}

// Invoke answers one payload. For SQS, the answer lists the messages that must come again. For
// a direct invocation it is an [events.AuditResult], and a failed audit is an error. Invoke
// fails if it cannot find out its account, or which accounts are members.
func (h *Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	started := h.now()
	cold := h.warm.CompareAndSwap(false, true)
	account, err := runtime.Account(ctx, h.config.Account)
	if err != nil {
		return nil, err
	}
	decoder := events.Decoder{
		Account: account, Region: h.region, EventQueues: h.config.EventQueues,
		Delivered: runtime.InvokedBy(ctx, h.config.QueueQualifier),
	}
	batch, err := decoder.DecodeAudit(payload)
	if err != nil {
		faults, _ := err.(claim.Faults)
		batch = events.AuditBatch{Kind: events.Direct, Messages: []events.AuditMessage{{Faults: faults}}}
	}
	d := h.newDispatcher(ctx, account, cold)
	if err := d.findPlaces(ctx); err != nil {
		return nil, err
	}
	d.serve(ctx, batch.Messages)
	h.count(d, cold, h.now().Sub(started))
	return d.answer(batch)
}

func (h *Handler) now() time.Time {
	if h.Now != nil {
		return h.Now()
	}
	return time.Now()
}
