package stack

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/sgkeeper/sgkeeper/functions/runtime"
)

// queue is a queue with its dead-letter queue.
type queue struct {
	awssqs.Queue
	dead awssqs.Queue
}

// receives is the number of attempts before a message becomes a dead letter. The retries last
// over ten minutes, longer than EC2 needs to show a new group.
const receives = 5

// fewest is the smallest concurrency that Lambda allows for a queue's mapping.
const fewest = 2

func seconds(d time.Duration) awscdk.Duration {
	return awscdk.Duration_Seconds(jsii.Number(d.Seconds()))
}

func (s *installation) addQueues() {
	s.events = s.newQueue("events", runtime.EnsureTimeout)
	s.asks = s.newQueue("asks", runtime.EnsureTimeout)
	s.audits = s.newQueue("audits", runtime.AuditTimeout)
}

// newQueue makes a queue for a function with that timeout, and its dead-letter queue.
func (s *installation) newQueue(part string, timeout time.Duration) queue {
	dead := s.bareQueue(part+"-dead", &awssqs.QueueProps{
		VisibilityTimeout: seconds(runtime.Visibility(timeout)), // ensure may take dead letters from there
		RetentionPeriod:   awscdk.Duration_Days(jsii.Number(14)),
		RedriveAllowPolicy: &awssqs.RedriveAllowPolicy{RedrivePermission: awssqs.RedrivePermission_BY_QUEUE,
			SourceQueues: &[]awssqs.IQueue{s.namedQueue(part)}},
	})
	return queue{dead: dead, Queue: s.bareQueue(part, &awssqs.QueueProps{
		VisibilityTimeout: seconds(runtime.Visibility(timeout)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: dead, MaxReceiveCount: jsii.Number(receives)},
	})}
}

// namedQueue refers to a queue that the stack has not made yet.
func (s *installation) namedQueue(part string) awssqs.IQueue {
	return awssqs.Queue_FromQueueArn(s.Stack, jsii.String("Named-"+part), s.arn("sqs", *s.named(part)))
}

func (s *installation) bareQueue(part string, props *awssqs.QueueProps) awssqs.Queue {
	props.QueueName = s.named(part)
	props.EnforceSSL = jsii.Bool(true)
	props.Encryption = awssqs.QueueEncryption_SQS_MANAGED
	if s.key != nil {
		props.Encryption, props.EncryptionMasterKey = awssqs.QueueEncryption_KMS, s.key
	}
	q := awssqs.NewQueue(s.Stack, jsii.String("Queue-"+part), props)
	q.ApplyRemovalPolicy(awscdk.RemovalPolicy_DESTROY)
	return q
}

// admit lets the given rules send to a queue, and no rule of another account. CDK's own target
// admits the rules of all accounts if the queue has a key.
func admit(q awssqs.Queue, rules []*string) {
	q.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("Rules"),
		Principals: &[]awsiam.IPrincipal{service("events.amazonaws.com")},
		Actions:    jsii.Strings("sqs:SendMessage"),
		Resources:  &[]*string{q.QueueArn()},
		Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": rules}},
	}))
}

// feed lets only the given rules send to a queue. The policy checks the ARN of the rule. A
// principal has no such ARN, so no policy of its own lets it speak for another account. A move
// from another queue fails too, because SQS requires the permission to send.
func (s *installation) feed(q awssqs.Queue, rules []*string) {
	admit(q, rules)
	q.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("FromRulesOnly"),
		Effect:     awsiam.Effect_DENY,
		Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
		Actions:    jsii.Strings("sqs:SendMessage"),
		Resources:  &[]*string{q.QueueArn()},
		Conditions: &map[string]any{"ArnNotEquals": map[string]any{"aws:SourceArn": rules}},
	}))
}

// addRedriver makes the role that redrives dead letters. The account's own policies choose the
// principals that may assume it.
func (s *installation) addRedriver() {
	s.redrive = awsiam.NewRole(s.Stack, jsii.String("Redriver"), &awsiam.RoleProps{
		RoleName:    s.regional("redrive"),
		Description: jsii.String("has dead letters of " + s.Name + " tried again"),
		AssumedBy:   awsiam.NewAccountPrincipal(s.Account()),
	})
	s.useKey("redrive", s.redrive)
}

// allowRedriveInPlace lets the redriver enable and disable ensure's mapping for dead letters.
// The redriver sends nothing, so it can forge nothing. It may not point the mapping at another
// function.
func (s *installation) allowRedriveInPlace(alias awslambda.Alias) {
	allow(s.redrive, allowed{
		sid: "InPlace", actions: []string{"lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"},
		resources: []*string{s.arn("lambda", "event-source-mapping:"+*s.deadEvents)},
		conditions: map[string]any{"ArnEquals": map[string]any{"lambda:FunctionArn": []*string{alias.FunctionArn(),
			s.ensure.FunctionArn()}}},
	}, allowed{
		sid: "Count", actions: []string{"sqs:GetQueueAttributes"}, resources: []*string{s.events.dead.QueueArn()},
	})
}

// allowRedrive lets the redriver move the dead letters of the queues back.
func (s *installation) allowRedrive(queues ...queue) {
	for _, q := range queues {
		s.redrive.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("sqs:StartMessageMoveTask", "sqs:ListMessageMoveTasks", "sqs:CancelMessageMoveTask",
				"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
			Resources: &[]*string{q.dead.QueueArn()},
		}))
		s.redrive.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions:   jsii.Strings("sqs:SendMessage"),
			Resources: &[]*string{q.QueueArn()},
		}))
	}
}
