package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestShrink: a template and its small form have the same values, as CloudFormation computes
// them. The templates are the golden files of the CDK app, which TestGolden keeps current.
func TestShrink(t *testing.T) {
	files, err := filepath.Glob("../testdata/*.json")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d golden templates: %v", len(files), err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		small, err := shrink(text)
		if err != nil {
			t.Fatal(err)
		}
		if len(small) > len(text)*2/3 {
			t.Errorf("%s is shrunk from %d to %d bytes, want at most two thirds", path, len(text), len(small))
		}
		if diff := cmp.Diff(computed(t, text), computed(t, small)); diff != "" {
			t.Errorf("%s has other values (-cdk +small):\n%s", path, diff)
		}
	}
}

// TestShrinkJoins tries joins that Fn::Sub expresses only with care, or not at all.
func TestShrinkJoins(t *testing.T) {
	for _, row := range []struct{ template, want string }{
		{`{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":s3:::a<b>&c"]]}`,
			`{"Fn::Sub":"arn:${AWS::Partition}:s3:::a<b>&c"}`},
		{`{"Fn::Join":["",[{"Fn::GetAtt":["Bucket","Arn"]},"/*"]]}`, `{"Fn::Sub":"${Bucket.Arn}/*"}`},
		{`{"Fn::Join":["",["${Literal} ${!Other} $",{"Ref":"X"}]]}`, `{"Fn::Sub":"${!Literal} ${!!Other} $${X}"}`},
		{`{"Fn::Join":[",",["a",{"Ref":"X"}]]}`, ""},
		{`{"Fn::Join":["",["a",{"Fn::Select":[0,{"Ref":"X"}]}]]}`, ""},
		{`{"Fn::Join":["",{"Ref":"List"}]}`, ""},
		{`{"Fn::Join":["",["a",{"Fn::GetAtt":["X",{"Ref":"Name"}]}]]}`, ""},
		{`{"Number":12345678901234567890}`, ""},
		{`{"Fn::Join":["",["{\"Installation\",\"",{"Ref":"X"},"\"}{\"Installation\",\"",{"Ref":"X"},"\"}` +
			`{\"Installation\",\"",{"Ref":"X"},"\"}"]]}`,
			`{"Fn::Sub":["{${I}}{${I}}{${I}}",{"I":{"Fn::Sub":"\"Installation\",\"${X}\""}}]}`},
	} {
		want := row.want
		if want == "" {
			want = row.template
		}
		if got, err := shrink([]byte(row.template)); err != nil || strings.TrimSpace(string(got)) != want {
			t.Errorf("%s becomes %s, %v; want %s", row.template, got, err, want)
		}
	}
}

// TestFits: CloudFormation takes the templates of a release without a bucket.
func TestFits(t *testing.T) {
	const most = 51_200 // bytes; AWS CloudFormation quotas
	for _, name := range []string{"release", "member-release"} {
		text, err := os.ReadFile("../testdata/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if small, err := shrink(text); err != nil || len(small) > most {
			t.Errorf("%s has %d bytes, %v; want at most %d, as docs/deploy.md says", name, len(small), err, most)
		}
	}
}

// computed is a template as CloudFormation reads it, with each text function computed. A
// reference has the value «name».
func computed(t *testing.T, template []byte) (whole any) {
	t.Helper()
	if err := json.Unmarshal(template, &whole); err != nil {
		t.Fatal(err)
	}
	return compute(whole)
}

// variable is a variable of Fn::Sub, or with an exclamation mark a literal.
var variable = regexp.MustCompile(`\$\{(!?)([^}]*)\}`)

func compute(value any) any {
	switch v := value.(type) {
	case []any:
		all := make([]any, len(v))
		for i, element := range v {
			all[i] = compute(element)
		}
		return all
	case map[string]any:
		for _, policy := range []string{"DeletionPolicy", "UpdateReplacePolicy"} {
			if v[policy] == "Delete" { // as without the policy (AWS CloudFormation, DeletionPolicy)
				delete(v, policy)
			}
		}
		for name, argument := range v {
			if of, ok := argument.([]any); ok && name == "Fn::GetAtt" {
				return fmt.Sprintf("«%v.%v»", of[0], of[1])
			}
			switch name {
			case "Ref":
				return fmt.Sprintf("«%v»", argument)
			case "Fn::Sub":
				text, variables := argument, map[string]any(nil)
				if of, ok := argument.([]any); ok {
					text, variables = of[0], of[1].(map[string]any)
				}
				return variable.ReplaceAllStringFunc(text.(string), func(match string) string {
					parts := variable.FindStringSubmatch(match)
					if parts[1] == "!" {
						return "${" + parts[2] + "}"
					}
					if value, ok := variables[parts[2]]; ok {
						return compute(value).(string)
					}
					return "«" + parts[2] + "»"
				})
			case "Fn::Join":
				var text strings.Builder
				for i, part := range argument.([]any)[1].([]any) {
					if i > 0 {
						fmt.Fprint(&text, argument.([]any)[0])
					}
					fmt.Fprint(&text, compute(part))
				}
				return text.String()
			}
		}
		all := make(map[string]any)
		for key, element := range v {
			all[key] = compute(element)
		}
		return all
	}
	return value
}
