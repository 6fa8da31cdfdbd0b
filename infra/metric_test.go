package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	audithandler "github.com/sgkeeper/sgkeeper/functions/audit/handler"
	ensurehandler "github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// metric is a metric as CloudWatch distinguishes it: namespace, name, and all dimensions.
type metric struct{ namespace, name, dimensions string }

func newMetric(namespace, name string, dimensions map[string]string) metric {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(dimensions)) {
		all = append(all, key+"="+dimensions[key])
	}
	return metric{namespace, name, strings.Join(all, ", ")}
}

// awsMetrics are AWS's own metrics that the stack uses. Each has the dimensions that AWS documents,
// with the type of resource that the dimension names ("" for a name of AWS).
//
//   - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
//   - https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
//   - https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
var awsMetrics = map[string]map[string]string{
	"AWS/Lambda Errors":                          {"FunctionName": "AWS::Lambda::Function"},
	"AWS/Lambda Throttles":                       {"FunctionName": "AWS::Lambda::Function"},
	"AWS/Lambda Duration":                        {"FunctionName": "AWS::Lambda::Function"},
	"AWS/SQS ApproximateNumberOfMessagesVisible": {"QueueName": "AWS::SQS::Queue"},
	"AWS/SQS ApproximateAgeOfOldestMessage":      {"QueueName": "AWS::SQS::Queue"},
	"AWS/DynamoDB ConsumedWriteCapacityUnits":    {"TableName": "AWS::DynamoDB::Table"},
	"AWS/DynamoDB ConsumedReadCapacityUnits":     {"TableName": "AWS::DynamoDB::Table"},
	"AWS/DynamoDB ThrottledRequests":             {"TableName": "AWS::DynamoDB::Table", "Operation": ""},
}

// TestMetricsExist: the functions, with the stack's settings, or AWS write each metric of the alarms
// and of the dashboard, with the same dimensions.
func TestMetricsExist(t *testing.T) {
	for _, name := range []string{"installation", "full"} {
		tp := of(t, name)
		written := newFunctions(t, tp).written
		for use, metrics := range tp.metrics(t) {
			if len(metrics) == 0 {
				t.Errorf("%s: %s has no metric", name, use)
			}
			for _, m := range metrics {
				if strings.HasPrefix(m.namespace, "AWS/") {
					tp.checkAWS(t, use, m)
				} else if !written[m] {
					t.Errorf("%s: %s uses %v, which no function writes", name, use, m)
				}
			}
		}
	}
}

// checkAWS compares a metric of AWS with its documentation and with the template's resources.
func (tp *template) checkAWS(t *testing.T, use string, m metric) {
	t.Helper()
	documented, ok := awsMetrics[m.namespace+" "+m.name]
	found := make(map[string]string)
	for part := range strings.SplitSeq(m.dimensions, ", ") {
		key, value, _ := strings.Cut(part, "=")
		found[key] = value
	}
	if !ok || !slices.Equal(slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(documented))) {
		t.Errorf("%s uses %v; AWS documents the dimensions %v", use, m, documented)
	}
	for dimension, kind := range documented {
		if kind != "" && tp.Resources[found[dimension]].Type != kind {
			t.Errorf("%s uses %v, and %q is no %s of the stack", use, m, found[dimension], kind)
		}
	}
}

// TestTwoInstallations: two installations in one account and Region share no metric, and the
// lines of their logs name them.
func TestTwoInstallations(t *testing.T) {
	one := newFunctions(t, of(t, "installation"))
	two := newFunctions(t, of(t, "untagged"))
	if len(one.written) == 0 || len(one.written) != len(two.written) {
		t.Errorf("%d and %d metrics, want as many", len(one.written), len(two.written))
	}
	for m := range one.written {
		if two.written[m] {
			t.Errorf("both installations write %v", m)
		}
	}
	for _, line := range one.logged {
		if line["installation"] != one.installation {
			t.Errorf("the line %v: want the installation %s", line, one.installation)
		}
	}
}

