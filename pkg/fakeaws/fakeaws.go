// Package fakeaws is an AWS account in a process, as one http.Handler. It answers EC2
// (security groups), DynamoDB, SQS, EventBridge, S3, Security Hub, SSM parameters and STS as
// far as the project uses them. It also answers Lambda, with functions that the program
// registers.
//
// The seam is HTTP, so tests run the real SDK with its serialization, retries and error
// decoding:
//
//	account := fakeaws.New(fakeaws.Options{})
//	cfg := aws.Config{
//		Region:      "us-east-1",
//		Credentials: aws.AnonymousCredentials{}, // any will do
//		HTTPClient:  account,                    // no socket
//	}
//	client := ec2.NewFromConfig(cfg)
//
// The same account behind a listener serves any AWS client. Without a socket, everything also
// runs under testing/synctest: the account starts no goroutine, takes its time from package
// time, and never sleeps while it holds a lock.
//
// It is an independent reading of AWS: it imports no other package of the project and no SDK.
// If AWS may behave in two ways, an option selects one. A test can cause the faults of
// distributed systems: a write with a lost reply (Inject), slow replies (Options.Latency),
// lagging describes (Options.Stale), throttling (Throttle), denied permissions (Deny), and
// quotas.
//
// The limits that AWS publishes always apply, each with its source in the code that checks it.
// For example: 400 KB an item, 100 items and 4 MB a transaction, 1 MB a page, 10 entries and
// 256 KB a PutEvents call. Only EC2's token buckets must be turned on (Account.Throttle).
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

// Options describes an account. The zero value is a working account.
type Options struct {
	ID         string // the account's id; "111122223333" if empty
	Region     string // "us-east-1" if empty
	DefaultVPC string // "vpc-0d000000000000000" if empty
	Seed       uint64 // determines ids and the order of EC2's lists

	// RulesPerGroup is the quota of rules, for each direction and address family; 60 if 0.
	RulesPerGroup int

	// PartialBatches makes an Authorize that fails with InvalidPermission.Duplicate keep the
	// new rules of its batch. By default it keeps none. AWS does not document its choice.
	PartialBatches bool

	// EventBytes bounds one PutEvents call: its entries together must be smaller. If 0, it is
	// 256 KB, the long-standing limit of EventBridge. Newer pages of AWS say 1 MB.
	EventBytes int

	// CreationLag is the time after CreateSecurityGroup for which EC2 does not find the group.
	CreationLag time.Duration

	// Latency is the duration of an operation. Half of it passes before the operation is
	// applied, half before the reply. If the request's context ends in the first half, the
	// operation is not applied. nil means no time. Latency may be called concurrently.
	Latency func(Op) time.Duration

	// Stale is the age of the state that an EC2 describe returns, up to 15 minutes. nil means
	// the present. Stale may be called concurrently.
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
	services map[string]service // by IAM's service name
	roles    *Cloud             // the cloud of this account, or nil

	mu        sync.Mutex
	functions map[string]function // Lambda functions by name
	sources   []*eventSource      // their event source mappings
	reserved  map[string]int      // their reserved concurrency
	calls     Calls
	fault     Fault
	denied    []string
	ids       *rand.Rand // of request ids
}

// New returns an empty account.
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
		reserved:  map[string]int{},
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
