package main

import (
	"encoding/json"
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/infra/stack"
)

// guardrailsOf writes a valid guardrails file of that size in bytes, or of the smallest size.
func guardrailsOf(t *testing.T, name string, bytes int) (file string) {
	t.Helper()
	text := "deny: []\n"
	text += "#" + strings.Repeat("x", max(0, bytes-len(text)-2)) + "\n"
	return writeFile(t, name, text)
}

func writeFile(t *testing.T, name, text string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestGuardrailsAreRead: faulty guardrails fail before the deployment, as in the functions.
func TestGuardrailsAreRead(t *testing.T) {
	for _, row := range []struct{ text, line, want string }{
		{"alow: []\n", "line 1", `the nearest known is "allow"`},
		{"deny: []\nlimits: 7\n", "line 2", "want a mapping with rules"},
		{"", "line 1", "want a mapping with at least one of allow"},
		{"deny:\n  - id: a\n    reason: 'not {{resolve:ssm:a}}'\n    rules: all\n", "line 3",
			"want a space between the two"},
	} {
		file := writeFile(t, "guardrails.yaml", row.text)
		_, err := read(map[string]any{"guardrails": file})
		if err == nil || !strings.HasPrefix(err.Error(), "guardrails: "+file+": ") ||
			!strings.Contains(err.Error(), row.line) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: %v; want the file, %s and %q", row.text, err, row.line, row.want)
		}
	}
}

// TestGuardrailsBesideExceptions: two bundled files must not have the same name.
func TestGuardrailsBesideExceptions(t *testing.T) {
	exceptions := writeFile(t, "rules.yaml", "exceptions: []\n")
	for bytes, want := range map[int]bool{8192: true, 8193: false} {
		_, err := read(map[string]any{"exceptions": exceptions, "guardrails": guardrailsOf(t, "rules.yaml", bytes)})
		if good := err == nil; good != want || !good && !strings.Contains(err.Error(), "rename one") {
			t.Errorf("%d bytes: %v", bytes, err)
		}
	}
}

// TestGuardrailsBySize: the guardrails go into a parameter of the tier that their size needs.
// Each tier has its own parameter. A file too large for a parameter is bundled.
func TestGuardrailsBySize(t *testing.T) {
	for _, row := range []struct {
		bytes    int
		id, tier string
	}{
		{100, "Guardrails", "Standard"},
		{4096, "Guardrails", "Standard"},
		{4097, "GuardrailsAdvanced", "Advanced"},
		{8192, "GuardrailsAdvanced", "Advanced"},
		{8193, "", ""},
	} {
		file := guardrailsOf(t, "large.yaml", row.bytes)
		tp := withGuardrails(t, file)
		where := tp.named(t, "AWS::Lambda::Function", "FunctionName", "sgkeeper-ensure").variable("SGKEEPER_GUARDRAILS")
		if row.id == "" {
			if len(tp.all("AWS::SSM::Parameter")) != 0 || where != "large.yaml" {
				t.Errorf("%d bytes: read from %v, want them bundled", row.bytes, where)
			}
			continue
		}
		parameter, made := tp.all("AWS::SSM::Parameter")[row.id]
		if !made {
			t.Errorf("%d bytes: no parameter %s", row.bytes, row.id)
			continue
		}
		text, _ := os.ReadFile(file)
		wantAt(t, parameter, row.tier, "Tier")
		wantAt(t, parameter, "String", "Type")
		wantAt(t, parameter, string(text), "Value")
		if got, want := rendered(t, where), `{"Fn::Join":["",["ssm:",{"Ref":"`+row.id+`"}]]}`; got != want {
			t.Errorf("%d bytes: read from %s, want %s", row.bytes, got, want)
		}
	}
}

// withGuardrails makes the stack for a guardrails file, without programs, which take long to build.
func withGuardrails(t *testing.T, file string) *template {
	t.Helper()
	props := stack.Defaults()
	var err error
	if props.Guardrails, err = stack.ReadGuardrails(file); err != nil {
		t.Fatal(err)
	}
	return withoutPrograms(t, props)
}

// withoutPrograms makes a stack whose programs are in a bucket, as a release does.
func withoutPrograms(t *testing.T, props stack.Props) *template {
	t.Helper()
	props.Release = true
	return synthesized(t, func(app awscdk.App) { stack.New(app, props) })
}

// memberFrom returns a member's stack.
func memberFrom(t *testing.T, props stack.MemberProps) *template {
	t.Helper()
	return synthesized(t, func(app awscdk.App) { stack.NewMember(app, props) })
}

// synthesized returns the stack that add makes.
func synthesized(t *testing.T, add func(awscdk.App)) *template {
	t.Helper()
	app := newApp(filepath.Join(t.TempDir(), "cdk.out"))
	add(app)
	made := &template{}
	var err error
	if made.text, err = os.ReadFile(*(*app.Synth(nil).Stacks())[0].TemplateFullPath()); err == nil {
		err = json.Unmarshal(made.text, made)
	}
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// variable returns a variable of a function's environment.
func (r resource) variable(name string) any {
	return at(r.Properties, "Environment", "Variables", name)
}

// TestGuardrailsMayBeRead: both functions may read the guardrails' parameter, and no other.
// The built-in guardrails need no permission.
func TestGuardrailsMayBeRead(t *testing.T) {
	for _, row := range []struct{ template, role, resource string }{
		{"untagged", "sgkeeper", `:parameter/",{"Ref":"Guardrails"}]]}`},
		{"full", "keeper", `:parameter/sgkeeper/guardrails"]]}`},
		{"installation", "sgkeeper", ""},
	} {
		tp := of(t, row.template)
		for _, function := range []string{"-ensure", "-audit"} {
			where := tp.named(t, "AWS::Lambda::Function", "FunctionName",
				row.role+function).variable("SGKEEPER_GUARDRAILS")
			if row.resource == "" {
				for _, action := range grants(t, tp, row.role+function) {
					if strings.HasPrefix(action, "ssm:") {
						t.Errorf("%s%s may call %s", row.role, function, action)
					}
				}
				if where != nil {
					t.Errorf("%s%s reads guardrails from %v", row.role, function, where)
				}
				continue
			}
			s := statement(t, tp, row.role+function, "Guardrails")
			if got := rendered(t, s["Resource"]); s["Action"] != "ssm:GetParameter" ||
				!strings.HasSuffix(got, row.resource) {
				t.Errorf("%s: %s%s may call %v on %s, want %s", row.template, row.role, function, s["Action"], got,
					row.resource)
			}
			if where == nil {
				t.Errorf("%s: %s%s has no setting for its guardrails", row.template, row.role, function)
			}
		}
	}
}

// TestGuardrailsAlarm: the alarm uses the metric that ensure writes.
func TestGuardrailsAlarm(t *testing.T) {
	alarm := of(t, "installation").named(t, "AWS::CloudWatch::Alarm", "AlarmName", "sgkeeper-guardrails-rejected")
	for property, want := range map[string]any{
		"Namespace": "sgkeeper", "MetricName": "GuardrailsRejected", "Statistic": "Maximum", "Threshold": 1.0,
		"ComparisonOperator": "GreaterThanOrEqualToThreshold", "EvaluationPeriods": 1.0,
	} {
		wantAt(t, alarm, want, property)
	}
}
