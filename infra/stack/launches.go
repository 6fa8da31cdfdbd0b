package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/jsii-runtime-go"

	"github.com/sgkeeper/sgkeeper/events"
)

// addBus makes the bus that launches are published on. Member accounts may put
// events on it; whoever in this account may is for its policies to say.
func (s *installation) addBus() {
	s.bus = awsevents.NewEventBus(s.Stack, jsii.String("Bus"), &awsevents.EventBusProps{
		EventBusName: jsii.String(s.Name),
		Description:  jsii.String("launches in, outcomes out"),
		KmsKey:       s.key,
	})
	if len(s.Members.Accounts) > 0 {
		s.bus.Node().DefaultChild().(awsevents.CfnEventBus).SetPolicy(s.membersMayPublish())
	}
	if s.Archive > 0 {
		s.bus.Archive(jsii.String("Archive"), &awsevents.BaseArchiveProps{
			ArchiveName:  s.named("launches"),
			Description:  jsii.String("launches, to be replayed after the table was restored"),
			EventPattern: &awsevents.EventPattern{DetailType: jsii.Strings(events.LaunchRequested, events.LaunchEnded)},
			Retention:    awscdk.Duration_Days(jsii.Number(s.Archive)),
		})
	}
}

// membersMayPublish is the bus's policy. Which of its principals may is for each
// member to say.
func (s *installation) membersMayPublish() any {
	var roots []string
	for _, account := range s.Members.Accounts {
		roots = append(roots, "arn:"+*s.Partition()+":iam::"+account+":root")
	}
	return map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{map[string]any{
			"Sid": "Members", "Effect": "Allow", "Action": "events:PutEvents",
			"Principal": map[string]any{"AWS": roots}, "Resource": s.arn("events", "event-bus/"+s.Name),
		}},
	}
}

// addLaunchRules brings launches from the bus to the queue that takes nothing
// else.
func (s *installation) addLaunchRules() {
	rule := s.newRule("launches", s.bus, s.events, &awsevents.EventPattern{
		DetailType: jsii.Strings(events.LaunchRequested, events.LaunchEnded),
	}, "launches that ask for ports, and that end")
	rules := []*string{rule.RuleArn()}
	if s.Instances {
		rules = append(rules, s.addInstanceRules()...)
	}
	s.feed(s.events.Queue, rules, true)
	s.feed(s.events.dead, rules, false)
}

// addInstanceRules brings what EC2 tells of instances: of this account's on the
// default bus, and of members' on ours, to where their stacks send it on. The tags
// that make an instance a launch are not in the event: ensure reads them.
func (s *installation) addInstanceRules() []*string {
	rules := []*string{s.newRule("instances", nil, s.events, instances(), "states of instances, which may be launches").RuleArn()}
	if len(s.Members.Accounts) > 0 {
		rules = append(rules, s.newRule("member-instances", s.bus, s.events, instances(), "states of member accounts' instances").RuleArn())
	}
	return rules
}

func instances() *awsevents.EventPattern {
	return &awsevents.EventPattern{
		Source:     jsii.Strings("aws.ec2"),
		DetailType: jsii.Strings("EC2 Instance State-change Notification"),
		Detail:     &map[string]any{"state": []string{"running", "terminated"}}, // from when to when it is a launch
	}
}

// newRule brings events to a queue, and those that cannot be delivered to its
// dead letters, from where they are redriven like any other.
func (s *installation) newRule(part string, bus awsevents.IEventBus, to queue, pattern *awsevents.EventPattern, description string) awsevents.Rule {
	return awsevents.NewRule(s.Stack, jsii.String("Rule-"+part), &awsevents.RuleProps{
		RuleName:     s.named(part),
		Description:  jsii.String(description),
		EventBus:     bus,
		EventPattern: pattern,
		Targets:      &[]awsevents.IRuleTarget{awseventstargets.NewSqsQueue(to.Queue, &awseventstargets.SqsQueueProps{DeadLetterQueue: to.dead})},
	})
}
