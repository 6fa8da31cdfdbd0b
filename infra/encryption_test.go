package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/infra/stack"
)

// kmsCall is a call of KMS, with the keys of its request that conditions test.
type kmsCall struct {
	by     string // a service, or a role's name without its Region
	action string
	keys   map[string]string
}

const busARN = "arn:aws:events:us-east-1:" + home + ":event-bus/keeper"

// keysOf returns the keys of a request, given as key, value, ...
func keysOf(pairs ...string) map[string]string {
	keys := make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		keys[pairs[i]] = pairs[i+1]
	}
	return keys
}

func via(name string) map[string]string {
	return keysOf("kms:ViaService", name+".us-east-1.amazonaws.com")
}

// onBus are the keys of EventBridge's calls for the bus. Calls for an archive have the same
// encryption context, and no aws:SourceArn.
func onBus(arn string) map[string]string {
	return keysOf("kms:EncryptionContext:aws:events:event-bus:arn", arn)
}

func decrypting(context, resource string) map[string]string {
	return keysOf("kms:EncryptionContext:"+context, "arn:aws:"+resource)
}

// needed are the calls that AWS documents for each service that keeps data of ours.
// [stack.KeyUses] must allow them. The links are in docs/deploy.md.
var needed = []kmsCall{
	{"events.amazonaws.com", "kms:DescribeKey", nil},
	{"events.amazonaws.com", "kms:GenerateDataKey", onBus(busARN)},
	{"events.amazonaws.com", "kms:Decrypt", onBus(busARN)},
	{"events.amazonaws.com", "kms:ReEncryptFrom", onBus(busARN)},
	{"events.amazonaws.com", "kms:ReEncryptTo", onBus(busARN)},
	{"events.amazonaws.com", "kms:GenerateDataKey", keysOf("aws:SourceAccount", home)},
	{"events.amazonaws.com", "kms:Decrypt", keysOf("aws:SourceAccount", home)},
	{"cloudwatch.amazonaws.com", "kms:GenerateDataKey", keysOf("aws:SourceAccount", home)},
	{"cloudwatch.amazonaws.com", "kms:Decrypt", keysOf("aws:SourceAccount", home)},
	{"logs.us-east-1.amazonaws.com", "kms:GenerateDataKey", decrypting("aws:logs:arn",
		"logs:us-east-1:"+home+":log-group:keeper-Logensure-x")},
	{"logs.us-east-1.amazonaws.com", "kms:Encrypt", decrypting("aws:logs:arn",
		"logs:us-east-1:"+home+":log-group:keeper-Logensure-x")},
	{"logs.us-east-1.amazonaws.com", "kms:ReEncryptTo", decrypting("aws:logs:arn",
		"logs:us-east-1:"+home+":log-group:keeper-Logensure-x")},
	{"logs.us-east-1.amazonaws.com", "kms:Decrypt", decrypting("aws:logs:arn",
		"logs:us-east-1:"+home+":log-group:keeper-Logaudit-x")},
	{"keeper-sweep-schedule", "kms:Decrypt", decrypting("aws:scheduler:schedule:arn",
		"scheduler:us-east-1:"+home+":schedule/default/keeper-sweep-schedule")},
	{"keeper-audit-schedule", "kms:Decrypt", decrypting("aws:scheduler:schedule:arn",
		"scheduler:us-east-1:"+home+":schedule/default/keeper-audit-schedule")},
	{"keeper-audit-schedule", "kms:GenerateDataKey", via("sqs")},
	{"keeper-audit-schedule", "kms:Decrypt", via("sqs")},
	{"keeper-ensure", "kms:Decrypt", via("sqs")},
	{"keeper-ensure", "kms:Decrypt", via("dynamodb")},
	{"keeper-ensure", "kms:GenerateDataKeyWithoutPlaintext", via("dynamodb")},
	{"keeper-ensure", "kms:DescribeKey", via("dynamodb")},
	{"keeper-ensure", "kms:Decrypt", decrypting("aws:lambda:FunctionArn",
		"lambda:us-east-1:"+home+":function:keeper-ensure")},
	{"keeper-ensure", "kms:Decrypt", via("ssm")},
	{"keeper-audit", "kms:Decrypt", via("sqs")},
	{"keeper-audit", "kms:GenerateDataKey", via("sqs")}, // an audit that runs out of time sends to its own queue
	{"keeper-audit", "kms:Decrypt", via("dynamodb")},
	{"keeper-audit", "kms:Decrypt", via("s3")},
	{"keeper-audit", "kms:GenerateDataKey", via("s3")},
	{"keeper-audit", "kms:Decrypt", decrypting("aws:lambda:FunctionArn",
		"lambda:us-east-1:"+home+":function:keeper-audit")},
	{"keeper-audit", "kms:Decrypt", via("ssm")},
	{"keeper-redrive", "kms:Decrypt", via("sqs")},
	{"keeper-redrive", "kms:GenerateDataKey", via("sqs")},
}

