package stack

import "strings"

// pseudo are the longest values of CloudFormation's pseudo parameters.
var pseudo = map[string]string{
	"AWS::AccountId": "111122223333",
	"AWS::Partition": "aws-us-gov",
	"AWS::Region":    "us-isof-south-1",
	"AWS::URLSuffix": "amazonaws.com.cn",
	"AWS::StackName": strings.Repeat("s", longestName+len("-member")),
}

// longestName is the longest name of an installation.
const longestName = 20

// generated is the number of characters that CloudFormation adds to a logical id to name a
// resource: the stack's name, two hyphens and 13 characters.
const generated = longestName + len("-member") + 2 + 13

// longest returns a template's value with each reference replaced by the longest text that it can
// become.
func (t template) longest(value any) any {
	switch v := value.(type) {
	case []any:
		all := make([]any, len(v))
		for i, element := range v {
			all[i] = t.longest(element)
		}
		return all
	case map[string]any:
		if text, ok := t.function(v); ok {
			return text
		}
		all := make(map[string]any, len(v))
		for key, element := range v {
			all[key] = t.longest(element)
		}
		return all
	}
	return value
}

// function returns the longest result of an intrinsic function.
func (t template) function(v map[string]any) (text string, ok bool) {
	if name, ok := v["Ref"].(string); ok && len(v) == 1 {
		return t.reference(name), true
	}
	if of, ok := v["Fn::GetAtt"].([]any); ok && len(of) == 2 {
		return "arn:" + pseudo["AWS::Partition"] + ":cloudwatch:" + pseudo["AWS::Region"] + ":" +
			pseudo["AWS::AccountId"] + ":event-source-mapping/" + t.reference(plain(of[0])), true
	}
	if join, ok := v["Fn::Join"].([]any); ok && len(join) == 2 {
		parts, _ := t.longest(join[1]).([]any)
		texts := make([]string, len(parts))
		for i, part := range parts {
			texts[i] = plain(part)
		}
		return strings.Join(texts, plain(join[0])), true
	}
	return "", false
}

// reference returns the longest result of a Ref.
func (t template) reference(name string) string {
	if text, ok := pseudo[name]; ok {
		return text
	}
	text := strings.Repeat("x", generated+len(name))
	if t.Resources[name].Type == "AWS::SQS::Queue" {
		return "https://sqs." + pseudo["AWS::Region"] + "." + pseudo["AWS::URLSuffix"] + "/" +
			pseudo["AWS::AccountId"] + "/" + text
	}
	return text
}
