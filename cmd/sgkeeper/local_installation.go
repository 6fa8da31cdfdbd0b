package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// Names of an installation's parts.
const (
	installedTable = "sgkeeper"
	installedBus   = "sgkeeper"
	launchQueue    = "sgkeeper-launches" // events of launches
	deadQueue      = "sgkeeper-dead"     // events that failed five times
	ensureFunction = "sgkeeper-ensure"   // the function, for direct invocation
	outcomeQueue   = "sgkeeper-outcomes" // outcomes
)

// functionTimeout is the timeout of the ensure function.
const functionTimeout = 30 * time.Second

// installation is sgkeeper in an embedded account: bus, queues, table, and the
// function's handler.
type installation struct {
	account *fakeaws.Account
	config  aws.Config
	handler *handler.Handler
	queues  string // the alias of the function that the queue invokes
}

// install sets sgkeeper up in an account, through the account's API. The guardrails are a
// file, or "" for the built-in ones. The handler's log and metrics are written to log.
func install(ctx context.Context, account *fakeaws.Account, guardrails string, log io.Writer) (*installation, error) {
	i := &installation{account: account, config: clientsOf(account)}
	settings, err := handler.Load([]string{
		"SGKEEPER_TABLE=" + installedTable,
		"SGKEEPER_BUS=" + installedBus,
		"SGKEEPER_EVENT_QUEUE=" + i.queueARN(launchQueue),
		"SGKEEPER_ACCOUNT=" + account.ID(),
		"SGKEEPER_INSTANCES=on",
		"SGKEEPER_GUARDRAILS=" + guardrails,
	})
	if err != nil {
		return nil, err
	}
	i.handler, i.queues = handler.New(settings, i.config, log), settings.QueueQualifier
	account.AddFunction(ensureFunction, i.invoke)
	if _, err := dynamodb.NewFromConfig(i.config).CreateTable(ctx, dynamo.Definition(installedTable)); err != nil {
		return nil, err
	}
	if err := i.createQueues(ctx); err != nil {
		return nil, err
	}
	return i, i.createBus(ctx)
}

// clientsOf is the SDK configuration for an account in this process.
func clientsOf(account *fakeaws.Account) aws.Config {
	return aws.Config{Region: account.Region(), Credentials: aws.AnonymousCredentials{}, HTTPClient: account}
}

func (i *installation) createQueues(ctx context.Context) error {
	client := sqs.NewFromConfig(i.config)
	for _, queue := range []struct {
		name       string
		attributes map[string]string
	}{
		{deadQueue, map[string]string{"MessageRetentionPeriod": "1209600"}},
		{launchQueue, map[string]string{
			"VisibilityTimeout": fmt.Sprintf("%.0f", 6*functionTimeout.Seconds()),
			"RedrivePolicy":     fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":5}`, i.queueARN(deadQueue)),
		}},
		{outcomeQueue, map[string]string{"MessageRetentionPeriod": "3600"}},
	} {
		if _, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &queue.name, Attributes: queue.attributes}); err != nil {
			return err
		}
	}
	return nil
}

// createBus makes the bus and its rules. One rule sends launches to the function, and another
// one sends outcomes to a queue. EC2's events about instances come by the default bus.
func (i *installation) createBus(ctx context.Context) error {
	client := eventbridge.NewFromConfig(i.config)
	if _, err := client.CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: aws.String(installedBus)}); err != nil {
		return err
	}
	for _, rule := range []struct{ bus, queue, pattern string }{
		{installedBus, launchQueue, `{"detail-type": ["Launch Requested", "Launch Ended"]}`},
		{installedBus, outcomeQueue, `{"source": ["sgkeeper"]}`},
		{"default", launchQueue, `{"source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"], "detail": {"state": ["running", "terminated"]}}`},
	} {
		_, err := client.PutRule(ctx, &eventbridge.PutRuleInput{
			Name: &rule.queue, EventBusName: &rule.bus, EventPattern: &rule.pattern,
		})
		if err != nil {
			return err
		}
		_, err = client.PutTargets(ctx, &eventbridge.PutTargetsInput{
			Rule: &rule.queue, EventBusName: &rule.bus,
			Targets: []types.Target{{Id: aws.String("queue"), Arn: aws.String(i.queueARN(rule.queue))}},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (i *installation) queueARN(name string) string {
	return fmt.Sprintf("arn:aws:sqs:%s:%s:%s", i.account.Region(), i.account.ID(), name)
}

// serve runs the function for launches until ctx ends. It returns after the last invocation.
func (i *installation) serve(ctx context.Context) error {
	mapping := fakeaws.Mapping{BatchSize: 10, MaximumConcurrency: 10, PartialBatchResponses: true}
	return i.account.Consume(ctx, i.queueARN(launchQueue), mapping, i.deliver)
}

// deliver invokes the function by the alias to which the queue is mapped.
func (i *installation) deliver(ctx context.Context, payload []byte) ([]byte, error) {
	alias := fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s:%s", i.account.Region(), i.account.ID(), ensureFunction, i.queues)
	return i.invoke(runtime.Invoked(ctx, alias), payload)
}

// invoke invokes the function as Lambda does: the end of ctx does not stop an invocation.
func (i *installation) invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), functionTimeout)
	defer cancel()
	return i.handler.Invoke(ctx, payload)
}
