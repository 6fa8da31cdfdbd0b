// Package stack is sgkeeper's deployment with AWS CDK.
//
// [New] makes the stack of an installation:
//
//   - A bus takes launches from publishers (bus.go, publisher.go), and a queue brings them to
//     the ensure function (launches.go, ensure.go).
//   - Schedules bring sweeps and audits (schedule.go). The audit function has a queue of its
//     own (audits.go).
//   - Both functions share one table (table.go). Each has a role that allows the calls that
//     its code makes, and no other (role.go).
//   - Alarms go to a topic (alarm.go), messages for people to another (chat.go), and a dashboard shows
//     the metrics (dashboard.go).
//
// [NewMember] makes the stack of a member account. An installation in another account changes
// its groups.
//
// The installation's name fixes the names of functions, queues, roles and the bus. Runbooks,
// trust policies and other accounts can rely on them. The table, the bucket, the log groups
// and the key outlive the stack, so CloudFormation generates names that collide with no later
// stack. If the first deployment fails, CloudFormation deletes them (RetainExceptOnCreate).
package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// installation is an installation's stack under construction.
type installation struct {
	awscdk.Stack
	Props

	code    code
	key     awskms.IKey // nil: keys that AWS owns; see [KeyUses]
	redrive awsiam.Role
	table   awsdynamodb.CfnTable
	bus     awsevents.EventBus
	events  queue // only EventBridge feeds it
	asks    queue // publishers feed it
	audits  queue // it feeds the audit function
	reports awss3.Bucket
	ensure  function
	waiter  awslambda.Alias // of ensure
	audit   function
	topic   awssns.Topic

	chat     awssns.Topic // of messages for people; nil: none
	deadChat awssqs.Queue // messages that the topic did not take

	deadEvents *string // id of the mapping by which ensure takes dead letters of events

	members []awsssm.CfnParameter // list the member accounts

	guardrails          text
	guardrailsParameter awsssm.CfnParameter // nil: the stack makes none
}

// function is one of sgkeeper's functions, with its role and its log group.
type function struct {
	awslambda.Function
	role awsiam.Role
	logs awslogs.ILogGroup
}

// New makes the stack of an installation.
func New(scope constructs.Construct, p Props) awscdk.Stack {
	s := &installation{Props: p, Stack: newStack(scope, p.Name, p, !p.Release,
		"sgkeeper opens the ports that launches request, once, and closes them with the last launch that needs them")}
	s.code = s.fromSource()
	if s.Release {
		s.code = s.released()
		s.addParameters()
	}
	s.addKey()
	s.addRedriver()
	s.addTable()
	s.addBus()
	s.addQueues()
	s.addReports()
	s.addGuardrails()
	s.addMembers()
	s.addEnsure()
	s.addLaunchRules()
	s.addAudit()
	s.addChangeRules()
	s.addSchedules()
	s.addChat()
	s.addAlarms()
	s.addDashboard()
	s.addOutputs()
	return s.Stack
}

// newStack makes an empty stack. If it is bootstrapped, its template reads the version of CDK's
// bootstrap stack, which must be there for the functions' programs.
func newStack(scope constructs.Construct, name string, p Props, bootstrapped bool, description string) awscdk.Stack {
	s := awscdk.NewStack(scope, jsii.String(name), &awscdk.StackProps{
		Description:           jsii.String(description),
		TerminationProtection: jsii.Bool(p.Protect),
		Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{
			GenerateBootstrapVersionRule: jsii.Bool(bootstrapped),
		}),
		AnalyticsReporting: jsii.Bool(false),
		Tags:               &map[string]*string{"sgkeeper": jsii.String(p.Name)},

		PermissionsBoundary: p.Governance.boundary(),
	})
	p.Governance.tag(s)
	return s
}

// named returns the name of a part of the installation.
func (s *installation) named(part string) *string { return jsii.String(s.Name + "-" + part) }

// regional returns the name of a part in a global namespace, such as a role.
func (s *installation) regional(part string) *string {
	return jsii.String(s.Name + "-" + part + "-" + *s.Region())
}

// arn returns the ARN of a resource in this account and Region.
func (s *installation) arn(service, resource string) *string {
	return jsii.String("arn:" + *s.Partition() + ":" + service + ":" + *s.Region() + ":" + *s.Account() + ":" +
		resource)
}