// TestQueriesFindLines: each query of the dashboard is limited to the installation, and its
// fields are in the lines that ensure logs.
func TestQueriesFindLines(t *testing.T) {
	tp := of(t, "installation")
	f := newFunctions(t, tp)
	fields := map[string]bool{"@timestamp": true} // CloudWatch Logs adds it
	for _, line := range f.logged {
		for name := range line {
			fields[name] = line["message"] == "outcome" || fields[name]
		}
	}
	queries := 0
	for _, w := range tp.dashboard(t) {
		if w.Type != "log" {
			continue
		}
		queries++
		if limited := fmt.Sprintf("filter installation = %q", f.installation); !strings.Contains(w.Properties.Query,
			limited) {
			t.Errorf("the query %q is not limited by %s", w.Properties.Query, limited)
		}
		_, list, _ := strings.Cut(w.Properties.Query, "fields ")
		list, _, _ = strings.Cut(list, "\n")
		for field := range strings.SplitSeq(list, ", ") {
			if !fields[field] {
				t.Errorf("the query %q shows %s, which no outcome's line has", w.Properties.Query, field)
			}
		}
	}
	if queries == 0 {
		t.Error("the dashboard has no query")
	}
}

// TestThrottledOperations: the dashboard shows the throttled requests of each operation that
// the functions call. DynamoDB has no total of a table.
func TestThrottledOperations(t *testing.T) {
	tp := of(t, "installation")
	var shown, called []string
	for _, metrics := range tp.metrics(t) {
		for _, m := range metrics {
			if _, operation, ok := strings.Cut(m.dimensions, "Operation="); ok && m.name == "ThrottledRequests" {
				operation, _, _ = strings.Cut(operation, ",")
				shown = append(shown, operation)
			}
		}
	}
	for _, function := range []string{"ensure", "audit"} {
		for _, c := range linked(t, function) {
			if operation, ok := strings.CutPrefix(c, "dynamodb:"); ok {
				called = append(called, operation)
			}
		}
	}
	slices.Sort(shown)
	slices.Sort(called)
	if called = slices.Compact(called); len(called) == 0 || !slices.Equal(shown, called) {
		t.Errorf("the dashboard shows %q, the functions call %q", shown, called)
	}
}