// denied are calls that no service or role of ours needs. The key must deny them.
var denied = []kmsCall{
	{"events.amazonaws.com", "kms:Decrypt", nil},
	{"events.amazonaws.com", "kms:Decrypt", keysOf("aws:SourceAccount", "444455556666")},
	{"events.amazonaws.com", "kms:GenerateDataKey", onBus(strings.Replace(busARN, home, "444455556666", 1))},
	{"events.amazonaws.com", "kms:GenerateDataKey", onBus(busARN + "-other")},
	{"events.amazonaws.com", "kms:Encrypt", onBus(busARN)},
	{"events.amazonaws.com", "kms:CreateGrant", onBus(busARN)},
	{"cloudwatch.amazonaws.com", "kms:Decrypt", keysOf("aws:SourceAccount", "444455556666")},
	{"cloudwatch.amazonaws.com", "kms:DescribeKey", keysOf("aws:SourceAccount", home)},
	// Scheduler decrypts as the schedule's role
	{"scheduler.amazonaws.com", "kms:Decrypt", keysOf("aws:SourceAccount", home)},
	{"sqs.amazonaws.com", "kms:Decrypt", keysOf("aws:SourceAccount", home)},
	{"sns.amazonaws.com", "kms:Decrypt", keysOf("aws:SourceAccount", home)},
	{"logs.us-east-1.amazonaws.com", "kms:Decrypt", decrypting("aws:logs:arn",
		"logs:us-east-1:444455556666:log-group:x")},
	{"logs.eu-west-1.amazonaws.com", "kms:Decrypt", decrypting("aws:logs:arn", "logs:us-east-1:"+home+":log-group:x")},
	{"keeper-sweep-schedule", "kms:Decrypt", decrypting("aws:scheduler:schedule:arn",
		"scheduler:us-east-1:"+home+":schedule/default/other")},
	{"keeper-sweep-schedule", "kms:Decrypt", via("sqs")}, // it invokes a function
	{"keeper-sweep-schedule", "kms:GenerateDataKey", decrypting("aws:scheduler:schedule:arn",
		"scheduler:us-east-1:"+home+":schedule/default/keeper-sweep-schedule")},
	{"keeper-audit-schedule", "kms:Decrypt", via("dynamodb")},
	{"keeper-ensure", "kms:Decrypt", nil},
	{"keeper-ensure", "kms:Decrypt", via("s3")},
	{"keeper-ensure", "kms:GenerateDataKey", via("sqs")}, // it sends no message
	{"keeper-ensure", "kms:Decrypt", decrypting("aws:lambda:FunctionArn", "lambda:us-east-1:"+home+":function:other")},
	{"keeper-ensure", "kms:CreateGrant", via("dynamodb")},
	{"keeper-audit", "kms:Decrypt", nil},
	{"keeper-audit", "kms:Decrypt", via("sns")},
	{"keeper-redrive", "kms:Decrypt", via("dynamodb")},
	{"keeper-redrive", "kms:Decrypt", nil},
}

