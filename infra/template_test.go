package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/aws/jsii-runtime-go"
)

// template is a stack's CloudFormation template.
type template struct {
	folder    string // the assembly's
	text      []byte
	notes     []string // shown by the CLI
	Resources map[string]resource
	Outputs   map[string]struct{ Value any }
}

type resource struct {
	Type                string
	Properties          map[string]any
	DeletionPolicy      string
	UpdateReplacePolicy string
}

// contexts are the contexts of the stacks, by the name of their golden file. The first is
// empty, as in cdk.json. The second sets every key.
var contexts = map[string]map[string]any{
	"installation": {},
	"full": {
		"name": "keeper", "mode": "observe", "managedTag": "team:ports=open", "quota": "200", "instances": "on",
		"stacks": "on", "guardrails": "ssm:/sgkeeper/guardrails", "prefixListWeights": "pl-63a5400a=55",
		"schedule": "rate(6 hours)", "heal": "on", "exceptions": "testdata/exceptions.yaml",
		"knownAccounts": "999988887777=vendor", "securityHub": "on", "alarmEmail": "platform@example.com",
		"chat": "high", "logDays": 365.0, "reportDays": "30",
		"archiveDays": "7", "kmsKey": "create", "concurrency": "50", "logLevel": "debug", "protect": true,
		"subnets": "subnet-0123456789abcdef0,subnet-0123456789abcdef1", "securityGroups": "sg-0123456789abcdef0",
		"permissionsBoundary": "arn:aws:iam::111122223333:policy/boundary",
		"resourceTags":        []any{"team=network", "cost-center=4711"},
		"memberAccounts":      []any{"222233334444", "333344445555"}, "memberRegions": "eu-west-1",
		"externalId": "sgkeeper/7f3a", "trace": "on",
		"publishers": []any{
			map[string]any{
				"name": "team-a", "roles": []any{"arn:aws:iam::111122223333:role/ci/team-a"},
				"sources": []any{"team-a.*"},
				"senders": []any{"AROAEXAMPLEID:*"}, "launches": []any{"a-*"},
			},
			map[string]any{"name": "team-b", "roles": []any{"arn:aws:iam::222233334444:role/team-b"},
				"sources": []any{"team-b"}},
			map[string]any{"name": "batch", "accounts": []any{"333344445555"}, "sources": []any{"batch"}},
		},
	},
	"untagged": {
		"publishers": `[{"name": "team-a", "sources": ["team-a.*"], "launches": ["a-*"]}]`,
		"guardrails": "testdata/guardrails.yaml", "tagRules": "off", "archiveDays": "0", "table": "restored",
		"logGroup": "/platform/sgkeeper", "kmsKey": "arn:aws:kms:us-east-1:111122223333:key/7f3a"},
	"member": {"stack": "member", "hubAccount": "111122223333", "hubRegion": "us-east-1",
		"externalId": "sgkeeper/7f3a"},
	"governed": {"stack": "member", "hubAccount": "111122223333", "hubRegion": "us-east-1",
		"externalId":          "sgkeeper/7f3a",
		"permissionsBoundary": "arn:aws:iam::222233334444:policy/boundary", "resourceTags": "team=network"},
	"release":        {"release": "on"},
	"member-release": {"stack": "member", "release": "on"},
}

// source is the module of the functions. Only CI builds them for Lambda, which compiles all that they
// import again.
func source() string {
	if os.Getenv("SGKEEPER_PROOFS") == "full" {
		return ".."
	}
	return "testdata/source"
}

// templates are made once each, because one takes seconds.
var templates = make(map[string]func() (*template, error))

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "sgkeeper")
	if err != nil {
		panic(err)
	}
	for name, context := range contexts {
		templates[name] = sync.OnceValues(func() (*template,
			error) {
			return synth(filepath.Join(folder, name), source(), context)
		})
	}
	code := m.Run()
	jsii.Close()
	os.RemoveAll(folder)
	os.Exit(code)
}

// of returns the template of a context.
func of(t *testing.T, name string) *template {
	t.Helper()
	made, err := templates[name]()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// synth makes an assembly as the CDK CLI does.
func synth(folder, source string, context map[string]any) (made *template, err error) {
	defer func() { // jsii reports errors by a panic
		if caught := recover(); caught != nil {
			err = fmt.Errorf("synth: %v", caught)
		}
	}()
	settings, err := read(context)
	if err != nil {
		return nil, err
	}
	settings.Source = source
	app := newApp(folder)
	settings.make(app)
	assembly := app.Synth(nil)
	if err := checked(assembly); err != nil {
		return nil, err
	}
	stack := (*assembly.Stacks())[0]
	made = &template{folder: folder}
	for _, note := range *stack.Messages() {
		//lint:ignore SA1019 CDK for Go has no other type for a stack's messages
		made.notes = append(made.notes, fmt.Sprint(note.Entry.Data))
	}
	if made.text, err = os.ReadFile(*stack.TemplateFullPath()); err != nil {
		return nil, err
	}
	return made, json.Unmarshal(made.text, made)
}

// all returns the resources of a type, by logical id.
func (t *template) all(kind string) map[string]resource {
	found := make(map[string]resource)
	for id, r := range t.Resources {
		if r.Type == kind {
			found[id] = r
		}
	}
	return found
}

// named returns the resource of a type with a property of the given value.
func (tp *template) named(t *testing.T, kind, property, value string) resource {
	t.Helper()
	for _, r := range tp.all(kind) {
		if r.Properties[property] == value {
			return r
		}
	}
	t.Fatalf("there is no %s whose %s is %s", kind, property, value)
	return resource{}
}

// only returns the one resource of a type.
func (tp *template) only(t *testing.T, kind string) resource {
	t.Helper()
	found := tp.all(kind)
	if len(found) != 1 {
		t.Fatalf("%d resources of type %s, want 1", len(found), kind)
	}
	for _, r := range found {
		return r
	}
	return resource{}
}

// at returns an element of a value by names and indexes, or nil if there is none.
func at(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}

// wantAt checks a property's value.
func wantAt(t *testing.T, r resource, want any, path ...any) {
	t.Helper()
	if got := at(r.Properties, path...); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s %v is %v, want %v", r.Type, path, got, want)
	}
}

// texts returns the sorted texts of a value that is a text or a list of texts.
func texts(value any) (found []string) {
	if text, ok := value.(string); ok {
		return []string{text}
	}
	list, _ := value.([]any)
	for _, v := range list {
		found = append(found, fmt.Sprint(v))
	}
	slices.Sort(found)
	return found
}

// rendered returns a value's JSON.
func rendered(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
