package stack

import (
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/jsii-runtime-go"
)

// namespace is the CloudWatch namespace of the functions' metrics, as in package runtime.
const namespace = "sgkeeper"

// severities are the severities of drift, each with an alarm of its own.
var severities = []string{"Critical", "High", "Medium", "Low"}

// alarm is a metric, the threshold at which it needs a person, and the remedy.
type alarm struct {
	part   string
	metric awscloudwatch.IMetric
	from   float64 // threshold; the alarm starts at it
	times  int     // periods in a row
	what   string  // description: the meaning and the remedy
	below  bool    // the alarm is for values below the threshold
	absent bool    // missing data is an alarm too
}

// addAlarms makes the alarms and the topic that they notify.
func (s *installation) addAlarms() {
	s.topic = awssns.NewTopic(s.Stack, jsii.String("Alarms"), &awssns.TopicProps{
		TopicName: s.named("alarms"), EnforceSSL: jsii.Bool(true), MasterKey: s.key,
	})
	s.topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("Alarms"),
		Principals: &[]awsiam.IPrincipal{service("cloudwatch.amazonaws.com")},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  &[]*string{s.topic.TopicArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": s.Account()}},
	}))
	if s.AlarmEmail != "" {
		s.topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(jsii.String(s.AlarmEmail), nil))
	}
	for _, a := range s.alarms() {
		s.newAlarm(a)
	}
}

func (s *installation) newAlarm(a alarm) awscloudwatch.Alarm {
	operator, missing := awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		awscloudwatch.TreatMissingData_NOT_BREACHING
	if a.below {
		operator = awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD
	}
	if a.absent {
		missing = awscloudwatch.TreatMissingData_BREACHING
	}
	alarm := awscloudwatch.NewAlarm(s.Stack, jsii.String("Alarm-"+a.part), &awscloudwatch.AlarmProps{
		AlarmName: s.named(a.part), AlarmDescription: jsii.String(a.what),
		Metric: a.metric, Threshold: jsii.Number(a.from), EvaluationPeriods: jsii.Number(a.times),
		ComparisonOperator: operator, TreatMissingData: missing,
	})
	alarm.AddAlarmAction(awscloudwatchactions.NewSnsAction(s.topic))
	alarm.AddOkAction(awscloudwatchactions.NewSnsAction(s.topic))
	return alarm
}

func (s *installation) alarms() []alarm {
	return append(append(s.queueAlarms(), s.functionAlarms()...), s.auditAlarms()...)
}

func (s *installation) queueAlarms() (alarms []alarm) {
	for _, q := range []struct {
		part string
		queue
		patience time.Duration
	}{{"events", s.events, 5 * time.Minute}, {"asks", s.asks, 5 * time.Minute}, {"audits", s.audits, time.Hour}} {
		alarms = append(alarms,
			alarm{part: q.part + "-dead", metric: q.dead.MetricApproximateNumberOfMessagesVisible(every(time.Minute,
				"Maximum")), from: 1, times: 1,
				what: "messages of " + q.part +
					" failed five times: read the log, and redrive them (docs/deploy.md)"},
			alarm{part: q.part + "-age", metric: q.MetricApproximateAgeOfOldestMessage(every(5*time.Minute, "Maximum")),
				from: q.patience.Seconds(), times: 1,
				what: "messages of " + q.part +
					" wait too long: the function fails, or needs more concurrency"},
		)
	}
	if s.chat != nil {
		alarms = append(alarms, alarm{part: "chat-dead",
			metric: s.deadChat.MetricApproximateNumberOfMessagesVisible(every(time.Minute, "Maximum")), from: 1,
			times: 1,
			what:  "messages for people could not be sent to the topic of chat: their attributes give the reason"})
	}
	return alarms
}