// TestKeyUses evaluates the key's policy and those of the roles as KMS does, for every principal:
// each call that AWS documents is allowed, and no other.
func TestKeyUses(t *testing.T) {
	for _, c := range needed {
		if !mayUseKey(t, "full", c) {
			t.Errorf("%s may not call %s with %v", c.by, c.action, c.keys)
		}
		if !stack.ByService(c.by) { // an existing key lets the account's policies decide
			c.by = strings.Replace(c.by, "keeper-", "sgkeeper-", 1)
			c.keys = renamed(c.keys)
			// its guardrails are no SecureString
			if c.keys["kms:ViaService"] != via("ssm")["kms:ViaService"] && !mayUseKey(t, "untagged", c) {
				t.Errorf("with an existing key, %s may not call %s with %v", c.by, c.action, c.keys)
			}
		}
	}
	for _, c := range denied {
		if mayUseKey(t, "full", c) {
			t.Errorf("%s may call %s with %v", c.by, c.action, c.keys)
		}
	}
}

// renamed returns the keys for an installation with the name sgkeeper.
func renamed(keys map[string]string) map[string]string {
	other := make(map[string]string)
	for key, value := range keys {
		other[key] = strings.NewReplacer("keeper-", "sgkeeper-", "/keeper", "/sgkeeper").Replace(value)
	}
	return other
}

// TestEveryPrincipalIsEvaluated: TestKeyUses evaluates each principal of the table, and each role
// that may use the key, with an allowed call and a denied one.
func TestEveryPrincipalIsEvaluated(t *testing.T) {
	tested := func(calls []kmsCall, principal string) bool {
		return slices.ContainsFunc(calls, func(c kmsCall) bool { return c.by == principal })
	}
	principals := make(map[string]bool)
	for _, u := range stack.KeyUses() {
		for _, p := range u.Principals {
			if !stack.ByService(p) {
				p = "keeper-" + p
			}
			principals[strings.NewReplacer("REGION", "us-east-1", "SUFFIX", "amazonaws.com").Replace(p)] = true
		}
	}
	for p := range principals {
		if !tested(needed, p) || !tested(denied, p) {
			t.Errorf("%s is in the table, and TestKeyUses does not evaluate it", p)
		}
	}
	tp := of(t, "full")
	for _, r := range tp.all("AWS::IAM::Role") {
		name := strings.TrimSuffix(fmt.Sprint(literal(t, r.Properties["RoleName"])), "-us-east-1")
		for _, action := range grants(t, tp, name) {
			if strings.HasPrefix(action, "kms:") && !principals[name] {
				t.Errorf("%s may %s, and the table does not have it", name, action)
			}
		}
	}
}

// TestAllIsEncrypted: with a key, each resource that can be encrypted by it is.
func TestAllIsEncrypted(t *testing.T) {
	key := map[string]string{
		"AWS::DynamoDB::Table": "SSESpecification.KMSMasterKeyId", "AWS::SQS::Queue": "KmsMasterKeyId",
		"AWS::SNS::Topic":       "KmsMasterKeyId",
		"AWS::Events::EventBus": "KmsKeyIdentifier", "AWS::Events::Archive": "KmsKeyIdentifier",
		"AWS::Scheduler::Schedule": "KmsKeyArn",
		"AWS::Lambda::Function":    "KmsKeyArn", "AWS::Logs::LogGroup": "KmsKeyId",
		"AWS::S3::Bucket": "BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault.KMSMasterKeyID",
	}
	seen := make(map[string]bool)
	for id, r := range of(t, "full").Resources {
		path := key[r.Type]
		if path == "" {
			continue
		}
		seen[r.Type] = true
		var steps []any
		for step := range strings.SplitSeq(path, ".") {
			if step == "0" {
				steps = append(steps, 0)
				continue
			}
			steps = append(steps, step)
		}
		if got := rendered(t, at(r.Properties, steps...)); got != `{"Fn::GetAtt":["Key961B73FD","Arn"]}` {
			t.Errorf("%s %s is encrypted by %s, want the installation's key", r.Type, id, got)
		}
	}
	if len(seen) != len(key) {
		t.Errorf("the template has %v, want one of each in %v", seen, key)
	}
}

