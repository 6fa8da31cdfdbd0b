package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestLifecycle takes one account through the deployments of an installation's life: a first one
// that fails and is repeated, an update, one that is rolled back, a second installation, and a
// teardown with a new deployment. A port that a launch needs stays open throughout.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	d := newProxy(fakeaws.New(fakeaws.Options{ID: account, Region: region}))
	w := &world{proxy: d, server: httptest.NewServer(d)}
	w.start(t)
	first, err := assembly()
	if err != nil {
		t.Fatal(err)
	}
	group := w.newGroup(t, "shared")
	ports := []string{}
	opens := func(t *testing.T, bus string, port int) {
		t.Helper()
		ports = append(ports, fmt.Sprintf("%d from 10.0.0.0/8", port))
		w.opens(t, bus, group, port, ports)
	}
	var table string

	repeated := step(t, "a first deployment that fails in the middle leaves nothing behind, and is repeated",
		func(t *testing.T) {
			w.bootstrap(t, first)
			if out, err := w.cdkFails(t, "deploy", "--app", failing(t, first), "--require-approval",
				"never"); err == nil {
				t.Fatalf("cdk deploy succeeds:\n%s", out)
			}
			w.wantStatus(t, "sgkeeper", "ROLLBACK_COMPLETE")
			made := string(w.aws(t, "cloudformation", "describe-stack-events", "--stack-name", "sgkeeper", "--query",
				"StackEvents[?ResourceStatus=='CREATE_COMPLETE'].ResourceType"))
			for _, kind := range retained {
				if !strings.Contains(made, `"`+kind+`"`) {
					t.Errorf("it fails before it makes %s, so the step does not test it", kind)
				}
			}
			if left := w.left(t); len(left) != 0 {
				t.Errorf("it leaves %v", left)
			}
			table = w.install(t, first, "sgkeeper")["TableName"]
			opens(t, "sgkeeper", 8000)
		})
	if !repeated {
		t.Fatal("there is nothing to try")
	}
	changed := t.TempDir()
	step(t, "an update with changed settings keeps the table and serves on", func(t *testing.T) {
		if err := synth(changed, "logLevel=debug", "concurrency=5", "instances=on"); err != nil {
			t.Fatal(err)
		}
		if got := w.install(t, changed, "sgkeeper")["TableName"]; got != table {
			t.Errorf("the table is %s, want %s still", got, table)
		}
		w.wantLogLevel(t, "debug")
		opens(t, "sgkeeper", 8001)
	})
	step(t, "an update that fails is rolled back to the settings before it", func(t *testing.T) {
		if out, err := w.cdkFails(t, "deploy", "--app", failing(t, first), "--require-approval", "never"); err == nil {
			t.Fatalf("cdk deploy succeeds:\n%s", out)
		}
		w.wantStatus(t, "sgkeeper", "UPDATE_ROLLBACK_COMPLETE")
		w.wantLogLevel(t, "debug")
		opens(t, "sgkeeper", 8002)
	})
	step(t, "the former settings are deployed again", func(t *testing.T) {
		if got := w.install(t, first, "sgkeeper")["TableName"]; got != table {
			t.Errorf("the table is %s, want %s still", got, table)
		}
		w.wantLogLevel(t, "info")
		opens(t, "sgkeeper", 8003)
	})
	second := t.TempDir()
	step(t, "a second installation serves beside the first", func(t *testing.T) {
		if err := synth(second, "name=second"); err != nil {
			t.Fatal(err)
		}
		if got := w.install(t, second, "second")["TableName"]; got == table || got == "" {
			t.Errorf("its table is %q, want its own", got)
		}
		opens(t, "second", 8004)
		opens(t, "sgkeeper", 8005)
	})
	step(t, "a teardown keeps the table, the reports and the logs, and a new deployment takes the table",
		func(t *testing.T) {
			w.cdk(t, "destroy", "--app", first, "--force")
			left := w.left(t)
			for _, kind := range retained {
				if !slices.ContainsFunc(left, func(l string) bool { return strings.HasPrefix(l, kind+" sgkeeper") }) {
					t.Errorf("the teardown leaves %v, want the first installation's %s too", left, kind)
				}
			}
			w.wantIngress(t, group, ports...)
			opens(t, "second", 8006)
			again := t.TempDir()
			if err := synth(again, "table="+table); err != nil {
				t.Fatal(err)
			}
			if got := w.install(t, again, "sgkeeper")["TableName"]; got != table {
				t.Errorf("the table is %s, want %s still", got, table)
			}
			opens(t, "sgkeeper", 8007)
		})
}

