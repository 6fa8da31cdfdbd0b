package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestChat: only the rules of chat publish to its topic, over TLS, and they pass on the message for
// people. By default there is no such topic.
func TestChat(t *testing.T) {
	tp := of(t, "full")
	policy := policyOfTopic(t, tp, "Chat")
	for _, want := range []string{
		`"aws:SecureTransport":"false"`, `"Service":"events.amazonaws.com"`, `"ArnEquals":{"aws:SourceArn":[`,
		`"Rulechatdrifts`, `"Rulechatrefusals`,
	} {
		if !strings.Contains(policy, want) {
			t.Errorf("the topic's policy has no %s: %s", want, policy)
		}
	}
	for _, name := range []string{"keeper-chat-drifts", "keeper-chat-refusals"} {
		rule := tp.named(t, "AWS::Events::Rule", "Name", name)
		wantAt(t, rule, "$.detail.chat", "Targets", 0, "InputPath")
		if topic, _ := at(rule.Properties, "Targets", 0, "Arn", "Ref").(string); !strings.HasPrefix(topic, "Chat") {
			t.Errorf("%s sends to %s, want the topic of chat", name, topic)
		}
	}
	if n := len(of(t, "installation").all("AWS::SNS::Topic")); n != 1 {
		t.Errorf("by default there are %d topics, want that of alarms alone", n)
	}
}

// TestChatPatterns puts the rules' patterns on a bus. They pass drifts of the least severity and above,
// and refused launches.
func TestChatPatterns(t *testing.T) {
	pattern := func(name string) string {
		return rendered(t, of(t, "full").named(t, "AWS::Events::Rule", "Name", name).Properties["EventPattern"])
	}
	p := newPatterns(t, pattern("keeper-chat-drifts"), pattern("keeper-chat-refusals"))
	for _, row := range []struct {
		source, detailType, severity string
		through                      bool
	}{
		{"sgkeeper", "Drift Detected", "critical", true},
		{"sgkeeper", "Drift Detected", "high", true},
		{"sgkeeper", "Drift Detected", "medium", false},
		{"sgkeeper", "Drift Closed", "high", true},
		{"sgkeeper", "Drift Closed", "low", false},
		{"sgkeeper", "Launch Rejected", "", true},
		{"sgkeeper", "Ports Ensured", "", false},
		{"sgkeeper", "Audit Completed", "", false},
		{"batch", "Drift Detected", "critical", false},
		{"batch", "Launch Rejected", "", false},
	} {
		if through := p.pass(t, fakeaws.Entry{Source: row.source, DetailType: row.detailType,
			Detail: fmt.Sprintf(`{"severity":%q}`, row.severity)}); through != row.through {
			t.Errorf("%+v came through: %v", row, through)
		}
	}
}