// TestQueuesAdmitOurRules: a queue takes events of this installation's rules alone, with a key and
// without. EventBridge of another account sends with the ARN of another account's rule.
func TestQueuesAdmitOurRules(t *testing.T) {
	for _, template := range []string{"installation", "full", "untagged"} {
		tp, admitted := of(t, template), 0
		for id, policy := range tp.all("AWS::SQS::QueuePolicy") {
			for _, s := range at(policy.Properties, "PolicyDocument", "Statement").([]any) {
				if at(s, "Effect") != "Allow" {
					continue
				}
				admitted++
				arns := at(s, "Condition", "ArnEquals", "aws:SourceArn")
				if arns == nil || at(s, "Action") != "sqs:SendMessage" ||
					at(s, "Principal", "Service") != "events.amazonaws.com" {
					t.Errorf("%s: %s admits %s", template, id, rendered(t, s))
				}
				if text := rendered(t, arns); strings.Count(text, `"Rule`) != strings.Count(text, "Fn::GetAtt") {
					t.Errorf("%s: %s admits %s, want rules of the stack alone", template, id, text)
				}
			}
		}
		if admitted != 4 { // two queues and their dead letters
			t.Errorf("%s: %d queues admit rules, want 4", template, admitted)
		}
	}
}

// mayUseKey evaluates a call of KMS on the key of a template. The key's policy lets the account's
// own policies decide about its roles.
func mayUseKey(t *testing.T, template string, c kmsCall) bool {
	t.Helper()
	tp := of(t, template)
	var candidates []any
	if stack.ByService(c.by) {
		policy := literal(t, tp.only(t, "AWS::KMS::Key").Properties["KeyPolicy"])
		for _, s := range at(policy, "Statement").([]any) {
			if at(s, "Principal", "Service") == c.by {
				candidates = append(candidates, s)
			}
		}
	} else {
		for _, s := range statements(t, tp, c.by) {
			if resource := rendered(t, s["Resource"]); strings.Contains(resource, `"Key961B73FD"`) ||
				strings.Contains(resource, ":key/") {
				candidates = append(candidates, literal(t, s))
			}
		}
	}
	return slices.ContainsFunc(candidates, func(s any) bool {
		if at(s, "Effect") != "Allow" {
			t.Fatalf("the statement %v denies, which this test does not know", s)
		}
		applies := slices.ContainsFunc(texts(at(s, "Action")),
			func(action string) bool { return matchesPattern(action, c.action) })
		conditions, _ := at(s, "Condition").(map[string]any)
		for operator, keys := range conditions {
			for key, values := range keys.(map[string]any) {
				applies = applies && holds(t, operator, c.keys[key], texts(values))
			}
		}
		return applies
	})
}

// TestKeyUsesAreDocumented compares the documentation's table with the code.
func TestKeyUsesAreDocumented(t *testing.T) { generated(t, "uses of the key", keyTable()) }

func keyTable() string {
	var b strings.Builder
	b.WriteString("\n| Service | Principal | Actions | Condition | Purpose |\n|---|---|---|---|---|\n")
	for _, u := range stack.KeyUses() {
		var principals, actions []string
		for _, p := range u.Principals {
			if stack.ByService(p) {
				principals = append(principals, "`"+p+"`")
			} else {
				principals = append(principals, "role `NAME-"+p+"-REGION`")
			}
		}
		for _, a := range u.Actions {
			actions = append(actions, "`"+a+"`")
		}
		purpose := u.Purpose
		if u.If != "" {
			purpose += ", with `" + u.If + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s ([%s](%s)) |\n", u.Service,
			strings.Join(principals, ", "), strings.Join(actions, ", "), u.Condition, purpose, u.Page.Name, u.Page.URL)
	}
	return b.String()
}