// retained are the types of the resources that outlive the stack.
var retained = []string{"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Logs::LogGroup"}

// left returns the installations' resources of these types that the account has.
func (w *world) left(t *testing.T) (found []string) {
	t.Helper()
	for i, query := range [][]string{
		{"dynamodb", "list-tables", "--query", "TableNames"},
		{"s3api", "list-buckets", "--query", "Buckets[].Name"},
		{"logs", "describe-log-groups", "--query", "logGroups[].logGroupName"},
	} {
		var names []string
		if err := json.Unmarshal(w.aws(t, query...), &names); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			name = strings.TrimPrefix(name, "/aws/cloudformation/") // MiniStack's name of a log group
			if strings.HasPrefix(name, "sgkeeper") || strings.HasPrefix(name, "second") {
				found = append(found, retained[i]+" "+name)
			}
		}
	}
	return found
}

// failing returns a copy of an assembly whose stack fails after all that it retains is made.
func failing(t *testing.T, folder string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	edit := func(name string, change func(content []byte) []byte) {
		t.Helper()
		path := filepath.Join(to, name)
		content, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, change(content), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	edit("sgkeeper.template.json", func(content []byte) []byte {
		var template map[string]any
		if err := json.Unmarshal(content, &template); err != nil {
			t.Fatal(err)
		}
		resources := template["Resources"].(map[string]any)
		var after []string
		for id, r := range resources {
			if kind := r.(map[string]any)["Type"].(string); slices.Contains(retained, kind) ||
				kind == "AWS::Lambda::Function" {
				after = append(after, id)
			}
		}
		resources["Fails"] = map[string]any{
			"Type": "AWS::IAM::Policy", "DependsOn": after,
			"Properties": map[string]any{"PolicyName": "fails", "PolicyDocument": map[string]any{},
				"Roles": []string{"no-such-role"}},
		}
		text, err := json.Marshal(template)
		if err != nil {
			t.Fatal(err)
		}
		return text
	})
	// The CLI uploads an asset once for each name, so that the changed template needs another.
	var assets struct {
		Files map[string]struct{ Source struct{ Path string } }
	}
	edit("sgkeeper.assets.json", func(content []byte) []byte {
		if err := json.Unmarshal(content, &assets); err != nil {
			t.Fatal(err)
		}
		return content
	})
	for hash, file := range assets.Files {
		if file.Source.Path == "sgkeeper.template.json" {
			other := bytes.Repeat([]byte("f"), len(hash))
			for _, name := range []string{"sgkeeper.assets.json", "manifest.json"} {
				edit(name, func(content []byte) []byte { return bytes.ReplaceAll(content, []byte(hash), other) })
			}
		}
	}
	return to
}

// opens publishes a launch on a bus, and waits until the group has as many rules as wanted, besides
// the one made by hand.
func (w *world) opens(t *testing.T, bus, group string, port int, want []string) {
	t.Helper()
	out, err := w.bus.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		EventBusName: &bus, Source: aws.String("end-to-end"), DetailType: aws.String(requested),
		Detail: aws.String(requestOf(fmt.Sprint("life-", port), group, port)),
	}}})
	if err != nil || out.FailedEntryCount > 0 {
		t.Fatalf("PutEvents: %v, %+v", err, out)
	}
	deadline := time.Now().Add(patience)
	for tick := time.NewTicker(200 * time.Millisecond); len(w.ingress(t, group)) < len(want)+1 &&
		time.Now().Before(deadline); <-tick.C {
	}
	w.wantIngress(t, group, want...)
}

// wantStatus checks the status of a stack.
func (w *world) wantStatus(t *testing.T, stack, want string) {
	t.Helper()
	got := strings.TrimSpace(string(w.aws(t, "cloudformation", "describe-stacks", "--stack-name", stack, "--query",
		"Stacks[0].StackStatus", "--output", "text")))
	if got != want {
		t.Errorf("the stack is %s, want %s", got, want)
	}
}

// wantLogLevel checks the log level of ensure.
func (w *world) wantLogLevel(t *testing.T, want string) {
	t.Helper()
	got := strings.TrimSpace(string(w.aws(t, "lambda", "get-function-configuration", "--function-name",
		"sgkeeper-ensure",
		"--query", "Environment.Variables.SGKEEPER_LOG_LEVEL", "--output", "text")))
	if got != want {
		t.Errorf("ensure's log level is %s, want %s", got, want)
	}
}
