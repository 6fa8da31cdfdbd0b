package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// templates maps each template of a release to the settings of its stack.
var templates = []struct{ name, context string }{
	{"sgkeeper.template.json", `{"release":"on"}`},
	{"sgkeeper-member.template.json", `{"release":"on","stack":"member"}`},
}

// writeTemplates has the CDK app write its templates, and shrinks them.
func writeTemplates(folder, work string) (names []string, err error) {
	app := filepath.Join(work, "app")
	if out, err := exec.Command("go", "build", "-o", app, "./infra").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the CDK app does not build; run this from the top of the module: %w\n%s", err, out)
	}
	for _, t := range templates {
		assembly := filepath.Join(work, "cdk.out", t.name)
		synth := exec.Command(app)
		synth.Env = append(os.Environ(), "CDK_OUTDIR="+assembly, "CDK_CONTEXT_JSON="+t.context)
		if out, err := synth.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", t.name, err, out)
		}
		text, err := os.ReadFile(filepath.Join(assembly, t.name))
		if err != nil {
			return nil, err
		}
		if text, err = shrink(text); err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
		if err := os.WriteFile(filepath.Join(folder, t.name), text, 0o644); err != nil {
			return nil, err
		}
		names = append(names, t.name)
	}
	return names, nil
}

// shrink returns the template in as few bytes as CloudFormation needs for the same resources: no
// space, Fn::Sub in place of Fn::Join, no repeated dimensions, and no default policies.
// CloudFormation takes 51,200 bytes without a bucket (AWS CloudFormation quotas). Logical ids stay,
// because another id is another resource.
func shrink(template []byte) ([]byte, error) {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(template))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	var small bytes.Buffer
	encoder := json.NewEncoder(&small)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(substituted(value))
	return small.Bytes(), err
}

// substituted is a template's value with Fn::Sub in place of each Fn::Join that it can express.
func substituted(value any) any {
	switch v := value.(type) {
	case []any:
		for i, element := range v {
			v[i] = substituted(element)
		}
	case map[string]any:
		for _, policy := range []string{"DeletionPolicy", "UpdateReplacePolicy"} {
			if v[policy] == "Delete" { // CloudFormation's default
				delete(v, policy)
			}
		}
		for key, element := range v {
			v[key] = substituted(element)
		}
		if text, ok := joined(v); ok {
			return map[string]any{"Fn::Sub": abbreviated(text)}
		}
	}
	return value
}

// dimension is the dimension of a metric that names the installation, in the dashboard's JSON.
var dimension = regexp.MustCompile(`"Installation","[^"]*"`)

// abbreviated returns the argument of an Fn::Sub for a text. If the text repeats the installation's
// dimension, as the dashboard does for each metric, it has a variable for that.
func abbreviated(text string) any {
	whole := dimension.FindString(text)
	if strings.Count(text, whole) < 3 || whole == "" {
		return text
	}
	return []any{strings.ReplaceAll(text, whole, "${I}"), map[string]any{"I": map[string]any{"Fn::Sub": whole}}}
}

// joined returns the text of an Fn::Join in the syntax of Fn::Sub. For example, the parts "arn:"
// and {"Ref": "AWS::Partition"} are arn:${AWS::Partition}. It fails if a part is neither a text
// nor a reference, or if the parts have a delimiter.
func joined(function map[string]any) (text string, ok bool) {
	join, _ := function["Fn::Join"].([]any)
	if len(function) != 1 || len(join) != 2 || join[0] != "" {
		return "", false
	}
	parts, ok := join[1].([]any)
	for _, part := range parts {
		if literal, isText := part.(string); isText {
			text += strings.ReplaceAll(literal, "${", "${!")
			continue
		}
		name, isReference := reference(part)
		text += "${" + name + "}"
		ok = ok && isReference
	}
	return text, ok
}

// reference returns the name of a Ref or an Fn::GetAtt in the syntax of Fn::Sub.
func reference(value any) (name string, ok bool) {
	function, _ := value.(map[string]any)
	if len(function) != 1 {
		return "", false
	}
	if name, ok = function["Ref"].(string); ok {
		return name, true
	}
	attribute, _ := function["Fn::GetAtt"].([]any)
	if len(attribute) != 2 {
		return "", false
	}
	id, isText := attribute[0].(string)
	of, alsoText := attribute[1].(string)
	return id + "." + of, isText && alsoText
}
