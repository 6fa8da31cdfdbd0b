// Package auditor is the function around the audit: a payload in, an answer out.
// The function's main and its tests run this one handler, over clients of their
// own.
//
// One message commands an audit, of every group or of some; continues one that
// was left unfinished; or tells of a change that CloudTrail recorded. Changes of
// one invocation are one audit of the groups that they are about. Changes of
// sgkeeper's own, of calls that failed and of groups elsewhere are none.
package auditor

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/assumerole"
	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/eventbus"
	"github.com/sgkeeper/sgkeeper/pkg/function"
	"github.com/sgkeeper/sgkeeper/pkg/parameter"
	"github.com/sgkeeper/sgkeeper/pkg/s3store"
	"github.com/sgkeeper/sgkeeper/pkg/securityhub"
	"github.com/sgkeeper/sgkeeper/pkg/sqsqueue"
)

// Handler answers the payloads of the audit function. It may be invoked
// concurrently.
type Handler struct {
	// Now reads the clock; nil means time.Now. It is to be set before the first
	// payload.
	Now func() time.Time

	config  Config
	region  string
	members *assumerole.Clients
	reader  *ec2sg.Reader
	table   *dynamo.Table
	objects *s3.Client
	guarded *parameter.Parameter // where guardrails stand in one
	record  audit.Recorder       // but for its Auditor
	log     *slog.Logger
	metrics function.Metrics
	warm    atomic.Bool
}

// ec2Attempts is how often a call to EC2 is tried: an audit is in no hurry, and
// its describes share a throttle bucket with ensure's.
const ec2Attempts = 10

// New makes a handler of a configuration and clients made from c. Its log and
// metrics are lines of JSON on out.
func New(config Config, c aws.Config, out io.Writer) *Handler {
	out = function.Lines(out)
	log := function.NewLogger(out, config.LogLevel, "sgkeeper-audit")
	h := &Handler{
		config: config, region: c.Region, log: log,
		metrics: function.Metrics{Function: "audit", Out: out, Log: log},
		table:   dynamo.New(dynamodb.NewFromConfig(c), config.Table),
		objects: s3.NewFromConfig(c, pathStyle),
		members: assumerole.New(c, assumerole.Members{
			Accounts: config.Members.Accounts, Role: config.Members.Role, ExternalID: config.Members.ExternalID, Session: "sgkeeper-audit",
		}, func(o *ec2.Options) { o.Retryer = retry.AddWithMaxAttempts(o.Retryer, ec2Attempts) }),
	}
	h.metrics.Now = h.now
	h.reader = ec2sg.NewReader(h.members.EC2)
	if name, ok := strings.CutPrefix(config.Guardrails, function.SSM); ok {
		h.guarded = parameter.New(ssm.NewFromConfig(c), name)
	}
	h.connect(c)
	return h
}

// pathStyle puts the name of a bucket into the path, not into the host's name, where
// an endpoint other than AWS's is configured: few of those have a host for each bucket.
func pathStyle(o *s3.Options) {
	o.UsePathStyle = os.Getenv("AWS_ENDPOINT_URL") != "" || os.Getenv("AWS_ENDPOINT_URL_S3") != ""
}

// connect makes what is configured of the recorder.
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
		h.record.Hub = securityhub.New(h.members.Config)
	}
	if h.config.Heal {
		h.record.Bells = h.table
	}
}

// Invoke answers one payload: for SQS with the messages that must come again,
// for a direct invocation with an [events.AuditResult]. It is an error only if
// an audit that was asked for directly failed.
func (h *Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	started := h.now()
	cold := h.warm.CompareAndSwap(false, true)
	account, err := function.Account(ctx, h.config.Account)
	if err != nil {
		return nil, err
	}
	decoder := events.Decoder{Account: account, Region: h.region}
	batch, err := decoder.DecodeAudit(payload)
	if err != nil {
		faults, _ := err.(events.Faults)
		batch = events.AuditBatch{Kind: events.Direct, Messages: []events.AuditMessage{{Faults: faults}}}
	}
	d := h.newDesk(ctx, account, cold)
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
