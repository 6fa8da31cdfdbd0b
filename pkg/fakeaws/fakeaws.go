// Package fakeaws is an AWS account in a process: one http.Handler that answers
// EC2's security groups, DynamoDB, SQS, EventBridge, S3, Security Hub, SSM parameters
// and STS as far as the project uses them, and Lambda functions of the program's own.
//
// The seam is HTTP, so that the real SDK with its serialization, retries and
// error decoding is what runs:
//
//	account := fakeaws.New(fakeaws.Options{})
//	cfg := aws.Config{
//		Region:      "us-east-1",
//		Credentials: aws.AnonymousCredentials{}, // any will do
//		HTTPClient:  account,                    // no socket
//	}
//	client := ec2.NewFromConfig(cfg)
//
// The same account behind a listener serves any AWS client. Without a socket
// everything also runs under testing/synctest: the account starts no goroutine,
// takes its time from package time, and never sleeps holding a lock.
//
// It is an independent reading of AWS: it imports none of the project's other
// packages and no SDK. Where AWS may go either way, an option says which. What
// makes distributed programs fail can be had on purpose: a write whose reply is
// lost (Inject), replies that take their time (Options.Latency), describes that
// lag behind (Options.Stale), throttling, denied permissions, quotas.
//
// The bounds that AWS publishes are always on, each with its source where it is
// checked: 400 KB an item, 100 items and 4 MB a transaction, 1 MB a page, 10 entries
// and 256 KB a PutEvents, 200 values in the filters of a describe, 1,000 ids. Only
// EC2's token buckets have to be turned on (Account.Throttle).
package fakeaws

import (
	"cmp"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/ec2"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/eventbridge"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/s3"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/securityhub"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/sqs"
)

// Options says what an account is like. The zero value is an account that works.
type Options struct {
	ID         string // the account's id; "111122223333" where empty
	Region     string // "us-east-1" where empty
	DefaultVPC string // "vpc-0d000000000000000" where empty
	Seed       uint64 // fixes ids and the order in which EC2 lists

	// RulesPerGroup is the quota of rules, for each direction and each address
	// family; 60 where 0.
	RulesPerGroup int

	// PartialBatches makes an Authorize that answers InvalidPermission.Duplicate
	// keep those rules of its batch that were new. AWS does not document which
	// it does; by default nothing is kept.
	PartialBatches bool

	// EventBytes bounds one PutEvents: its entries together must be smaller. 256 KB
	// if 0, EventBridge's long-standing limit; newer texts of AWS say 1 MB.
	EventBytes int

	// CreationLag is how long EC2 does not find a group after CreateSecurityGroup.
	CreationLag time.Duration

	// Latency is how long an operation takes: half of it passes before the
	// operation is applied, half before the reply is there. A request whose
	// context ends in the first half was never applied, in the second it was.
	// Nil is no time at all. It may be called concurrently.
	Latency func(Op) time.Duration

	// Stale is the age of the view that an EC2 describe answers from, up to 15
	// minutes; nil is always the present. It may be called concurrently.
	Stale func(Op) time.Duration
}

func (o Options) withDefaults() Options {
	o.ID = cmp.Or(o.ID, "111122223333")
	o.Region = cmp.Or(o.Region, "us-east-1")
	o.DefaultVPC = cmp.Or(o.DefaultVPC, "vpc-0d000000000000000")
	o.RulesPerGroup = cmp.Or(o.RulesPerGroup, 60)
	return o
}

// Account is one AWS account in one Region. It is safe for concurrent use.
type Account struct {
	opts     Options
	ec2      *ec2.Service
	queues   *sqs.Service
	events   *eventbridge.Service
	buckets  *s3.Service
	hub      *securityhub.Service
	services map[string]service // by the name that IAM knows them by
	roles    *Cloud             // that the account is part of; nil: none

	mu        sync.Mutex
	functions map[string]function // of Lambda, by name
	calls     Calls
	fault     Fault
	denied    []string
	ids       *rand.Rand // of requests
}

// New returns an account that holds nothing yet.
func New(o Options) *Account {
	o = o.withDefaults()
	a := &Account{
		opts: o,
		ec2: ec2.New(ec2.Options{
			Account: o.ID, Region: o.Region, DefaultVPC: o.DefaultVPC, RulesPerGroup: o.RulesPerGroup,
			PartialBatch: o.PartialBatches, CreationLag: o.CreationLag, Seed: o.Seed,
		}),
		queues:    sqs.New(o.ID, o.Region),
		functions: map[string]function{},
		calls:     Calls{},
		ids:       rand.New(rand.NewPCG(o.Seed, 3)),
	}
	a.events = eventbridge.New(o.ID, o.Region, o.EventBytes, a.queues.Send)
	a.buckets, a.hub = s3.New(), securityhub.New(o.ID, o.Region)
	a.services = a.newServices()
	return a
}

// ID returns the account's id.
func (a *Account) ID() string { return a.opts.ID }

// Region returns the account's Region.
func (a *Account) Region() string { return a.opts.Region }
