package stack

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/sgkeeper/sgkeeper/events"
)

// ChatSeverities are the values of [Props].Chat, the most severe first.
var ChatSeverities = []string{"critical", "high", "medium", "low", "informational"}

// addChat makes a topic of messages for people. Amazon Q Developer in chat applications can bring
// them to Slack and Microsoft Teams. Each event holds its message, so the rules pass only that on.
func (s *installation) addChat() {
	if s.Chat == "" {
		return
	}
	s.chat = awssns.NewTopic(s.Stack, jsii.String("Chat"), &awssns.TopicProps{
		TopicName: s.named("chat"), EnforceSSL: jsii.Bool(true), MasterKey: s.key,
	})
	s.deadChat = s.bareQueue("chat-dead", &awssqs.QueueProps{
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)),
	})
	severe := ChatSeverities[:slices.Index(ChatSeverities, s.Chat)+1]
	rules := []*string{
		s.newChatRule("chat-drifts", "new and closed drifts, for people", &awsevents.EventPattern{
			Source:     jsii.Strings(events.Source),
			DetailType: jsii.Strings(events.DriftDetectedType, events.DriftClosedType),
			Detail:     &map[string]any{"severity": severe},
		}),
		s.newChatRule("chat-refusals", "refused launches, for people", &awsevents.EventPattern{
			Source: jsii.Strings(events.Source), DetailType: jsii.Strings(events.RejectedType),
		}),
	}
	s.chat.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("Rules"),
		Principals: &[]awsiam.IPrincipal{service("events.amazonaws.com")},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  &[]*string{s.chat.TopicArn()},
		Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": rules}},
	}))
	admit(s.deadChat, rules)
}

// newChatRule sends the messages of events to the topic, and returns the rule's ARN.
func (s *installation) newChatRule(part, description string, pattern *awsevents.EventPattern) *string {
	rule := awsevents.NewRule(s.Stack, jsii.String("Rule-"+part), &awsevents.RuleProps{
		RuleName: s.named(part), Description: jsii.String(description), EventBus: s.bus, EventPattern: pattern,
	})
	rule.Node().DefaultChild().(awsevents.CfnRule).SetTargets(&[]any{&awsevents.CfnRule_TargetProperty{
		Id: jsii.String("Target0"), Arn: s.chat.TopicArn(), InputPath: jsii.String("$.detail.chat"),
		DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: s.deadChat.QueueArn()},
	}})
	return rule.RuleArn()
}
