package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestAlarms: each condition that needs a person has an alarm. The alarm names the remedy,
// notifies the topic, and resolves by itself.
func TestAlarms(t *testing.T) {
	tp := of(t, "installation")
	for _, name := range []string{
		"events-dead", "events-age", "asks-dead", "asks-age", "audits-dead", "audits-age",
		"ensure-errors", "ensure-throttles", "lease-contention", "contested", "guardrails-rejected", "history-lost",
		"group-stuck", "revokes-pending", "sweep-missed",
		"audit-errors", "audit-throttles", "audit-missed", "audit-undelivered", "drift-unverified", "drift-critical",
		"drift-high", "drift-medium", "drift-low",
	} {
		alarm := tp.named(t, "AWS::CloudWatch::Alarm", "AlarmName", "sgkeeper-"+name)
		if text, _ := alarm.Properties["AlarmDescription"].(string); len(text) < 20 {
			t.Errorf("%s says %q", name, text)
		}
		for _, action := range []string{"AlarmActions", "OKActions"} {
			if at(alarm.Properties, action, 0, "Ref") == nil {
				t.Errorf("%s has no %s", name, action)
			}
		}
		missing := "notBreaching"
		if strings.HasSuffix(name, "-missed") {
			missing = "breaching"
		}
		wantAt(t, alarm, missing, "TreatMissingData")
	}
	for id, alarm := range tp.all("AWS::CloudWatch::Alarm") {
		period, _ := alarm.Properties["Period"].(float64)
		if window := period * alarm.Properties["EvaluationPeriods"].(float64); window > 24*3600 {
			t.Errorf("%s looks back %v s; CloudWatch takes a day", id, window)
		}
	}
}

// TestTopic: CloudWatch may publish to the topic, and the topic notifies the configured
// address.
func TestTopic(t *testing.T) {
	tp := of(t, "full")
	if policy := policyOfTopic(t, tp, "Alarms"); !strings.Contains(policy,
		"cloudwatch.amazonaws.com") || !strings.Contains(policy, `"aws:SecureTransport":"false"`) {
		t.Errorf("the topic's policy is %s", policy)
	}
	subscription := tp.only(t, "AWS::SNS::Subscription")
	wantAt(t, subscription, "platform@example.com", "Endpoint")
	if got := len(of(t, "installation").all("AWS::SNS::Subscription")); got != 0 {
		t.Errorf("%d subscriptions, and no address was given", got)
	}
}

// policyOfTopic returns the policy of the topic with that construct id.
func policyOfTopic(t *testing.T, tp *template, id string) string {
	t.Helper()
	for _, policy := range tp.all("AWS::SNS::TopicPolicy") {
		if ref, _ := at(policy.Properties, "Topics", 0, "Ref").(string); strings.HasPrefix(ref, id) {
			return rendered(t, policy.Properties)
		}
	}
	t.Fatalf("the topic %s has no policy", id)
	return ""
}

// TestDashboard: the dashboard is valid JSON and shows every metric of the functions.
func TestDashboard(t *testing.T) {
	body := texts(at(of(t, "installation").only(t, "AWS::CloudWatch::Dashboard").Properties, "DashboardBody",
		"Fn::Join", 1))
	text := strings.Join(body, "")
	for _, metric := range []string{"LaunchesEnsured", "LaunchesRejected", "RulesAuthorized", "RulesRevoked",
		"ApproximateAgeOfOldestMessage", "Throttles", "Drifts", "ConsumedWriteCapacityUnits", "GuardrailsRejected",
		"HistoryLost",
		"GroupsStuck", "RevokesPending", "OldestDue", "LargestLedger", "LargestPartition"} {
		if !strings.Contains(text, metric) {
			t.Errorf("the dashboard does not show %s", metric)
		}
	}
	var joined strings.Builder
	parts, _ := at(of(t, "installation").only(t, "AWS::CloudWatch::Dashboard").Properties, "DashboardBody", "Fn::Join",
		1).([]any)
	for _, part := range parts {
		if s, ok := part.(string); ok {
			joined.WriteString(s)
		} else {
			joined.WriteString("token")
		}
	}
	var dashboard struct {
		Widgets []struct{ X, Y, Width, Height int }
	}
	if err := json.Unmarshal([]byte(joined.String()), &dashboard); err != nil {
		t.Fatalf("the dashboard is not JSON: %v", err)
	}
	for i, w := range dashboard.Widgets {
		if w.X+w.Width > 24 || w.Width == 0 {
			t.Errorf("widget %d: %+v, want it within 24 columns", i, w)
		}
	}
}
