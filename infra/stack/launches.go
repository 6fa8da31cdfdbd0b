package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/jsii-runtime-go"

	"github.com/sgkeeper/sgkeeper/events"
)

// addLaunchRules sends launches from the bus to the queue that only rules feed.
func (s *installation) addLaunchRules() {
	rule := s.newRule("launches", s.bus, s.events, &awsevents.EventPattern{
		DetailType: jsii.Strings(events.LaunchRequested, events.LaunchEnded),
	}, "launches that request ports, and that end")
	rules := []*string{rule.RuleArn()}
	if s.Instances {
		rules = append(rules, s.addInstanceRules()...)
	}
	s.feed(s.events.Queue, rules)
	s.feed(s.events.dead, rules)
}

// addInstanceRules sends EC2's events about instances to that queue. The events of this account
// and Region are on the default bus. Members' stacks forward those of other accounts and Regions
// to the installation's bus. The event has no tags, so ensure reads the tags that make an
// instance a launch.
func (s *installation) addInstanceRules() []*string {
	rules := []*string{s.newRule("instances", nil, s.events, instances(),
		"states of instances, which may be launches").RuleArn()}
	if s.Members.elsewhere() {
		rules = append(rules, s.newRule("member-instances", s.bus, s.events, instances(),
			"states of instances in other accounts and Regions").RuleArn())
	}
	return rules
}

func instances() *awsevents.EventPattern {
	return &awsevents.EventPattern{
		Source:     jsii.Strings("aws.ec2"),
		DetailType: jsii.Strings("EC2 Instance State-change Notification"),
		Detail:     &map[string]any{"state": []string{"running", "terminated"}}, // start and end of a launch
	}
}

// newRule sends events to a queue, which must admit the rule. Events that cannot be delivered go
// to its dead-letter queue, and a redrive takes them from there like any other.
func (s *installation) newRule(part string, bus awsevents.IEventBus, to queue, pattern *awsevents.EventPattern,
	description string) awsevents.Rule {
	rule := awsevents.NewRule(s.Stack, jsii.String("Rule-"+part), &awsevents.RuleProps{
		RuleName:     s.named(part),
		Description:  jsii.String(description),
		EventBus:     bus,
		EventPattern: pattern,
	})
	rule.Node().DefaultChild().(awsevents.CfnRule).SetTargets(&[]any{&awsevents.CfnRule_TargetProperty{
		Id: jsii.String("Target0"), Arn: to.QueueArn(),
		DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: to.dead.QueueArn()},
	}})
	return rule
}
