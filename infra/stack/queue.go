package stack

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// queue is a queue with the one that its messages go to when they have failed
// too often.
type queue struct {
	awssqs.Queue
	dead awssqs.Queue
}

// receives is how often a message is tried before it is a dead letter: over ten
// minutes of retries, longer than EC2 takes to know a group that was just made.
const receives = 5

// fewest is the smallest number of invocations at a time that a queue's mapping can have.
const fewest = 2

// visibility is how long a message stays with a function of that timeout: six
// times, as Lambda asks for, and in any case longer than a dead function's lease
// (its deadline and seven seconds), so that whoever gets it next can take over.
func visibility(timeout time.Duration) time.Duration { return 6*timeout + 10*time.Second }

func seconds(d time.Duration) awscdk.Duration {
	return awscdk.Duration_Seconds(jsii.Number(d.Seconds()))
}

func (s *installation) addQueues() {
	s.events = s.newQueue("events", ensureTimeout)
	s.asks = s.newQueue("asks", ensureTimeout)
	s.audits = s.newQueue("audits", auditTimeout)
}

// newQueue makes a queue for a function of that timeout, and its dead letters'.
func (s *installation) newQueue(part string, timeout time.Duration) queue {
	dead := s.bareQueue(part+"-dead", &awssqs.QueueProps{
		VisibilityTimeout:  seconds(visibility(timeout)), // ensure may take them from there
		RetentionPeriod:    awscdk.Duration_Days(jsii.Number(14)),
		RedriveAllowPolicy: &awssqs.RedriveAllowPolicy{RedrivePermission: awssqs.RedrivePermission_BY_QUEUE, SourceQueues: &[]awssqs.IQueue{s.namedQueue(part)}},
	})
	return queue{dead: dead, Queue: s.bareQueue(part, &awssqs.QueueProps{
		VisibilityTimeout: seconds(visibility(timeout)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: dead, MaxReceiveCount: jsii.Number(receives)},
	})}
}

// namedQueue is a queue before it is made.
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

// feed has a queue take messages from rules alone. That a rule sends is told by its ARN; a
// principal has none, whatever its own policies allow, and so cannot speak for another
// account. Neither can a message be moved here from another queue: for that, SQS asks
// whether the mover may send.
func (s *installation) feed(q awssqs.Queue, rules []*string) {
	q.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("FromRulesOnly"),
		Effect:     awsiam.Effect_DENY,
		Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
		Actions:    jsii.Strings("sqs:SendMessage"),
		Resources:  &[]*string{q.QueueArn()},
		Conditions: &map[string]any{"ArnNotEquals": map[string]any{"aws:SourceArn": rules}},
	}))
}

// addRedriver makes the role of those who have dead letters tried again. Who may assume it
// is for this account's policies to say.
func (s *installation) addRedriver() {
	s.redrive = awsiam.NewRole(s.Stack, jsii.String("Redriver"), &awsiam.RoleProps{
		RoleName:    s.regional("redrive"),
		Description: jsii.String("has dead letters of " + s.Name + " tried again"),
		AssumedBy:   awsiam.NewAccountPrincipal(s.Account()),
	})
	s.useKey(s.redrive)
}

// allowRedriveInPlace lets the redriver enable and disable the mapping by which ensure takes
// dead letters from where they are. The redriver sends nothing, so it can forge nothing. It
// may not have the mapping feed another function.
func (s *installation) allowRedriveInPlace(alias awslambda.Alias) {
	allow(s.redrive, allowed{
		sid: "InPlace", actions: []string{"lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"},
		resources:  []*string{s.arn("lambda", "event-source-mapping:"+*s.deadEvents)},
		conditions: map[string]any{"ArnEquals": map[string]any{"lambda:FunctionArn": []*string{alias.FunctionArn(), s.ensure.FunctionArn()}}},
	}, allowed{sid: "Count", actions: []string{"sqs:GetQueueAttributes"}, resources: []*string{s.events.dead.QueueArn()}})
}

// allowRedrive lets the redriver send the dead letters of queues back.
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
