package stack

import (
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/jsii-runtime-go"

	"github.com/sgkeeper/sgkeeper/functions/runtime"
)

// Parts of the schedules.
const (
	sweepSchedule = "sweep-schedule"
	auditSchedule = "audit-schedule"
)

// addSchedules runs the sweep and the audit at their intervals. The sweep invokes
// the function directly, so that it does not wait behind launches. The next sweep makes up for
// one that fails.
func (s *installation) addSchedules() {
	s.newSchedule(sweepSchedule, fmt.Sprintf("rate(%d minute)", runtime.SweepInterval/time.Minute),
		`{"sgkeeper":"sweep"}`, "lambda:InvokeFunction", s.ensure.FunctionArn())
	s.newSchedule(auditSchedule, fmt.Sprintf("rate(%d minutes)", s.AuditMinutes), `{"sgkeeper":"audit"}`,
		"sqs:SendMessage", s.audits.QueueArn())
}

func (s *installation) newSchedule(part, rate, input, action string, target *string) {
	role := awsiam.NewRole(s.Stack, jsii.String("Role-"+part), &awsiam.RoleProps{
		RoleName:    s.regional(part),
		Description: jsii.String("lets the schedule " + s.Name + "-" + part + " reach its target"),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("scheduler.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			// not another account's
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": s.Account()}},
		}),
	})
	s.useKey(part, role)
	allow(role, allowed{sid: "Target", actions: []string{action}, resources: []*string{target}})
	schedule := awsscheduler.NewCfnSchedule(s.Stack, jsii.String("Schedule-"+part), &awsscheduler.CfnScheduleProps{
		Name:               s.named(part),
		ScheduleExpression: jsii.String(rate),
		FlexibleTimeWindow: &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: jsii.String("OFF")},
		Target: &awsscheduler.CfnSchedule_TargetProperty{
			Arn: target, RoleArn: role.RoleArn(), Input: jsii.String(input),
			RetryPolicy: &awsscheduler.CfnSchedule_RetryPolicyProperty{MaximumRetryAttempts: jsii.Number(3),
				MaximumEventAgeInSeconds: jsii.Number(60)},
		},
	})
	schedule.Node().AddDependency(policyOf(role))
	if s.key != nil {
		schedule.SetKmsKeyArn(s.key.KeyArn())
	}
}
