package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/infra/stack"
	"github.com/sgkeeper/sgkeeper/pkg/core/awsid"
)

// TestNetwork: both functions run in the given subnets with the given groups. Lambda may connect
// them, and their own code may write no interface.
func TestNetwork(t *testing.T) {
	tp := of(t, "full")
	for _, part := range []string{"keeper-ensure", "keeper-audit"} {
		f := tp.named(t, "AWS::Lambda::Function", "FunctionName", part)
		wantAt(t, f, "[subnet-0123456789abcdef0 subnet-0123456789abcdef1]", "VpcConfig", "SubnetIds")
		wantAt(t, f, "[sg-0123456789abcdef0]", "VpcConfig", "SecurityGroupIds")
		allowed, denied := statement(t, tp, part, "Network"), statement(t, tp, part, "NetworkByLambdaOnly")
		for _, action := range texts(denied["Action"]) {
			if !slices.Contains(texts(allowed["Action"]), action) {
				t.Errorf("%s: Lambda may not %s", part, action)
			}
		}
		code := fmt.Sprint(at(literal(t, denied), "Condition", "ArnEquals", "lambda:SourceFunctionArn"))
		if denied["Effect"] != "Deny" || !strings.HasSuffix(code, ":function:"+part) {
			t.Errorf("%s: the code of %s is kept from writing interfaces: %s", part, code, rendered(t, denied))
		}
	}
	for _, context := range []map[string]any{{"subnets": "subnet-0123456789abcdef0"},
		{"securityGroups": "sg-0123456789abcdef0"}} {
		if _, err := read(context); err == nil || !strings.Contains(err.Error(), "not set") {
			t.Errorf("%v: %v, want the other key named", context, err)
		}
	}
}

// TestBoundary: every role has the permissions boundary.
func TestBoundary(t *testing.T) {
	for name, want := range map[string]any{
		"full": "arn:aws:iam::111122223333:policy/boundary", "governed": "arn:aws:iam::222233334444:policy/boundary",
		"installation": nil,
	} {
		for id, role := range of(t, name).all("AWS::IAM::Role") {
			if got := role.Properties["PermissionsBoundary"]; got != want {
				t.Errorf("%s: the boundary of %s is %v, want %v", name, id, got, want)
			}
		}
	}
}

// untaggable are the types of resources to which CloudFormation gives no tags (CloudFormation
// template reference).
var untaggable = []string{
	"AWS::Events::Archive", "AWS::IAM::Policy", "AWS::KMS::Alias", "AWS::Lambda::Alias",
	"AWS::Lambda::EventInvokeConfig",
	"AWS::Lambda::Permission", "AWS::Lambda::Version", "AWS::Logs::MetricFilter", "AWS::S3::BucketPolicy",
	"AWS::SNS::Subscription",
	"AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::Scheduler::Schedule",
}

// TestTags: every resource that can have tags has those of the settings.
func TestTags(t *testing.T) {
	for _, name := range []string{"full", "governed"} {
		for id, r := range of(t, name).Resources {
			has := strings.Contains(rendered(t, r.Properties["Tags"]), `"team"`)
			if name == "full" && has {
				has = strings.Contains(rendered(t, r.Properties["Tags"]), `"cost-center"`)
			}
			if has == slices.Contains(untaggable, r.Type) {
				t.Errorf("%s: %s, %s, has the tags: %v", name, id, r.Type, has)
			}
		}
	}
}

// TestExistingLogGroup: with a log group that exists, the stack makes none. Both functions write
// to it, and may write to no other.
func TestExistingLogGroup(t *testing.T) {
	tp := of(t, "untagged")
	if made := tp.all("AWS::Logs::LogGroup"); len(made) != 0 {
		t.Errorf("the stack makes %d log groups, want none", len(made))
	}
	for _, part := range []string{"sgkeeper-ensure", "sgkeeper-audit"} {
		wantAt(t, tp.named(t, "AWS::Lambda::Function", "FunctionName", part), "/platform/sgkeeper", "LoggingConfig",
			"LogGroup")
		want := "arn:aws:logs:us-east-1:" + home + ":log-group:/platform/sgkeeper:*"
		if got := fmt.Sprint(literal(t, statement(t, tp, part, "Log")["Resource"])); got != want {
			t.Errorf("%s writes to %s, want %s", part, got, want)
		}
	}
}

// TestAnyPartition: no template names a partition or a domain of one. CloudFormation inserts
// those of its own.
func TestAnyPartition(t *testing.T) {
	for _, name := range []string{"installation", "release"} {
		for _, word := range awsid.Partitions() {
			if arn := `"arn:` + word + `:`; strings.Contains(string(of(t, name).text), arn) {
				t.Errorf("%s names the partition %s", name, word)
			}
		}
		for _, domain := range []string{".amazonaws.com/", ".amazonaws.com.cn", ".amazonaws.eu"} {
			if strings.Contains(string(of(t, name).text), domain) {
				t.Errorf("%s names the domain %s", name, domain)
			}
		}
	}
}

// TestEndpoints compares the documented endpoints with the services that the programs call.
func TestEndpoints(t *testing.T) {
	var called, documented []string
	for _, function := range []string{"ensure", "audit"} {
		for _, action := range calls(t, function) {
			service, _, _ := strings.Cut(action, ":")
			called = append(called, service)
		}
	}
	var table strings.Builder
	table.WriteString("\n| Endpoint | Type | Called by |\n|---|---|---|\n")
	for _, e := range stack.Endpoints() {
		documented = append(documented, e.Service)
		fmt.Fprintf(&table, "| `com.amazonaws.REGION.%s` | %s | %s |\n", e.Name,
			map[bool]string{true: "gateway", false: "interface"}[e.Gateway], e.For)
	}
	slices.Sort(called)
	slices.Sort(documented)
	if called = slices.Compact(called); !slices.Equal(called, documented) {
		t.Errorf("the functions call %v, and the endpoints are of %v", called, documented)
	}
	generated(t, "endpoints", table.String())
}
