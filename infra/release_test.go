package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// parsed is the whole of a template.
func parsed(t *testing.T, name string) (whole map[string]any) {
	t.Helper()
	if err := json.Unmarshal(of(t, name).text, &whole); err != nil {
		t.Fatal(err)
	}
	return whole
}

// TestNeedsNoBootstrap: the templates that people deploy without the CDK CLI do not read the
// parameter that only `cdk bootstrap` makes.
func TestNeedsNoBootstrap(t *testing.T) {
	for name, parameters := range map[string][]string{
		"member":         nil,
		"member-release": {"ExternalId", "HubAccount", "HubRegion"},
		"release":        {"Architecture", "CodeBucket", "CodePrefix", "Mode"},
	} {
		whole := parsed(t, name)
		given, _ := whole["Parameters"].(map[string]any)
		if got := slices.Sorted(maps.Keys(given)); !slices.Equal(got, parameters) {
			t.Errorf("%s has the parameters %v, want %v", name, got, parameters)
		}
		if rules := whole["Rules"]; rules != nil {
			t.Errorf("%s has the rules %s, want none", name, rendered(t, rules))
		}
	}
}

// TestMemberRelease: with its parameters set, the member's template of a release makes the
// resources of the member's stack. Its roles and their policies exist in one Region only.
func TestMemberRelease(t *testing.T) {
	parameters := map[string]string{"HubAccount": "111122223333", "HubRegion": "us-east-1",
		"ExternalId": "sgkeeper/7f3a"}
	whole := parsed(t, "member-release")
	conditional := make(map[string]bool)
	for id, r := range whole["Resources"].(map[string]any) {
		r := r.(map[string]any)
		kind, _ := r["Type"].(string)
		role := strings.HasPrefix(kind, "AWS::IAM::") && !strings.HasPrefix(id, "Roleways")
		if conditional[kind] = r["Condition"] == "HasRoles"; conditional[kind] != role {
			t.Errorf("%s has the condition %v", id, r["Condition"])
		}
		delete(r, "Condition")
	}
	if condition := rendered(t,
		whole["Conditions"]); condition != `{"HasRoles":{"Fn::Equals":[{"Ref":"AWS::Region"},{"Ref":"HubRegion"}]}}` {
		t.Errorf("the conditions are %s", condition)
	}
	got, want := literal(t, setParameters(whole["Resources"], parameters)), literal(t, parsed(t, "member")["Resources"])
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the resources (-member +release):\n%s", diff)
	}
}

// setParameters is a template's value in which references to parameters are their values.
func setParameters(value any, parameters map[string]string) any {
	switch v := value.(type) {
	case []any:
		all := make([]any, len(v))
		for i, element := range v {
			all[i] = setParameters(element, parameters)
		}
		return all
	case map[string]any:
		if name, ok := v["Ref"].(string); ok && parameters[name] != "" {
			return parameters[name]
		}
		all := make(map[string]any)
		for key, element := range v {
			all[key] = setParameters(element, parameters)
		}
		return all
	}
	return value
}

// TestReleasedPrograms: the release's functions run the programs of the architecture that the
// parameter names.
func TestReleasedPrograms(t *testing.T) {
	for _, f := range of(t, "release").all("AWS::Lambda::Function") {
		if got := rendered(t, f.Properties["Architectures"]); got != `[{"Ref":"Architecture"}]` {
			t.Errorf("a function's architectures are %s", got)
		}
		key := rendered(t, setParameters(at(f.Properties, "Code", "S3Key"),
			map[string]string{"CodePrefix": "p/", "Architecture": "x86_64"}))
		if !strings.Contains(key, `"p/"`) || !strings.Contains(key, `"x86_64",".zip"`) {
			t.Errorf("a function's program is %s", key)
		}
	}
}