func (s *installation) functionAlarms() (alarms []alarm) {
	for _, f := range []struct {
		part string
		function
	}{{"ensure", s.ensure}, {"audit", s.audit}} {
		alarms = append(alarms,
			alarm{part: f.part + "-errors", metric: f.MetricErrors(every(5*time.Minute, "Sum")), from: 1, times: 2,
				what: f.part + " failed again and again: see its log"},
			alarm{part: f.part + "-throttles", metric: f.MetricThrottles(every(5*time.Minute, "Sum")), from: 1,
				times: 2,
				what:  f.part + " is throttled: the account's concurrency is used up"},
		)
	}
	return append(alarms,
		alarm{part: "lease-contention", metric: s.ours("ensure", "LaunchesRetried", 5*time.Minute, "Sum"), from: 20,
			times: 3,
			what:  "launches return to their queue: a group's lease is held, or EC2 throttles"},
		alarm{part: "contested", metric: s.ours("ensure", "Contested", 5*time.Minute, "Sum"), from: 1, times: 1,
			what: "an outsider removes requested rules: sgkeeper explain names them, and CloudTrail the outsider"},
		alarm{part: "guardrails-rejected", metric: s.ours("ensure", "GuardrailsRejected", 5*time.Minute, "Maximum"),
			from: 1, times: 1,
			what: "the guardrails cannot be read or are invalid: the last valid ones apply, or requests wait. " +
				"The log gives the fault"},
		alarm{part: "history-lost", metric: s.ours("ensure", "HistoryLost", 5*time.Minute, "Maximum"), from: 1,
			times: 1,
			what: "the table is older than a group's rules: sgkeeper revokes nothing there. " +
				"See docs/deploy.md, Restoring the table"},
		alarm{part: "group-stuck", metric: s.ours("ensure", "GroupsStuck", 10*time.Minute, "Maximum"), from: 1,
			times: 1,
			what:  "no sweep could serve a group for five minutes: sgkeeper leases gives the reason and the remedy"},
		alarm{part: "revokes-pending", metric: s.ours("ensure", "RevokesPending", 10*time.Minute, "Maximum"), from: 1,
			times: 1,
			what:  "pending revokes fail for five minutes: sgkeeper leases names the groups, and the log the reason"},
		alarm{part: "sweep-missed", metric: s.ours("ensure", "GroupsSwept", time.Minute, "SampleCount"), from: 1,
			times: 5, below: true, absent: true,
			what: "no sweep for five minutes: no request expires, and no function takes over from one that died"},
	)
}

func (s *installation) auditAlarms() []alarm {
	every := time.Duration(s.AuditMinutes) * time.Minute
	alarms := []alarm{
		{part: "audit-missed", metric: s.ours("audit", "AuditAge", every, "Maximum"), from: 2 * every.Seconds(),
			times: 2, absent: true,
			what: "no audit of all groups was completed in three intervals, so drift is not detected"},
		{part: "audit-undelivered", metric: s.ours("audit", "OutboxAge", every, "Maximum"), from: 600, times: 1,
			what: "the bus or Security Hub did not take new or closed drifts for ten minutes: see the audit's log"},
		{part: "drift-unverified", metric: s.ours("audit", "DriftsUnverified", every, "Maximum"), from: 1, times: 2,
			what: "drifts could not be verified in two intervals: latest.html names the cause"},
	}
	for _, severity := range severities {
		alarms = append(alarms, alarm{part: "drift-" + strings.ToLower(severity),
			metric: s.ours("audit", "Drifts"+severity, every, "Maximum"), from: 1, times: 1,
			what: "groups differ from requests: read latest.html of the reports"})
	}
	return alarms
}

// ours returns a metric that a function of this installation writes.
func (s *installation) ours(function, name string, period time.Duration, statistic string) awscloudwatch.IMetric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String(namespace), MetricName: jsii.String(name), Period: seconds(period),
		Statistic:     jsii.String(statistic),
		DimensionsMap: &map[string]*string{"Installation": s.identity(), "Function": jsii.String(function)},
	})
}

func every(period time.Duration, statistic string) *awscloudwatch.MetricOptions {
	return &awscloudwatch.MetricOptions{Period: seconds(period), Statistic: jsii.String(statistic)}
}
