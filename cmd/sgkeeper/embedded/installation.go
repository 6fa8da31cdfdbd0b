// Package embedded is sgkeeper in an AWS account that is embedded in this process: the bus, the
// queues, the table and the ensure function. `sgkeeper local` serves it to any AWS client, and
// `sgkeeper demo` races launches on it.
//
// [Install] uses the account's own API, as a stack does. It needs neither a network nor a disk.
package embedded

import (
	"context"
	"fmt"
	"io"

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
	Table        = "sgkeeper"
	Bus          = "sgkeeper"
	LaunchQueue  = "sgkeeper-launches" // events of launches
	DeadQueue    = "sgkeeper-dead"     // events that failed five times
	OutcomeQueue = "sgkeeper-outcomes" // all events that sgkeeper publishes
	Function     = "sgkeeper-ensure"   // the function, for direct invocation

	Waiter = Function + ":wait" // the function's alias for launchers that wait
)

// Installation is sgkeeper in an embedded account.
type Installation struct {
	Account *fakeaws.Account
	Config  aws.Config // of clients of the account

	handler *handler.Handler
	queues  string // the alias of the function that the queue invokes
}

// Install sets sgkeeper up in an account, through the account's API. The guardrails are a
// file, or "" for the built-in ones. The handler's log and metrics are written to log.
func Install(ctx context.Context, account *fakeaws.Account, guardrails string, log io.Writer) (*Installation, error) {
	i := &Installation{Account: account, Config: Clients(account)}
	settings, err := handler.Load([]string{
		"SGKEEPER_TABLE=" + Table,
		"SGKEEPER_BUS=" + Bus,
		"SGKEEPER_EVENT_QUEUE=" + i.queueARN(LaunchQueue),
		"SGKEEPER_ACCOUNT=" + account.ID(),
		"SGKEEPER_INSTANCES=on",
		"SGKEEPER_GUARDRAILS=" + guardrails,
	})
	if err != nil {
		return nil, err
	}
	i.handler, i.queues = handler.New(settings, i.Config, log), settings.QueueQualifier
	account.AddFunction(Function, i.Invoke)
	account.AddFunction(Function+":"+settings.WaitQualifier, func(ctx context.Context, payload []byte) ([]byte, error) {
		return i.invokeBy(ctx, settings.WaitQualifier, payload)
	})
	if _, err := dynamodb.NewFromConfig(i.Config).CreateTable(ctx, dynamo.Definition(Table)); err != nil {
		return nil, err
	}
	if err := i.createQueues(ctx); err != nil {
		return nil, err
	}
	return i, i.createBus(ctx)
}

// Clients returns the configuration of clients of an account in this process. They use no
// socket.
func Clients(account *fakeaws.Account) aws.Config {
	return aws.Config{Region: account.Region(), Credentials: aws.AnonymousCredentials{}, HTTPClient: account}
}

func (i *Installation) createQueues(ctx context.Context) error {
	client := sqs.NewFromConfig(i.Config)
	for _, queue := range []struct {
		name       string
		attributes map[string]string
	}{
		{DeadQueue, map[string]string{"MessageRetentionPeriod": "1209600"}},
		{LaunchQueue, map[string]string{
			"VisibilityTimeout": fmt.Sprintf("%.0f", runtime.Visibility(runtime.EnsureTimeout).Seconds()),
			"RedrivePolicy":     fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":5}`, i.queueARN(DeadQueue)),
		}},
		{OutcomeQueue, map[string]string{"MessageRetentionPeriod": "3600"}},
	} {
		in := &sqs.CreateQueueInput{QueueName: &queue.name, Attributes: queue.attributes}
		if _, err := client.CreateQueue(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

// instanceEvents are EC2's events about instances that start or end.
const instanceEvents = `{"source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"], ` +
	`"detail": {"state": ["running", "terminated"]}}`

// createBus makes the bus and its rules. One rule sends launches to the function, and another
// one sends outcomes to a queue. EC2's events about instances come by the default bus.
func (i *Installation) createBus(ctx context.Context) error {
	client := eventbridge.NewFromConfig(i.Config)
	if _, err := client.CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: aws.String(Bus)}); err != nil {
		return err
	}
	for _, rule := range []struct{ bus, queue, pattern string }{
		{Bus, LaunchQueue, `{"detail-type": ["Launch Requested", "Launch Ended"]}`},
		{Bus, OutcomeQueue, `{"source": ["sgkeeper"]}`},
		{"default", LaunchQueue, instanceEvents},
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

func (i *Installation) queueARN(name string) string {
	return fmt.Sprintf("arn:aws:sqs:%s:%s:%s", i.Account.Region(), i.Account.ID(), name)
}

// Serve runs the function for launches until ctx ends. It returns after the last invocation.
func (i *Installation) Serve(ctx context.Context) error {
	mapping := fakeaws.Mapping{BatchSize: 10, MaximumConcurrency: runtime.Concurrency, PartialBatchResponses: true}
	return i.Account.Consume(ctx, i.queueARN(LaunchQueue), mapping, i.deliver)
}

// WaitServed returns when the function has handled every event of a launch, or with ctx's error.
func (i *Installation) WaitServed(ctx context.Context) error {
	return i.Account.WaitEmpty(ctx, i.queueARN(LaunchQueue))
}

// deliver invokes the function by the alias to which the queue is mapped.
func (i *Installation) deliver(ctx context.Context, payload []byte) ([]byte, error) {
	return i.invokeBy(ctx, i.queues, payload)
}

// invokeBy invokes the function by one of its aliases.
func (i *Installation) invokeBy(ctx context.Context, alias string, payload []byte) ([]byte, error) {
	arn := fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s:%s", i.Account.Region(), i.Account.ID(), Function, alias)
	return i.Invoke(runtime.Invoked(ctx, arn), payload)
}

// Invoke invokes the function as Lambda does: the end of ctx does not stop an invocation.
func (i *Installation) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), runtime.EnsureTimeout)
	defer cancel()
	return i.handler.Invoke(ctx, payload)
}

// SharedGroup returns a managed group that many launches share: all traffic among its members,
// SSH from an office, and ports 8000, 8002 and 8004 that earlier launches opened to the world.
func SharedGroup(id string) fakeaws.SecurityGroup {
	rules := []fakeaws.Rule{
		{Protocol: "-1", FromPort: -1, ToPort: -1, Peer: id},
		{Protocol: "tcp", FromPort: 22, ToPort: 22, Peer: "198.51.100.0/24", Description: "SSH from the office"},
	}
	for _, port := range []int{8000, 8002, 8004} {
		rules = append(rules, fakeaws.Rule{Protocol: "tcp", FromPort: port, ToPort: port, Peer: "0.0.0.0/0"})
	}
	return fakeaws.SecurityGroup{ID: id, Tags: map[string]string{"sgkeeper:managed": "true"}, Rules: rules}
}
