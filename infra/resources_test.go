package main

import (
	"slices"
	"strings"
	"testing"

	audithandler "github.com/sgkeeper/sgkeeper/functions/audit/handler"
	ensurehandler "github.com/sgkeeper/sgkeeper/functions/ensure/handler"
)

// TestTable: the table is retained, backed up, and expires items.
func TestTable(t *testing.T) {
	table := of(t, "installation").only(t, "AWS::DynamoDB::Table")
	if table.DeletionPolicy != "RetainExceptOnCreate" || table.UpdateReplacePolicy != "Retain" {
		t.Errorf("the table's policies are %s for deletion and %s for replacement; want it retained",
			table.DeletionPolicy,
			table.UpdateReplacePolicy)
	}
	wantAt(t, table, "PAY_PER_REQUEST", "BillingMode")
	wantAt(t, table, true, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")
	wantAt(t, table, true, "TimeToLiveSpecification", "Enabled")
	wantAt(t, table, "ttl", "TimeToLiveSpecification", "AttributeName")
	wantAt(t, table, false, "DeletionProtectionEnabled")
	wantAt(t, of(t, "full").only(t, "AWS::DynamoDB::Table"), true, "DeletionProtectionEnabled")
	wantAt(t, table, "pk", "KeySchema", 0, "AttributeName")
	wantAt(t, table, "sk", "KeySchema", 1, "AttributeName")
	wantAt(t, table, "due", "GlobalSecondaryIndexes", 0, "IndexName")
	wantAt(t, table, "KEYS_ONLY", "GlobalSecondaryIndexes", 0, "Projection", "ProjectionType")
	if table.Properties["TableName"] != nil {
		t.Error("the table's name is fixed: it would collide with the next stack's table")
	}
	full := of(t, "full").only(t, "AWS::DynamoDB::Table")
	wantAt(t, full, "KMS", "SSESpecification", "SSEType")
	if got := len(of(t, "untagged").all("AWS::DynamoDB::Table")); got != 0 {
		t.Errorf("%d tables are made beside the existing one", got)
	}
}

// TestFunctions checks each function's runtime, limits and environment.
func TestFunctions(t *testing.T) {
	for _, f := range of(t, "installation").all("AWS::Lambda::Function") {
		wantAt(t, f, "provided.al2023", "Runtime")
		wantAt(t, f, "[arm64]", "Architectures")
		wantAt(t, f, "bootstrap", "Handler")
		wantAt(t, f, "Active", "TracingConfig", "Mode")
		if at(f.Properties, "LoggingConfig", "LogGroup") == nil {
			t.Errorf("%v has no log group of the stack, so its log never expires", f.Properties["FunctionName"])
		}
	}
	ensure := of(t, "full").named(t, "AWS::Lambda::Function", "FunctionName", "keeper-ensure")
	for name, want := range map[string]string{
		"SGKEEPER_MODE": "observe", "SGKEEPER_QUOTA": "200", "SGKEEPER_GUARDRAILS": "ssm:/sgkeeper/guardrails",
		"SGKEEPER_TAG_RULES": "on", "SGKEEPER_TRACE": "on", "SGKEEPER_PREFIX_LIST_WEIGHTS": "pl-63a5400a=55",
		"SGKEEPER_LOG_LEVEL": "debug", "SGKEEPER_MEMBER_ACCOUNTS": "map[Fn::Join:[ [ssm: map[Ref:Members]]]]",
		"SGKEEPER_MEMBER_ROLE":    "keeper-member",
		"SGKEEPER_MEMBER_REGIONS": "eu-west-1", "SGKEEPER_EXTERNAL_ID": "sgkeeper/7f3a",
	} {
		wantAt(t, ensure, want, "Environment", "Variables", name)
	}
	for _, name := range []string{"SGKEEPER_TABLE", "SGKEEPER_BUS", "SGKEEPER_EVENT_QUEUE", "SGKEEPER_INSTALLATION"} {
		if at(ensure.Properties, "Environment", "Variables", name) == nil {
			t.Errorf("ensure has no %s", name)
		}
	}
	plain := of(t, "installation").named(t, "AWS::Lambda::Function", "FunctionName", "sgkeeper-ensure")
	wantAt(t, plain, "enforce", "Environment", "Variables", "SGKEEPER_MODE")
	if got := at(plain.Properties, "Environment", "Variables", "SGKEEPER_MEMBER_ACCOUNTS"); got != nil {
		t.Errorf("members %v, want none", got)
	}
}

// unset maps settings that the stack never sets to the reason.
var unset = map[string]string{
	"SGKEEPER_ACCOUNT":         "the function's ARN has it",
	"SGKEEPER_QUEUE_QUALIFIER": "the alias has the default name",
	"SGKEEPER_STACK_QUALIFIER": "the alias has the default name",
	"SGKEEPER_WAIT_QUALIFIER":  "the alias has the default name",
}

// TestEverySetting: the stack can set each of a function's settings, and sets no unknown one.
func TestEverySetting(t *testing.T) {
	settings := map[string][]string{"keeper-ensure": nil, "keeper-audit": nil}
	for _, s := range ensurehandler.Settings() {
		settings["keeper-ensure"] = append(settings["keeper-ensure"], s.Name)
	}
	for _, s := range audithandler.Settings() {
		settings["keeper-audit"] = append(settings["keeper-audit"], s.Name)
	}
	for name, known := range settings {
		function := of(t, "full").named(t, "AWS::Lambda::Function", "FunctionName", name)
		made, _ := at(function.Properties, "Environment", "Variables").(map[string]any)
		for _, setting := range known {
			if made[setting] == nil && unset[setting] == "" {
				t.Errorf("%s has the setting %s, which the stack cannot make", name, setting)
			}
		}
		for variable := range made {
			if !slices.Contains(known, variable) {
				t.Errorf("the stack gives %s the variable %s, which it does not know", name, variable)
			}
		}
	}
}

// TestQueues: each queue's visibility timeout suits its function, and it has a dead-letter
// queue.
func TestQueues(t *testing.T) {
	tp := of(t, "installation")
	for _, m := range tp.all("AWS::Lambda::EventSourceMapping") {
		queue := at(m.Properties, "EventSourceArn", "Fn::GetAtt", 0).(string)
		function := mapped(t, tp, m)
		timeout := at(tp.Resources[function].Properties, "Timeout").(float64)
		visible := at(tp.Resources[queue].Properties, "VisibilityTimeout").(float64)
		if visible <= 6*timeout || visible <= timeout+7 {
			t.Errorf("%s is visible again after %v s, its function runs for %v s", queue, visible, timeout)
		}
		if !strings.Contains(rendered(t, m.Properties["FunctionResponseTypes"]), "ReportBatchItemFailures") {
			t.Errorf("%s has no partial batch responses", function)
		}
		if n := at(m.Properties, "ScalingConfig", "MaximumConcurrency"); n == nil || n.(float64) < 2 {
			t.Errorf("the concurrency for %s is %v, want at least 2", queue, n)
		}
		if m.Properties["Enabled"] == false { // it takes dead letters, so it has no dead-letter queue
			continue
		}
		dead := at(tp.Resources[queue].Properties, "RedrivePolicy", "deadLetterTargetArn", "Fn::GetAtt", 0)
		if name, ok := dead.(string); !ok || at(tp.Resources[name].Properties,
			"MessageRetentionPeriod") != 14.0*24*3600 {
			t.Errorf("%s has no dead-letter queue that keeps messages for 14 days", queue)
		}
	}
	for id, q := range tp.all("AWS::SQS::Queue") {
		if q.Properties["SqsManagedSseEnabled"] != true {
			t.Errorf("%s is not encrypted", id)
		}
	}
	for id, q := range of(t, "full").all("AWS::SQS::Queue") {
		if q.Properties["KmsMasterKeyId"] == nil {
			t.Errorf("%s is not encrypted by the key", id)
		}
	}
}

// mapped returns the function that a mapping feeds directly or by an alias.
func mapped(t *testing.T, tp *template, m resource) (function string) {
	t.Helper()
	name := rendered(t, m.Properties["FunctionName"])
	for id, alias := range tp.all("AWS::Lambda::Alias") {
		if strings.Contains(name, `"`+id+`"`) {
			name = rendered(t, alias.Properties["FunctionName"])
		}
	}
	for id := range tp.all("AWS::Lambda::Function") {
		if strings.Contains(name, `"`+id+`"`) {
			return id
		}
	}
	t.Fatalf("%s is no function", name)
	return ""
}

// TestQueuesInvokeAnAlias: the queues invoke an alias of the deployed code. The sweep and other
// callers invoke the function itself.
func TestQueuesInvokeAnAlias(t *testing.T) {
	for _, name := range []string{"installation", "full", "untagged", "release"} {
		tp := of(t, name)
		aliases := tp.all("AWS::Lambda::Alias")
		names := make(map[any]int)
		for _, alias := range aliases {
			names[alias.Properties["Name"]]++
			wantAt(t, alias, "$LATEST", "FunctionVersion")
		}
		// The defaults of SGKEEPER_QUEUE_QUALIFIER, for each function, and of SGKEEPER_WAIT_QUALIFIER.
		if names["queue"] != 2 || names["wait"] != 1 {
			t.Errorf("%s: aliases %v, want queue for each function, and wait", name, names)
		}
		if got := len(tp.all("AWS::Lambda::Version")); got != 0 {
			t.Errorf("%s: %d versions, want none: they would accumulate, and keep old settings", name, got)
		}
		fed := make(map[string]int) // the number of mappings, by the alias
		for _, m := range tp.all("AWS::Lambda::EventSourceMapping") {
			for id := range aliases {
				if strings.Contains(rendered(t, m.Properties["FunctionName"]), `"`+id+`"`) {
					fed[strings.TrimRight(id, "0123456789ABCDEF")]++
				}
			}
		}
		if fed["Aliasqueue"] != 3 || fed["AuditAliasqueue"] != 1 {
			t.Errorf("%s: mappings %v, want events, asks and dead letters by ensure's alias, and audits by the audit's",
				name, fed)
		}
		for _, schedule := range tp.all("AWS::Scheduler::Schedule") {
			if arn := rendered(t, at(schedule.Properties, "Target", "Arn")); strings.Contains(arn, "Alias") {
				t.Errorf("%s: a schedule invokes the alias: %s", name, arn)
			}
		}
		for _, policy := range tp.all("AWS::IAM::Policy") {
			for _, s := range at(policy.Properties, "PolicyDocument", "Statement").([]any) {
				if slices.Contains(texts(at(s, "Action")), "lambda:InvokeFunction") &&
					strings.Contains(rendered(t, at(s, "Resource")), "Alias") {
					t.Errorf("%s: %s may invoke the alias", name, rendered(t, policy.Properties["Roles"]))
				}
			}
		}
	}
}

// TestRedriveSendsNothingToEvents: a redrive takes dead letters of events from their own
// queue. The redriver can neither send a message to the event queue nor move one there.
func TestRedriveSendsNothingToEvents(t *testing.T) {
	for template, role := range map[string]string{"installation": "sgkeeper-redrive", "full": "keeper-redrive"} {
		tp := of(t, template)
		var dead, mapping string
		for id, m := range tp.all("AWS::Lambda::EventSourceMapping") {
			if at(m.Properties, "Enabled") == false {
				dead, mapping = at(m.Properties, "EventSourceArn", "Fn::GetAtt", 0).(string), id
			}
		}
		if name := tp.Resources[dead].Properties["QueueName"]; name != strings.TrimSuffix(role, "redrive")+
			"events-dead" {
			t.Fatalf("%s: the mapping that is disabled is of %v, want the dead letters of events", template, name)
		}
		control := statement(t, tp, role, "InPlace")
		if resource := rendered(t, control["Resource"]); !strings.HasSuffix(resource,
			`:event-source-mapping:",{"Ref":"`+mapping+`"}]]}`) {
			t.Errorf("%s: %s may change %s, want that one mapping", template, role, resource)
		}
		if functions := rendered(t, at(control["Condition"], "ArnEquals",
			"lambda:FunctionArn")); !strings.Contains(functions, `"Aliasqueue`) || strings.Contains(functions, "*") {
			t.Errorf("%s: the mapping may feed %s, want ensure alone", template, functions)
		}
		for _, s := range statements(t, tp, role) {
			resource := rendered(t, s["Resource"])
			for _, action := range texts(s["Action"]) {
				onEvents := strings.Contains(resource, `"Queueevents`)
				if strings.HasPrefix(action, "sqs:") && onEvents && action != "sqs:GetQueueAttributes" ||
					strings.Contains(resource, "*") && !strings.HasPrefix(action, "kms:") {
					t.Errorf("%s: %s may call %s on %s", template, role, action, resource)
				}
			}
		}
		function := tp.named(t, "AWS::Lambda::Function", "FunctionName", strings.TrimSuffix(role, "redrive")+"ensure")
		believed := rendered(t, function.variable("SGKEEPER_EVENT_QUEUE"))
		if !strings.Contains(believed, `["`+dead+`","Arn"]`) || strings.Count(believed, "Fn::GetAtt") != 2 {
			t.Errorf("%s: ensure believes %s, want the queue of events and its dead letters", template, believed)
		}
	}
}

// TestRedriveDestinations: the redriver may move the dead letters of each queue but the event
// queue, and send them to that queue, as a task with a destination does. Rules put undelivered
// events straight into the dead letters, and SQS knows no source queue of those.
func TestRedriveDestinations(t *testing.T) {
	tp := of(t, "installation")
	for _, part := range []string{"asks", "audits"} {
		may := func(action, queue string) bool {
			id := ""
			for logical, q := range tp.all("AWS::SQS::Queue") {
				if q.Properties["QueueName"] == "sgkeeper-"+queue {
					id = logical
				}
			}
			return slices.ContainsFunc(statements(t, tp, "sgkeeper-redrive"), func(s map[string]any) bool {
				return slices.Contains(texts(s["Action"]), action) &&
					strings.Contains(rendered(t, s["Resource"]), `["`+id+`","Arn"]`)
			})
		}
		for _, action := range []string{"sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage",
			"sqs:GetQueueAttributes"} {
			if !may(action, part+"-dead") {
				t.Errorf("the redriver may not call %s on %s-dead", action, part)
			}
		}
		if !may("sqs:SendMessage", part) {
			t.Errorf("the redriver may not send to %s", part)
		}
		for _, s := range queuePolicy(t, tp, "sgkeeper-"+part) {
			if at(s, "Effect") == "Deny" && at(s, "Condition", "Bool", "aws:SecureTransport") != "false" {
				t.Errorf("the policy of %s denies: %s", part, rendered(t, s))
			}
		}
	}
}

// TestEventQueueIsFedByRulesAlone: only rules feed the event queue and its dead letters,
// because a message there can speak for any account.
func TestEventQueueIsFedByRulesAlone(t *testing.T) {
	tp := of(t, "installation")
	for _, name := range []string{"sgkeeper-events", "sgkeeper-events-dead"} {
		denied := false
		for _, s := range queuePolicy(t, tp, name) {
			condition := rendered(t, at(s, "Condition"))
			if at(s, "Effect") == "Deny" && at(s, "Action") == "sqs:SendMessage" &&
				strings.HasPrefix(condition, `{"ArnNotEquals":{"aws:SourceArn":[{"Fn::GetAtt":["Rulelaunches`) &&
				!strings.Contains(condition, "Principal") {
				denied = true
			}
			if at(s, "Effect") == "Allow" && !strings.Contains(rendered(t, s), "events.amazonaws.com") {
				t.Errorf("%s: %s allows others than EventBridge", name, rendered(t, s))
			}
		}
		if !denied {
			t.Errorf("%s takes messages from others than its rules: %s", name, rendered(t, queuePolicy(t, tp, name)))
		}
	}
	for _, s := range queuePolicy(t, tp, "sgkeeper-asks") { // publishers' own policies decide
		if at(s, "Effect") != "Deny" || at(s, "Condition", "Bool", "aws:SecureTransport") != "false" {
			t.Errorf("sgkeeper-asks: %s, want TLS required, and nothing else", rendered(t, s))
		}
	}
}

// queuePolicy returns the statements of a queue's policies.
func queuePolicy(t *testing.T, tp *template, name string) (found []any) {
	t.Helper()
	for id, q := range tp.all("AWS::SQS::Queue") {
		if q.Properties["QueueName"] != name {
			continue
		}
		for _, policy := range tp.all("AWS::SQS::QueuePolicy") {
			if at(policy.Properties, "Queues", 0, "Ref") == id {
				found = append(found, at(policy.Properties, "PolicyDocument", "Statement").([]any)...)
			}
		}
	}
	if found == nil {
		t.Fatalf("%s has no policy", name)
	}
	return found
}

// TestBus: member accounts may publish on the bus, and no others.
func TestBus(t *testing.T) {
	for _, s := range busOf(t, "installation") {
		if at(s, "Effect") != "Deny" {
			t.Errorf("without members, the bus's policy has %v", s)
		}
	}
	bus := of(t, "full").only(t, "AWS::Events::EventBus")
	wantAt(t, bus, "events:PutEvents", "Policy", "Statement", 0, "Action")
	principals := rendered(t, at(bus.Properties, "Policy", "Statement", 0, "Principal"))
	if strings.Count(principals, ":root") != 2 || !strings.Contains(principals, "222233334444") ||
		!strings.Contains(principals, "333344445555") {
		t.Errorf("the bus takes events of %s, want the two members'", principals)
	}
	archive := of(t, "full").only(t, "AWS::Events::Archive")
	wantAt(t, archive, 7, "RetentionDays")
	if got := len(of(t, "untagged").all("AWS::Events::Archive")); got != 0 {
		t.Errorf("%d archives, want none for archiveDays 0", got)
	}
}

// TestRulesHaveDeadLetters: each rule has a dead-letter queue for undeliverable events.
func TestRulesHaveDeadLetters(t *testing.T) {
	for id, rule := range of(t, "full").all("AWS::Events::Rule") {
		if at(rule.Properties, "Targets", 0, "DeadLetterConfig", "Arn") == nil {
			t.Errorf("%s has no dead-letter queue", id)
		}
	}
}

// TestSchedules: a sweep runs each minute, and an audit at the configured rate.
func TestSchedules(t *testing.T) {
	sweep := of(t, "installation").named(t, "AWS::Scheduler::Schedule", "Name", "sgkeeper-sweep-schedule")
	wantAt(t, sweep, "rate(1 minute)", "ScheduleExpression")
	wantAt(t, sweep, `{"sgkeeper":"sweep"}`, "Target", "Input")
	for name, rate := range map[string]string{"installation": "rate(60 minutes)", "full": "rate(360 minutes)"} {
		audit := of(t, name).named(t, "AWS::Scheduler::Schedule", "Name",
			map[string]string{"installation": "sgkeeper", "full": "keeper"}[name]+"-audit-schedule")
		wantAt(t, audit, rate, "ScheduleExpression")
		wantAt(t, audit, `{"sgkeeper":"audit"}`, "Target", "Input")
	}
}

// TestReports: the reports' bucket is private, encrypted, versioned and retained.
func TestReports(t *testing.T) {
	tp := of(t, "installation")
	bucket := tp.only(t, "AWS::S3::Bucket")
	if bucket.DeletionPolicy != "RetainExceptOnCreate" {
		t.Error("the reports are deleted with the stack")
	}
	for _, block := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls",
		"RestrictPublicBuckets"} {
		wantAt(t, bucket, true, "PublicAccessBlockConfiguration", block)
	}
	wantAt(t, bucket, "Enabled", "VersioningConfiguration", "Status")
	wantAt(t, bucket, "AES256", "BucketEncryption", "ServerSideEncryptionConfiguration", 0,
		"ServerSideEncryptionByDefault", "SSEAlgorithm")
	if policy := rendered(t, tp.only(t, "AWS::S3::BucketPolicy").Properties); !strings.Contains(policy,
		`"aws:SecureTransport":"false"`) {
		t.Errorf("the bucket's policy does not require TLS: %s", policy)
	}
}

// TestLogs: logs are kept for the configured days, also after the stack is deleted.
func TestLogs(t *testing.T) {
	for name, days := range map[string]float64{"installation": 90, "full": 365} {
		for id, group := range of(t, name).all("AWS::Logs::LogGroup") {
			if group.Properties["RetentionInDays"] != days || group.DeletionPolicy != "RetainExceptOnCreate" {
				t.Errorf("%s: %s keeps logs %v days, and has the deletion policy %s", name, id,
					group.Properties["RetentionInDays"], group.DeletionPolicy)
			}
		}
	}
}
