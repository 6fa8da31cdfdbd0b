package handler_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
)

func TestDefaults(t *testing.T) {
	got, err := handler.Load([]string{"SGKEEPER_TABLE=sgkeeper", "PATH=/bin", "AWS_REGION=us-east-1", "SGKEEPERS=1",
		"=C:=x", "odd"})
	want := handler.Config{
		Config: runtime.Config{Table: "sgkeeper", Quota: 60, LogLevel: slog.LevelInfo,
			Members: runtime.Members{Role: "sgkeeper-member"}},
		Mode: handler.Enforce, Feed: runtime.Feed{QueueQualifier: "queue"}, WaitQualifier: "wait",
		StackQualifier: "stack",
	}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("Load = %+v, %v; want %+v", got, err, want)
	}
}

const deadQueue = eventQueue + "-dead"

const tag256 = "0123456789abcdef"

// TestSettings tries good and bad values of every setting. The error for a bad one names the
// variable and the value.
func TestSettings(t *testing.T) {
	rows := map[string]struct{ good, bad []string }{
		"SGKEEPER_TABLE": {
			[]string{"sgkeeper", "a.b-c_D9", "arn:aws:dynamodb:us-east-1:111122223333:table/sgkeeper"},
			[]string{"ab", "a b", "arn:aws:sqs:us-east-1:111122223333:sgkeeper",
				"arn:aws:dynamodb:us-east-1:111122223333:table/"},
		},
		"SGKEEPER_BUS": {
			[]string{"", "default", "launches", "arn:aws:events:us-east-1:111122223333:event-bus/launches"},
			[]string{"a b", "arn:aws:events:us-east-1:111122223333:rule/launches",
				"arn:aws:sqs:us-east-1:111122223333:launches"},
		},
		"SGKEEPER_MODE": {[]string{"", "enforce", "observe"}, []string{"Observe", "observe ", "dry-run", "true"}},
		"SGKEEPER_QUOTA": {[]string{"", "1", "60", "1000"}, []string{"0", "-1", "1001", "sixty", "6e1", "60.0", " 60",
			"99999999999999999999"}},
		"SGKEEPER_PREFIX_LIST_WEIGHTS": {
			[]string{"", "pl-0123456789abcdef0=55", "pl-63a5400a=1,pl-0123456789abcdef0=1000"},
			[]string{"pl-63a5400a", "pl-63a5400a=", "pl-63a5400a=0", "pl-63a5400a=1001", "sg-0123456789abcdef0=1",
				"pl-63a5400a=1,", "pl-63a5400a=1,pl-63a5400a=2"},
		},
		"SGKEEPER_TAG_RULES": {[]string{"", "on", "off"}, []string{"On", "true", "0", "off "}},
		"SGKEEPER_GUARDRAILS": {
			[]string{"", "guardrails.yaml", "/var/task/guardrails.json", "ssm:/sgkeeper/guardrails", "ssm:guardrails",
				"ssm:arn:aws:ssm:us-east-1:111122223333:parameter/sgkeeper/guardrails"},
			[]string{"ssm:", "ssm:a b", "ssm:arn:aws:s3:us-east-1:111122223333:parameter/a",
				"ssm:" + strings.Repeat("x", 1012)},
		},
		"SGKEEPER_INSTANCES": {[]string{"", "on", "off"}, []string{"On", "true", "1", " on"}},
		"SGKEEPER_EVENT_QUEUE": {
			[]string{"", eventQueue, eventQueue + "," + deadQueue, "arn:aws-cn:sqs:cn-north-1:111122223333:q"},
			[]string{"sgkeeper-events", "https://sqs.us-east-1.amazonaws.com/111122223333/q",
				"arn:aws:sns:us-east-1:111122223333:q", "arn:aws:sqs:us-east-1::q", "arn:", eventQueue + ",",
				eventQueue + "," + eventQueue},
		},
		"SGKEEPER_QUEUE_QUALIFIER": {[]string{"", "queue", "from-queues_2", "7"},
			[]string{"a b", "queue:1", "$LATEST", strings.Repeat("q", 129)}},
		"SGKEEPER_WAIT_QUALIFIER": {[]string{"", "wait", "waits_2", "7"},
			[]string{"a b", "wait:1", "$LATEST", "queue", strings.Repeat("q", 129)}},
		"SGKEEPER_STACK_QUALIFIER": {[]string{"", "stack", "stacks_2", "7"},
			[]string{"a b", "stack:1", "$LATEST", "queue", "wait", strings.Repeat("q", 129)}},
		"SGKEEPER_ACCOUNT": {[]string{"", "111122223333"}, []string{"11112222333", "1111-2222-3333", "11112222333a",
			" 111122223333"}},
		"SGKEEPER_INSTALLATION": {
			[]string{"", "prod", "111122223333/us-east-1/sgkeeper", strings.Repeat(tag256, 16)},
			[]string{strings.Repeat(tag256, 16) + "x", "a\nb", "a<b", "caf\u00e9"},
		},
		"SGKEEPER_MEMBER_ACCOUNTS": {[]string{""}, []string{"ssm:", "ssm:a b", "ssm:/a,ssm:/a", "222233334444,",
			"222233334444,222233334444", "2222-3333-4444", "*"}},
		"SGKEEPER_MEMBER_ROLE": {[]string{"", "sgkeeper", "infra/sgkeeper", "a/b/c"},
			[]string{"/sgkeeper", "a b", "arn:aws:iam::111122223333:role/r", "a/", strings.Repeat(tag256, 5)}},
		"SGKEEPER_MEMBER_REGIONS": {[]string{"", "eu-west-1", "us-gov-east-1,ap-southeast-2"},
			[]string{"eu", "eu-west-1a", "EU-WEST-1", "eu-west-1 ", "eu-west-1,eu-west-1"}},
		"SGKEEPER_EXTERNAL_ID": {[]string{"", "sgkeeper/7f3a", strings.Repeat("x", 1224)},
			[]string{"x", "a b", "caf\u00e9", strings.Repeat("x", 1225)}},
		"SGKEEPER_LOG_LEVEL": {[]string{"", "debug", "info", "warn", "error", "ERROR"},
			[]string{"trace", "warning", "1"}},
		"SGKEEPER_TRACE": {[]string{"", "on", "off"}, []string{"On", "true", "1", "steps"}},
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
			if err == nil || !strings.HasPrefix(err.Error(), s.Name+": ") || strings.Contains(err.Error(), "\n") ||
				!strings.Contains(err.Error(), "want") && !strings.Contains(err.Error(), "given") {
				t.Errorf("%s=%q: %v; want the name, the value and the allowed values", s.Name, value, err)
			}
		}
	}
}