// TestMetricsAreCosted: docs/deploy.md has the price of all metrics that the functions write.
func TestMetricsAreCosted(t *testing.T) {
	text, err := os.ReadFile("../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	n := len(newFunctions(t, of(t, "installation")).written)
	row := fmt.Sprintf("| metrics of the functions | %d | 0.30 | %.2f |", n, 0.30*float64(n))
	if !strings.Contains(string(text), row) {
		t.Errorf("docs/deploy.md lacks the row %s", row)
	}
}

// functions is the output of both functions, run with the settings that a stack gives them.
type functions struct {
	installation string
	written      map[metric]bool
	logged       []map[string]any // lines of ensure
}

// newFunctions runs both functions: they open a port, reject a request, sweep and audit.
func newFunctions(t *testing.T, tp *template) *functions {
	t.Helper()
	const group = "sg-0123456789abcdef0"
	account := fakeaws.New(fakeaws.Options{ID: home})
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: group, Tags: map[string]string{"sgkeeper:managed": "true"}})
	clients := aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test",
		""), HTTPClient: account}
	f := &functions{written: make(map[metric]bool)}
	environ := map[string][]string{}
	for _, function := range tp.all("AWS::Lambda::Function") {
		name := at(function.Properties, "FunctionName").(string)
		part := name[strings.LastIndex(name, "-")+1:]
		for _, variable := range []string{"SGKEEPER_TABLE", "SGKEEPER_INSTALLATION"} {
			value := literal(t, at(function.Properties, "Environment", "Variables", variable)).(string)
			environ[part] = append(environ[part], variable+"="+value)
			if variable == "SGKEEPER_INSTALLATION" {
				f.installation = value
			} else if part == "ensure" {
				if _, err := dynamodb.NewFromConfig(clients).CreateTable(t.Context(),
					dynamo.Definition(value)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if _, err := eventbridge.NewFromConfig(clients).CreateEventBus(t.Context(),
		&eventbridge.CreateEventBusInput{Name: aws.String("launches")}); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	ensureConfig, err := ensurehandler.Load(append(environ["ensure"], "SGKEEPER_BUS=launches"))
	if err != nil {
		t.Fatal(err)
	}
	auditConfig, err := audithandler.Load(environ["audit"])
	if err != nil {
		t.Fatal(err)
	}
	ctx := runtime.Invoked(t.Context(), "arn:aws:lambda:us-east-1:"+home+":function:f")
	ensure, audit := ensurehandler.New(ensureConfig, clients, &log), audithandler.New(auditConfig, clients, &log)
	request := `{"detailType":"Launch Requested","launch":"a","group":"` + group +
		`","rules":[{"ports":%d,"from":["%s"]}]}`
	for _, payload := range []string{fmt.Sprintf(request, 8000, "10.0.0.0/8"), fmt.Sprintf(request, 22, "0.0.0.0/0"),
		`{"sgkeeper":"sweep"}`} {
		if _, err := ensure.Invoke(ctx, []byte(payload)); err != nil {
			t.Fatalf("ensure %s: %v", payload, err)
		}
	}
	f.read(t, log.String())
	log.Reset()
	if _, err := audit.Invoke(ctx, []byte(`{"sgkeeper":"audit"}`)); err != nil {
		t.Fatal(err)
	}
	f.read(t, log.String())
	return f
}

// read reads the lines of a function's output.
func (f *functions) read(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		var object map[string]any
		var directives struct {
			AWS *struct {
				CloudWatchMetrics []struct {
					Namespace  string
					Dimensions [][]string
					Metrics    []struct{ Name string }
				}
			} `json:"_aws"`
		}
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if err := json.Unmarshal([]byte(line), &directives); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if directives.AWS == nil {
			f.logged = append(f.logged, object)
			continue
		}
		for _, d := range directives.AWS.CloudWatchMetrics {
			for _, m := range d.Metrics {
				for _, names := range d.Dimensions {
					dimensions := make(map[string]string)
					for _, name := range names {
						dimensions[name] = fmt.Sprint(object[name])
					}
					f.written[newMetric(d.Namespace, m.Name, dimensions)] = true
				}
			}
		}
	}
}

// metrics returns the metrics of each alarm and of each widget with metrics.
func (tp *template) metrics(t *testing.T) map[string][]metric {
	t.Helper()
	uses := make(map[string][]metric)
	for id, alarm := range tp.all("AWS::CloudWatch::Alarm") {
		dimensions := make(map[string]string)
		list, _ := literal(t, alarm.Properties["Dimensions"]).([]any)
		for _, d := range list {
			dimensions[at(d, "Name").(string)] = at(d, "Value").(string)
		}
		namespace, _ := alarm.Properties["Namespace"].(string)
		name, _ := alarm.Properties["MetricName"].(string)
		uses["the alarm "+id] = []metric{newMetric(namespace, name, dimensions)}
	}
	for _, w := range tp.dashboard(t) {
		if w.Type != "metric" {
			continue
		}
		use := "the graph " + w.Properties.Title
		for _, row := range w.Properties.Metrics {
			var names []string // namespace, name, and pairs of a dimension and its value
			for _, part := range row.([]any) {
				if text, ok := part.(string); ok {
					names = append(names, text)
				}
			}
			dimensions := make(map[string]string)
			for pair := range slices.Chunk(names[2:], 2) {
				dimensions[pair[0]] = pair[1]
			}
			uses[use] = append(uses[use], newMetric(names[0], names[1], dimensions))
		}
	}
	return uses
}

// widget is a part of a dashboard.
type widget struct {
	Type       string
	Properties struct {
		Title, Query string
		Metrics      []any
	}
}

func (tp *template) dashboard(t *testing.T) []widget {
	t.Helper()
	body := literal(t, tp.only(t, "AWS::CloudWatch::Dashboard").Properties["DashboardBody"]).(string)
	var dashboard struct{ Widgets []widget }
	if err := json.Unmarshal([]byte(body), &dashboard); err != nil {
		t.Fatal(err)
	}
	return dashboard.Widgets
}
