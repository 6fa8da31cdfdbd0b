package stack

import (
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"
)

// addDashboard makes the dashboard: faults, launches, work done, latency, queues and drift.
func (s *installation) addDashboard() {
	dashboard := awscloudwatch.NewDashboard(s.Stack, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		DashboardName:   s.regional("dashboard"),
		DefaultInterval: awscdk.Duration_Hours(jsii.Number(12)),
		PeriodOverride:  awscloudwatch.PeriodOverride_AUTO,
	})
	five := 5 * time.Minute
	dashboard.AddWidgets(s.numbers())
	dashboard.AddWidgets(
		graph("Launches", true, s.ensureCounts(five, "LaunchesEnsured", "LaunchesQueued", "LaunchesReleased",
			"LaunchesRejected", "LaunchesObserved", "LaunchesRetried")...),
		graph("Rules", true, s.ensureCounts(five, "RulesAuthorized", "RulesRevoked", "RulesCovered")...),
		graph("How long ensure takes (ms)", false, s.ours("ensure", "Duration", five, "p50"),
			s.ours("ensure", "Duration", five, "p99"), s.ensure.MetricDuration(every(five, "Maximum"))),
	)
	dashboard.AddWidgets(
		graph("Waiting", false, s.events.MetricApproximateNumberOfMessagesVisible(every(five, "Maximum")),
			s.asks.MetricApproximateNumberOfMessagesVisible(every(five, "Maximum")),
			s.audits.MetricApproximateNumberOfMessagesVisible(every(five, "Maximum"))),
		graph("Age of waiting messages (s)", false, s.events.MetricApproximateAgeOfOldestMessage(every(five,
			"Maximum")), s.asks.MetricApproximateAgeOfOldestMessage(every(five, "Maximum")),
			s.ours("ensure", "OldestDue", five, "Maximum")),
		graph("Errors, throttles, cold starts", true, s.ensure.MetricErrors(every(five, "Sum")),
			s.ensure.MetricThrottles(every(five, "Sum")), s.audit.MetricErrors(every(five, "Sum")),
			s.audit.MetricThrottles(every(five, "Sum")), s.ours("ensure", "ColdStart", five, "Sum")),
	)
	dashboard.AddWidgets(
		graph("Drift", true, s.drifts(time.Hour)...),
		graph("Table (units, throttled requests)", true, append(s.throttled(),
			s.tableMetric("ConsumedWriteCapacityUnits"), s.tableMetric("ConsumedReadCapacityUnits"))...),
		s.query("Refused lately", 8, "fields @timestamp, launch, group, reasons",
			`filter message = "outcome" and status = "rejected"`, "sort @timestamp desc", "limit 20"),
	)
	dashboard.AddWidgets(
		graph("Largest group (entries)", false, s.ours("ensure", "LargestLedger", five, "Maximum"),
			s.ours("ensure", "LargestPartition", five, "Maximum")),
		s.query("Opened and closed, by launch", 16,
			"fields @timestamp, launch, group, status, authorized, revoked, ticket",
			`filter message = "outcome" and (authorized > 0 or revoked > 0)`, "sort @timestamp desc", "limit 50"),
	)
}

// numbers is the first row. All its values should be 0.
func (s *installation) numbers() awscloudwatch.IWidget {
	metrics := []awscloudwatch.IMetric{
		s.events.dead.MetricApproximateNumberOfMessagesVisible(labelled("dead events")),
		s.asks.dead.MetricApproximateNumberOfMessagesVisible(labelled("dead asks")),
		s.audits.dead.MetricApproximateNumberOfMessagesVisible(labelled("dead audits")),
		s.ours("audit", "DriftsCritical", time.Hour, "Maximum"),
		s.ours("audit", "DriftsHigh", time.Hour, "Maximum"),
		s.ours("ensure", "Contested", time.Hour, "Sum"),
		s.ours("ensure", "GroupsStuck", 10*time.Minute, "Maximum"),
		s.ours("ensure", "RevokesPending", 10*time.Minute, "Maximum"),
		s.ours("ensure", "GuardrailsRejected", 5*time.Minute, "Maximum"),
		s.ours("ensure", "HistoryLost", 5*time.Minute, "Maximum"),
		s.ensure.MetricErrors(every(time.Hour, "Sum")),
		s.audit.MetricErrors(every(time.Hour, "Sum")),
	}
	return awscloudwatch.NewSingleValueWidget(&awscloudwatch.SingleValueWidgetProps{
		Title: jsii.String("All of these ought to be 0"), Width: jsii.Number(24), Height: jsii.Number(4),
		Metrics: &metrics,
	})
}

func (s *installation) drifts(period time.Duration) (metrics []awscloudwatch.IMetric) {
	for _, severity := range severities {
		metrics = append(metrics, s.ours("audit", "Drifts"+severity, period, "Maximum"))
	}
	return metrics
}

func labelled(label string) *awscloudwatch.MetricOptions {
	return &awscloudwatch.MetricOptions{Period: seconds(5 * time.Minute), Statistic: jsii.String("Maximum"),
		Label: jsii.String(label)}
}

func (s *installation) ensureCounts(period time.Duration, names ...string) []awscloudwatch.IMetric {
	metrics := make([]awscloudwatch.IMetric, len(names))
	for i, name := range names {
		metrics[i] = s.ours("ensure", name, period, "Sum")
	}
	return metrics
}

func graph(title string, stacked bool, metrics ...awscloudwatch.IMetric) awscloudwatch.IWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: jsii.String(title), Width: jsii.Number(8), Height: jsii.Number(6), Stacked: jsii.Bool(stacked),
		Left:      &metrics,
		LeftYAxis: &awscloudwatch.YAxisProps{Min: jsii.Number(0), ShowUnits: jsii.Bool(false)},
	})
}

// query is a table of results from this installation's lines in ensure's log.
func (s *installation) query(title string, width int, lines ...string) awscloudwatch.IWidget {
	lines = slices.Insert(lines, 1, `filter installation = "`+*s.identity()+`"`)
	return awscloudwatch.NewLogQueryWidget(&awscloudwatch.LogQueryWidgetProps{
		Title: jsii.String(title), Width: jsii.Number(width), Height: jsii.Number(6),
		LogGroupNames: &[]*string{s.ensure.logs.LogGroupName()}, QueryLines: jsii.Strings(lines...),
	})
}

func (s *installation) tableMetric(name string) awscloudwatch.IMetric {
	return s.tableMetricOf(name, map[string]*string{"TableName": s.tableName()})
}

// throttled are the throttled requests of each operation that the functions call. DynamoDB
// publishes none for the whole table.
func (s *installation) throttled() (metrics []awscloudwatch.IMetric) {
	for _, operation := range tableOperations {
		dimensions := map[string]*string{"TableName": s.tableName(), "Operation": jsii.String(operation)}
		metrics = append(metrics, s.tableMetricOf("ThrottledRequests", dimensions))
	}
	return metrics
}

func (s *installation) tableMetricOf(name string, dimensions map[string]*string) awscloudwatch.IMetric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String("AWS/DynamoDB"), MetricName: jsii.String(name), Period: seconds(5 * time.Minute),
		Statistic:     jsii.String("Sum"),
		DimensionsMap: &dimensions,
	})
}
