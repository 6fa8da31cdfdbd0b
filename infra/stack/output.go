package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// addOutputs makes the outputs for people and other stacks.
func (s *installation) addOutputs() {
	for _, o := range []struct {
		name, description string
		value             *string
	}{
		{"BusArn", "for launches and outcomes", s.bus.EventBusArn()},
		{"AsksQueueUrl", "where launches may be sent by SQS", s.asks.QueueUrl()},
		{"WaiterArn", "for launchers that wait", s.waiter.FunctionArn()},
		{"TableName", "for the command line", s.tableName()},
		{"Identity", "on the tags of this installation's rules", s.identity()},
		{"ReportsUri", "the audit's reports, latest.html first",
			jsii.String("s3://" + *s.reports.BucketName() + "/" + reportsPrefix)},
		{"AlarmsTopicArn", "where alarms go", s.topic.TopicArn()},
		{"EnsureRoleArn", "for the SCP that protects the managed tag, and for members", s.ensure.role.RoleArn()},
		{"AuditRoleArn", "for members", s.audit.role.RoleArn()},
		{"RedriveRoleArn", "for redrives of dead letters", s.redrive.RoleArn()},
		{"DeadEventsMappingId", "the disabled mapping of events' dead letters", s.deadEvents},
	} {
		awscdk.NewCfnOutput(s.Stack, jsii.String(o.name), &awscdk.CfnOutputProps{Value: o.value,
			Description: jsii.String(o.description)})
	}
	if s.chat != nil {
		awscdk.NewCfnOutput(s.Stack, jsii.String("ChatTopicArn"),
			&awscdk.CfnOutputProps{Value: s.chat.TopicArn(), Description: jsii.String("messages for Slack and Teams")})
	}
	if s.guardrailsParameter != nil {
		awscdk.NewCfnOutput(s.Stack, jsii.String("GuardrailsParameter"),
			&awscdk.CfnOutputProps{Value: s.guardrailsParameter.Ref(), Description: jsii.String("the guardrails")})
	}
}
