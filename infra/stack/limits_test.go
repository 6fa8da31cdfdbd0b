package stack

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestLimits fills each limited property up to its limit, and beyond. The error names the
// resource, the property, the size, the limit, its source and the remedy.
func TestLimits(t *testing.T) {
	for _, l := range limits {
		for size, good := range map[int]bool{l.most: true, l.most + 1: false} {
			resource := map[string]any{"Type": l.resource, "Properties": within(valueOf(t, l, size),
				strings.Split(l.property, ".")...)}
			text, err := json.Marshal(map[string]any{"Resources": map[string]any{"Thing": resource}})
			if err != nil {
				t.Fatal(err)
			}
			faults := CheckTemplate(text)
			if good {
				if len(faults) != 0 {
					t.Errorf("%s %s of %d %s: %v, want it let pass", l.resource, l.property, size, l.unit, faults)
				}
				continue
			}
			want := []string{
				l.resource + " Thing, " + l.property, fmt.Sprintf("%d %s", size, l.unit),
				fmt.Sprintf("want at most %d (%s)", l.most, l.page.Name), l.remedy,
			}
			for _, w := range want {
				if len(faults) != 1 || !strings.Contains(faults[0].Error(), w) {
					t.Errorf("%s %s of %d: %.300v, want %q", l.resource, l.property, size, faults, w)
				}
			}
		}
	}
}

// valueOf returns a value of a property with that size.
func valueOf(t *testing.T, l limit, size int) any {
	t.Helper()
	var value any
	switch {
	case l.unit == "targets":
		value = make([]any, size)
	case l.size("x") == 1: // a text
		value = strings.Repeat("x", size)
	default:
		value = map[string]any{"k": strings.Repeat("x", size-len(`{"k":""}`))}
	}
	if got := l.size(value); got != size {
		t.Fatalf("%s %s: made %d %s, want %d", l.resource, l.property, got, l.unit, size)
	}
	return value
}

// TestLimitsOfTemplates: the counts of a template, the policies of a role together, and texts in
// parameters have limits too.
func TestLimitsOfTemplates(t *testing.T) {
	many := func(kind string, n int, properties map[string]any) map[string]any {
		all := make(map[string]any)
		for i := range n {
			all[fmt.Sprint(kind[len(kind)-5:], i)] = map[string]any{"Type": kind, "Properties": properties}
		}
		return map[string]any{"Resources": all}
	}
	policy := func(size int) map[string]any {
		// and two quotes
		return map[string]any{"Roles": []any{map[string]any{"Ref": "TheRole"}},
			"PolicyDocument": strings.Repeat("x", size-2)}
	}
	for _, row := range []struct {
		what     string
		template map[string]any
		want     string // "": no fault
	}{
		{"500 resources", many("AWS::SNS::Topic", 500, nil), ""},
		{"501 resources", many("AWS::SNS::Topic", 501, nil), "template: 501 resources: want at most 500"},
		{"two policies that fit", many("AWS::IAM::Policy", 2, policy(5120)), ""},
		{"two policies that do not", many("AWS::IAM::Policy", 2, policy(5121)),
			"AWS::IAM::Role TheRole: inline policies of 10242 characters: want at most 10240"},
		{"a parameter that fits", many("AWS::SSM::Parameter", 1, map[string]any{"Value": strings.Repeat("é", 4096)}),
			""},
		{"a parameter that does not", many("AWS::SSM::Parameter", 1,
			map[string]any{"Value": strings.Repeat("x", 4097)}), "a value of 4097 characters: want at most 4096"},
		{"an advanced one", many("AWS::SSM::Parameter", 1, map[string]any{"Tier": "Advanced",
			"Value": strings.Repeat("x", 8193)}), "a value of 8193 characters: want at most 8192"},
		{"a large template", map[string]any{"Description": strings.Repeat("x", 1_000_000)},
			"bytes: want at most 1000000"},
		{"many outputs", map[string]any{"Outputs": many("AWS::SNS::Topic", 201, nil)["Resources"]},
			"template: 201 outputs: want at most 200"},
	} {
		text, err := json.Marshal(row.template)
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(CheckTemplate(text))
		if row.want == "" && got != "[]" || !strings.Contains(got, row.want) {
			t.Errorf("%s: %s, want %q", row.what, got, row.want)
		}
	}
}

// TestLongest: a reference counts as the longest text that it can become.
func TestLongest(t *testing.T) {
	in := template{}
	for text, most := range map[string]int{
		`{"Ref": "AWS::Region"}`: 15, `{"Fn::Join": ["-", ["a", {"Ref": "AWS::AccountId"}]]}`: 14,
		`{"Ref": "Table"}`: 47, `{"a": [{"Ref": "AWS::Partition"}]}`: 0,
	} {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if got := asText(in.longest(value)); got != most {
			t.Errorf("%s: %d characters, want %d", text, got, most)
		}
	}
}
