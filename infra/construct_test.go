package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/infra/construct"
)

// launches synthesizes a stack of a user, with two launches. The test is here and not in the folder of
// the construct, because loading CDK takes seconds.
func launches(t *testing.T) []byte {
	t.Helper()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir()), AnalyticsReporting: jsii.Bool(false)})
	stack := awscdk.NewStack(app, jsii.String("serve"), nil)
	ports := construct.NewLaunch(stack, jsii.String("Ports"), &construct.LaunchProps{
		Group: construct.GroupID("sg-0123456789abcdef0"),
		Rules: []construct.Rule{
			{Ports: "8000,8002-8004", From: []string{"10.0.0.0/8", "self"}, Description: "vLLM"},
			{Protocol: "icmp", ICMP: &construct.ICMP{Type: 3, Code: 4}, From: []string{"0.0.0.0/0"}},
			{Protocol: "all", To: []string{"0.0.0.0/0"}},
		},
		ExpiresAt: "2031-12-01T00:00:00Z", Requester: "team-inference", Ticket: "OPS-1234",
	})
	construct.NewLaunch(stack, jsii.String("Named"), &construct.LaunchProps{
		ServiceToken: jsii.String("arn:aws:lambda:us-east-1:111122223333:function:other-ensure:stack"),
		Group:        construct.GroupName("shared", "vpc-0123456789abcdef0"),
		Rules:        []construct.Rule{{Ports: "9000", From: []string{"self"}}},
	})
	awscdk.NewCfnOutput(stack, jsii.String("Launch"), &awscdk.CfnOutputProps{Value: ports.Name()})
	assembly := app.Synth(nil)
	text, err := os.ReadFile(*(*assembly.Stacks())[0].TemplateFullPath())
	if err != nil {
		t.Fatal(err)
	}
	return append(bytes.TrimSpace(text), '\n')
}

// TestGoldenLaunches compares the template with its golden file.
func TestGoldenLaunches(t *testing.T) {
	const file = "testdata/launch.json"
	got := launches(t)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the template has changed; read the diff, then run go test ./infra -update "+
			"(-want +got):\n%s", diff)
	}
}

// TestLaunchesDecode: the function reads the properties of the template, as CloudFormation sends them,
// without a fault.
func TestLaunchesDecode(t *testing.T) {
	var whole struct {
		Resources map[string]struct {
			Type       string
			Properties map[string]any
		}
	}
	if err := json.Unmarshal(launches(t), &whole); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"Ports": 6, "Named": 1} // rules
	for id, resource := range whole.Resources {
		payload, err := json.Marshal(map[string]any{
			"RequestType": "Create", "RequestId": "a", "LogicalResourceId": id, "ResourceType": resource.Type,
			"ResponseURL":        "https://cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com/a",
			"StackId":            "arn:aws:cloudformation:us-east-1:111122223333:stack/serve/a",
			"ResourceProperties": asTexts(resource.Properties),
		})
		if err != nil {
			t.Fatal(err)
		}
		r, err := events.Decoder{Account: "111122223333", Region: "us-east-1"}.DecodeStackRequest(payload)
		if err != nil || r.Faults != nil {
			t.Errorf("%s: %v, %v", id, r.Faults, err)
			continue
		}
		if n := len(r.Request.Rules); n != want[id] || resource.Type != construct.ResourceType {
			t.Errorf("%s: %s with %d rules, want %d", id, resource.Type, n, want[id])
		}
	}
	if len(whole.Resources) != len(want) {
		t.Errorf("%d resources, want %d", len(whole.Resources), len(want))
	}
}

// asTexts turns numbers and booleans into texts, as CloudFormation does. A reference becomes an
// ARN.
func asTexts(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if v["Fn::Join"] != nil {
			return "arn:aws:lambda:us-east-1:111122223333:function:sgkeeper-ensure:stack"
		}
		texts := map[string]any{}
		for key, value := range v {
			texts[key] = asTexts(value)
		}
		return texts
	case []any:
		for i := range v {
			v[i] = asTexts(v[i])
		}
		return v
	}
	return fmt.Sprint(v)
}
