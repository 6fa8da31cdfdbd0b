package stack

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/sgkeeper/sgkeeper/functions/runtime"
)

// ensureTable are ensure's calls to the table. A transaction needs the actions of its parts
// and no other.
var ensureTable = []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
	"dynamodb:ConditionCheckItem", "dynamodb:Query"}

// ensureReads are ensure's reads in EC2. Guardrails judge prefix lists by their entries, and a rule
// counts toward the quota by its list's MaxEntries. Lists of AWS and shared lists belong to other
// accounts, so no resource pattern names them all.
var ensureReads = []string{
	"ec2:DescribeManagedPrefixLists", "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups",
	"ec2:GetManagedPrefixListEntries",
}

// instanceReads is ensure's read of an instance that may be a launch. EC2's describe calls
// support no resource-level permissions.
var instanceReads = []string{"ec2:DescribeInstances"}

// addEnsure makes the ensure function, the only one that may change security groups.
func (s *installation) addEnsure() {
	environment := s.common(s.Name + "-member")
	set(environment, "SGKEEPER_MODE", s.Mode)
	set(environment, "SGKEEPER_TAG_RULES", onOff(s.TagRules))
	if s.Trace {
		set(environment, "SGKEEPER_TRACE", "on")
	}
	set(environment, "SGKEEPER_INSTANCES", onOff(s.Instances))
	environment["SGKEEPER_EVENT_QUEUE"] = jsii.String(*s.events.QueueArn() + "," + *s.events.dead.QueueArn())
	s.ensure = s.newFunction(making{
		part: "ensure", description: "opens the ports that launches request, and closes the ports that no launch needs",
		timeout: runtime.EnsureTimeout, environment: environment,
	})
	s.allowEnsure()
	s.feedEnsure()
	s.waiter = s.newAlias(waitAlias)
	if s.Stacks {
		s.serveStacks()
	}
}

// queueAlias is the alias by which only the queues invoke a function.
const queueAlias = "queue"

// feedEnsure lets the queues feed ensure by an alias. Schedules and other callers invoke the
// function without a qualifier. So the invoked ARN distinguishes a record that Lambda took
// from a queue from one that a caller wrote. The alias names $LATEST, so there are no versions
// to keep.
func (s *installation) feedEnsure() {
	alias := s.newAlias(queueAlias)
	feeds(s.events.Queue, alias, s.ensure.role, mapping{concurrency: s.Concurrency})
	feeds(s.asks.Queue, alias, s.ensure.role, mapping{concurrency: s.Concurrency})
	s.deadEvents = feeds(s.events.dead, alias, s.ensure.role, mapping{concurrency: fewest, disabled: true})
	s.allowRedrive(s.asks, s.audits)
	s.allowRedriveInPlace(alias)
}

// waitAlias is the alias by which ensure accepts waits and nothing else. A caller that may
// invoke it learns outcomes of launches, and can neither open nor end one.
const waitAlias = "wait"

// stackAlias is the alias for CloudFormation, which accepts nothing else. The default of
// SGKEEPER_STACK_QUALIFIER is its name.
const stackAlias = "stack"

// serveStacks makes the alias for stacks that have launches as resources. CloudFormation invokes
// it with the permissions of the stack's deployer or role. So no policy of the function names
// CloudFormation.
//
// Lambda repeats a failed invocation of this alias twice, unlike one without an alias: no sweep
// answers CloudFormation.
func (s *installation) serveStacks() {
	alias := awslambda.NewAlias(s.Stack, jsii.String("Alias-"+stackAlias), &awslambda.AliasProps{
		AliasName: jsii.String(stackAlias), Version: s.ensure.LatestVersion(),
		RetryAttempts: jsii.Number(2), MaxEventAge: seconds(10 * time.Minute),
	})
	awscdk.NewCfnOutput(s.Stack, jsii.String("StackServiceToken"), &awscdk.CfnOutputProps{
		Value: alias.FunctionArn(), Description: jsii.String("ServiceToken of launches in stacks"),
	})
}

// newAlias makes an alias of ensure's deployed code. It has no description, so that the release
// fits CloudFormation's limit.
func (s *installation) newAlias(name string) awslambda.Alias {
	return awslambda.NewAlias(s.Stack, jsii.String("Alias-"+name), &awslambda.AliasProps{
		AliasName: jsii.String(name), Version: s.ensure.LatestVersion(),
	})
}

func (s *installation) allowEnsure() {
	partition, account := *s.Partition(), *s.Account()
	role := s.ensure.role
	allow(role,
		allowed{sid: "Table", actions: ensureTable, resources: []*string{s.tableARN()}},
		allowed{sid: "Due", actions: []string{"dynamodb:Query"}, resources: []*string{s.indexARN()}},
		allowed{sid: "Outcomes", actions: []string{"events:PutEvents"}, resources: []*string{s.bus.EventBusArn()}},
		describing(ensureReads...),
		writing(partition, account, s.ManagedTag),
	)
	if s.Instances {
		allow(role, allowed{sid: "DescribeInstances", actions: instanceReads, resources: []*string{jsii.String("*")}})
	}
	if s.TagRules {
		allow(role, tagging(partition, account, s.identity())...)
	}
	s.allowMembers(s.ensure, s.Name+"-member")
}
