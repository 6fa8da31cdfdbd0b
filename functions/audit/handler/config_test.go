package handler_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/functions/audit/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
)

func TestDefaults(t *testing.T) {
	got, err := handler.Load([]string{"SGKEEPER_TABLE=sgkeeper", "PATH=/bin"})
	want := handler.Config{
		Config: runtime.Config{Table: "sgkeeper", Quota: 60, LogLevel: slog.LevelInfo,
			Members: runtime.Members{Role: "sgkeeper-member"}},
		Feed:       runtime.Feed{QueueQualifier: "queue"},
		ManagedTag: "sgkeeper:managed=true",
	}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("Load = %+v, %v; want %+v", got, err, want)
	}
}

// TestSettings tries good and bad values of every setting. The error for a bad one names the
// setting and the value.
func TestSettings(t *testing.T) {
	rows := map[string]struct{ good, bad []string }{
		"SGKEEPER_TABLE": {[]string{"sgkeeper"}, []string{"ab", "a b"}},
		"SGKEEPER_MANAGED_TAG": {[]string{"", "sgkeeper:managed=true", "team=", "a=b=c"},
			[]string{"managed", "=true", "aws:x=y"}},
		"SGKEEPER_REPORTS": {[]string{"", "reports", "my.reports-1/sg/keeper", "reports/"},
			[]string{"s3://reports", "Reports", "re", "/reports", "reports/a b"}},
		"SGKEEPER_EXCEPTIONS": {[]string{"", "exceptions.yaml", "/var/task/exceptions.yaml",
			"s3://reports/a/exceptions.yaml"}, []string{"s3://reports", "s3:///x", "https://example.com/x"}},
		"SGKEEPER_GUARDRAILS": {[]string{"", "guardrails.yaml", "ssm:/sgkeeper/guardrails"},
			[]string{"ssm:", "ssm:a b"}},
		"SGKEEPER_AUDIT_QUEUE": {[]string{"", "https://sqs.us-east-1.amazonaws.com/111122223333/audit"},
			[]string{"audit", "arn:aws:sqs:us-east-1:111122223333:audit"}},
		"SGKEEPER_EVENT_QUEUE": {[]string{"", queueARN, queueARN + "," + queueARN + "-2"},
			[]string{"audit", queueARN + "," + queueARN, "arn:aws:sns:us-east-1:111122223333:audit"}},
		"SGKEEPER_QUEUE_QUALIFIER": {[]string{"", "queue", "7"}, []string{"a b", "a:b"}},
		"SGKEEPER_OWN_ROLES": {[]string{"", ownRole,
			ownRole + ",arn:aws-cn:iam::111122223333:role/x,arn:aws:iam::*:role/x"},
			[]string{"ensure", "arn:aws:iam::1*:role/x", "arn:aws:iam::111122223333:user/x", ownRole + "," + ownRole,
				"arn:aws:sts::111122223333:assumed-role/a/b"}},
		"SGKEEPER_HEAL":         {[]string{"", "on", "off"}, []string{"true", "On"}},
		"SGKEEPER_SECURITY_HUB": {[]string{"", "on", "off"}, []string{"yes"}},
		"SGKEEPER_KNOWN_ACCOUNTS": {[]string{"", "111122223333=shared services,444455556666=b"},
			[]string{"111122223333", "111122223333=", "1=x", "111122223333=a,111122223333=b"}},
		"SGKEEPER_BUS":                 {[]string{"", "launches"}, []string{"a b"}},
		"SGKEEPER_QUOTA":               {[]string{"", "100"}, []string{"0", "x"}},
		"SGKEEPER_PREFIX_LIST_WEIGHTS": {[]string{"", "pl-63a5400a=55"}, []string{"pl-63a5400a"}},
		"SGKEEPER_ACCOUNT":             {[]string{"", "111122223333"}, []string{"1"}},
		"SGKEEPER_INSTALLATION":        {[]string{"", "prod"}, []string{"a<b"}},
		"SGKEEPER_MEMBER_ACCOUNTS":     {[]string{""}, []string{"1", "111122223333,111122223333"}},
		"SGKEEPER_MEMBER_ROLE":         {[]string{"", "path/role"}, []string{"a role"}},
		"SGKEEPER_MEMBER_REGIONS":      {[]string{"", "eu-west-1,us-west-2"}, []string{"mars", "eu-west-1,eu-west-1"}},
		"SGKEEPER_EXTERNAL_ID":         {[]string{"", "secret-1"}, []string{"x", "a b"}},
		"SGKEEPER_LOG_LEVEL":           {[]string{"", "debug"}, []string{"loud"}},
	}
	for _, s := range handler.Settings() {
		row, ok := rows[s.Name]
		if !ok {
			t.Errorf("%s is not tested", s.Name)
		}
		for _, value := range row.good {
			if _, err := handler.Load([]string{"SGKEEPER_TABLE=sgkeeper", s.Name + "=" + value}); err != nil {
				t.Errorf("%s=%s: %v", s.Name, value, err)
			}
		}
		for _, value := range row.bad {
			_, err := handler.Load([]string{"SGKEEPER_TABLE=sgkeeper", s.Name + "=" + value})
			if err == nil || !strings.HasPrefix(err.Error(), s.Name+": ") || !strings.Contains(err.Error(), "want") {
				t.Errorf("%s=%q: %v; want it named, and what is allowed", s.Name, value, err)
			}
		}
	}
}

// TestFaultsTogether reports wrong, unknown and missing settings together.
func TestFaultsTogether(t *testing.T) {
	_, err := handler.Load([]string{"SGKEEPER_MEMBER_ACCOUNTS=444455556666", "SGKEEPER_REPORT=x"})
	for _, want := range []string{"SGKEEPER_TABLE: not set",
		`"SGKEEPER_REPORT": there is no such setting; the nearest is SGKEEPER_REPORTS`, "SGKEEPER_EXTERNAL_ID: not set"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load says %v, want %q", err, want)
		}
	}
}
