package stack

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// making are the parts of a function besides its role.
type making struct {
	part        string // ensure or audit
	description string
	timeout     time.Duration
	loops       bool // the function may feed itself
	files       []bundled
	environment map[string]*string
}

// newFunction makes a function that runs one of sgkeeper's programs. Its role may write its
// log and its traces, and nothing else yet.
func (s *installation) newFunction(m making) function {
	f := function{role: s.newRole(m.part), logs: s.newLogGroup(m.part)}
	f.role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       jsii.String("Log"),
		Actions:   jsii.Strings("logs:CreateLogStream", "logs:PutLogEvents"),
		Resources: &[]*string{jsii.String(*f.logs.LogGroupArn())}, // it ends in :*, the group's streams
	}))
	f.role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       jsii.String("Trace"),
		Actions:   jsii.Strings("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
		Resources: jsii.Strings("*"), // X-Ray supports no resource-level permissions
	}))
	s.allowGuardrails(f.role)
	s.useKey(m.part, f.role)
	s.allowNetwork(m.part, f.role)
	loop := awslambda.RecursiveLoop_TERMINATE
	if m.loops {
		loop = awslambda.RecursiveLoop_ALLOW
	}
	f.Function = awslambda.NewFunction(s.Stack, jsii.String("Function-"+m.part), &awslambda.FunctionProps{
		FunctionName:          s.named(m.part),
		Description:           jsii.String(m.description),
		Runtime:               awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:          awslambda.Architecture_Custom(jsii.String(string(s.Architecture)), nil),
		Handler:               jsii.String("bootstrap"),
		Code:                  s.code(m.part, slices.Concat(s.guardrails.files, m.files)...),
		MemorySize:            jsii.Number(512),
		Timeout:               seconds(m.timeout),
		Role:                  f.role.WithoutPolicyUpdates(nil), // the stack's own statements are its whole policy
		LogGroup:              f.logs,
		Tracing:               awslambda.Tracing_ACTIVE,
		RecursiveLoop:         loop,
		Environment:           &m.environment,
		EnvironmentEncryption: s.key,
		RetryAttempts:         jsii.Number(0), // of direct invocations, because a sweep follows within a minute
		MaxEventAge:           seconds(time.Minute),
	})
	s.connect(f)
	f.Function.Node().AddDependency(policyOf(f.role)) // a cold start needs the policy
	return f
}

func (s *installation) newRole(part string) awsiam.Role {
	return awsiam.NewRole(s.Stack, jsii.String("Role-"+part), &awsiam.RoleProps{
		RoleName:    s.regional(part),
		Description: jsii.String("what " + s.Name + "-" + part + " may do"),
		AssumedBy:   service("lambda.amazonaws.com").(awsiam.ServicePrincipal),
	})
}

// policyOf returns a role's policy. It panics if the role has none.
func policyOf(role awsiam.Role) constructs.IDependable {
	return role.Node().FindChild(jsii.String("DefaultPolicy"))
}

func (s *installation) newLogGroup(part string) awslogs.ILogGroup {
	if s.LogGroup != "" {
		return awslogs.LogGroup_FromLogGroupName(s.Stack, jsii.String("Log-"+part), jsii.String(s.LogGroup))
	}
	group := awslogs.NewLogGroup(s.Stack, jsii.String("Log-"+part), &awslogs.LogGroupProps{
		EncryptionKey: s.key,
		Retention:     awslogs.RetentionDays_INFINITE,
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
	})
	group.Node().DefaultChild().(awslogs.CfnLogGroup).SetRetentionInDays(jsii.Number(s.LogDays))
	return group
}

// mapping sets how a queue feeds a function.
type mapping struct {
	window      time.Duration // for which Lambda collects messages
	concurrency int           // invocations at a time
	disabled    bool          // until a person enables it
}

// feeds makes a queue feed a function or its alias. A batch has at most ten messages, and each
// message fails alone. It returns the mapping's id.
func feeds(q awssqs.Queue, f awslambda.IFunction, role awsiam.Role, m mapping) (id *string) {
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		// Lambda makes these calls
		Actions:   jsii.Strings("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
		Resources: &[]*string{q.QueueArn()},
	}))
	source := awslambdaeventsources.NewSqsEventSource(q, &awslambdaeventsources.SqsEventSourceProps{
		BatchSize:               jsii.Number(10),
		MaxBatchingWindow:       seconds(m.window),
		MaxConcurrency:          jsii.Number(m.concurrency),
		ReportBatchItemFailures: jsii.Bool(true),
		Enabled:                 jsii.Bool(!m.disabled),
	})
	f.AddEventSource(source)
	return source.EventSourceMappingId()
}

// common is the environment of both functions.
func (s *installation) common(memberRole string) map[string]*string {
	environment := map[string]*string{
		"SGKEEPER_TABLE":        s.tableName(),
		"SGKEEPER_BUS":          s.bus.EventBusName(),
		"SGKEEPER_QUOTA":        jsii.String(decimal(s.Quota)),
		"SGKEEPER_INSTALLATION": s.identity(),
		"SGKEEPER_LOG_LEVEL":    jsii.String(s.LogLevel),
	}
	set(environment, "SGKEEPER_GUARDRAILS", s.guardrails.name)
	set(environment, "SGKEEPER_PREFIX_LIST_WEIGHTS", s.Weights)
	set(environment, "SGKEEPER_MEMBER_REGIONS", strings.Join(s.Members.Regions, ","))
	if len(s.Members.Accounts) > 0 {
		set(environment, "SGKEEPER_MEMBER_ACCOUNTS", s.memberLists())
		set(environment, "SGKEEPER_MEMBER_ROLE", memberRole)
		set(environment, "SGKEEPER_EXTERNAL_ID", s.Members.ExternalID)
	}
	return environment
}

// set sets a variable unless its value is empty.
func set(environment map[string]*string, name, value string) {
	if value != "" {
		environment[name] = jsii.String(value)
	}
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