// TestAllSettingsAreRead sets each setting to another value than its default.
func TestAllSettingsAreRead(t *testing.T) {
	got, err := handler.Load([]string{
		"SGKEEPER_TABLE=t-1", "SGKEEPER_BUS=b", "SGKEEPER_MODE=observe", "SGKEEPER_QUOTA=200",
		"SGKEEPER_PREFIX_LIST_WEIGHTS=pl-63a5400a=55",
		"SGKEEPER_EVENT_QUEUE=" + eventQueue + "," + deadQueue, "SGKEEPER_ACCOUNT=111122223333",
		"SGKEEPER_INSTALLATION=prod", "SGKEEPER_LOG_LEVEL=warn",
		"SGKEEPER_TAG_RULES=off", "SGKEEPER_INSTANCES=on", "SGKEEPER_TRACE=on",
		"SGKEEPER_MEMBER_ACCOUNTS=222233334444,ssm:/members/1,333344445555,ssm:arn:aws:ssm:us-east-1:111122223333:parameter/x", "SGKEEPER_MEMBER_ROLE=infra/keeper",
		"SGKEEPER_MEMBER_REGIONS=eu-west-1", "SGKEEPER_EXTERNAL_ID=sgkeeper/7f3a", "SGKEEPER_QUEUE_QUALIFIER=mapped",
		"SGKEEPER_WAIT_QUALIFIER=waits", "SGKEEPER_STACK_QUALIFIER=stacks",
	})
	want := handler.Config{
		Config: runtime.Config{
			Table: "t-1", Bus: "b", Quota: 200, Weights: map[string]int{"pl-63a5400a": 55}, Account: "111122223333",
			Installation: "prod", LogLevel: slog.LevelWarn,
			Members: runtime.Members{
				Accounts:   []string{"222233334444", "333344445555"},
				Parameters: []string{"/members/1", "arn:aws:ssm:us-east-1:111122223333:parameter/x"},
				Regions:    []string{"eu-west-1"}, Role: "infra/keeper", ExternalID: "sgkeeper/7f3a",
			},
		},
		Mode: handler.Observe, Untagged: true, Instances: true, Trace: true,
		Feed:          runtime.Feed{EventQueues: []string{eventQueue, deadQueue}, QueueQualifier: "mapped"},
		WaitQualifier: "waits", StackQualifier: "stacks",
	}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("Load = %+v, %v; want %+v", got, err, want)
	}
}

// TestAllFaultsAtOnce: the error names every wrong or unknown variable, always in the same
// order.
func TestAllFaultsAtOnce(t *testing.T) {
	_, err := handler.Load([]string{"SGKEEPER_MODE=dry", "SGKEEPER_QUOTA=0", "SGKEEPER_TABEL=t",
		"SGKEEPER_EVENTQUEUE=q", "sgkeeper_mode=observe", "SGKEEPER_=x"})
	want := []string{
		`SGKEEPER_TABLE: not set; want the name of the table`,
		`SGKEEPER_MODE: "dry": want enforce or observe`,
		`SGKEEPER_QUOTA: "0": want a number from 1 to 1000`,
		`"SGKEEPER_": there is no such setting; the nearest is SGKEEPER_BUS`,
		`"SGKEEPER_EVENTQUEUE": there is no such setting; the nearest is SGKEEPER_EVENT_QUEUE`,
		`"SGKEEPER_TABEL": there is no such setting; the nearest is SGKEEPER_TABLE`,
		`"sgkeeper_mode": there is no such setting; the nearest is SGKEEPER_MODE`,
	}
	if err == nil {
		t.Fatal("Load finds nothing wrong")
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("Load (-want +got):\n%s", diff)
	}
}

// TestMembersNeedAnExternalID: without an external id, a caller could make the function assume
// a role for it. So Load refuses members without one.
func TestMembersNeedAnExternalID(t *testing.T) {
	for _, accounts := range []string{"222233334444", "ssm:/members"} {
		_, err := handler.Load([]string{"SGKEEPER_TABLE=sgkeeper", "SGKEEPER_MEMBER_ACCOUNTS=" + accounts})
		if err == nil || !strings.HasPrefix(err.Error(), "SGKEEPER_EXTERNAL_ID: not set") {
			t.Errorf("Load: %v, want SGKEEPER_EXTERNAL_ID required", err)
		}
	}
}
