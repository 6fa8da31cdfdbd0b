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
		{"BusArn", "where launches are published, and outcomes", s.bus.EventBusArn()},
		{"AsksQueueUrl", "where launches may be sent by SQS", s.asks.QueueUrl()},
		{"TableName", "claims and leases, for the command line", s.tableName()},
		{"Identity", "what rules of this installation are tagged with", s.identity()},
		{"ReportsUri", "the audit's reports, latest.html first", jsii.String("s3://" + *s.reports.BucketName() + "/" + reportsPrefix)},
		{"AlarmsTopicArn", "where alarms go", s.topic.TopicArn()},
		{"EnsureRoleArn", "for the SCP that protects the managed tag, and for members", s.ensure.role.RoleArn()},
		{"AuditRoleArn", "for members", s.audit.role.RoleArn()},
		{"RedriveRoleArn", "for those who have dead letters tried again", s.redrive.RoleArn()},
		{"DeadEventsMappingId", "of the mapping that has ensure try the dead letters of events again; it is disabled", s.deadEvents},
	} {
		awscdk.NewCfnOutput(s.Stack, jsii.String(o.name), &awscdk.CfnOutputProps{Value: o.value, Description: jsii.String(o.description)})
	}
	if s.guardrailsParameter != nil {
		awscdk.NewCfnOutput(s.Stack, jsii.String("GuardrailsParameter"), &awscdk.CfnOutputProps{Value: s.guardrailsParameter.Ref(), Description: jsii.String("the guardrails")})
	}
}
