package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Limit is one limit of AWS for people.
type Limit struct {
	What, Source string
	Most         int
	Unit         string
}

// Limits returns all limits that [CheckTemplate] checks.
func Limits() (all []Limit) {
	for _, l := range limits {
		all = append(all, Limit{"`" + l.resource + "`, `" + strings.Join(l.property, ".") + "`", l.source, l.most, l.unit})
	}
	return append(all,
		Limit{"all inline policies of a role", "IAM quotas, aggregate policy size", inlineCharacters, "characters"},
		Limit{"`AWS::SSM::Parameter`, `Value`, standard tier", "Parameter Store quotas", standardBytes, "characters"},
		Limit{"`AWS::SSM::Parameter`, `Value`, advanced tier", "Parameter Store quotas", advancedBytes, "characters"},
		Limit{"template", "CloudFormation quotas, template body size", templateBytes, "bytes"},
		Limit{"template", "CloudFormation quotas, resources", templateResources, "resources"},
		Limit{"template", "CloudFormation quotas, outputs", templateOutputs, "outputs"},
	)
}

// limit is a limit of AWS on a property of a resource. CloudFormation would reject the resource
// in the middle of a deployment, or the service would.
type limit struct {
	resource string   // its type
	property []string // path of the property
	most     int
	unit     string
	size     func(resolved any) int // in that unit
	source   string                 // where AWS documents it
	remedy   string
}

// limits are the limits on properties that grow with the settings, and on names.
var limits = []limit{
	{"AWS::Events::Rule", []string{"EventPattern"}, 2048, "characters", asJSON, "EventBridge quotas, event pattern size", "Shorten name and managedTag"},
	{"AWS::Events::Archive", []string{"EventPattern"}, 2048, "characters", asJSON, "EventBridge quotas, event pattern size", "Shorten name"},
	{"AWS::Events::EventBus", []string{"Policy"}, policyCharacters, "characters", asJSON, "EventBridge quotas, event bus policy size", "Name fewer publishers, or set organization for memberAccounts"},
	{"AWS::Events::Rule", []string{"Name"}, 64, "characters", asText, "EventBridge API reference, PutRule", "Shorten name"},
	{"AWS::Events::Rule", []string{"Targets"}, 5, "targets", asList, "EventBridge quotas, targets per rule", "Report this as a fault of sgkeeper"},
	{"AWS::Events::Archive", []string{"ArchiveName"}, 48, "characters", asText, "EventBridge API reference, CreateArchive", "Shorten name"},
	{"AWS::Lambda::Function", []string{"Environment", "Variables"}, 4096, "bytes of JSON", asJSON, "Lambda quotas, environment variables", "Shorten the longest settings"},
	{"AWS::Lambda::Function", []string{"FunctionName"}, 64, "characters", asText, "Lambda API reference, CreateFunction", "Shorten name"},
	{"AWS::IAM::Role", []string{"AssumeRolePolicyDocument"}, 2048, "characters", asJSON, "IAM quotas, role trust policy length", "Shorten externalId and name"},
	{"AWS::IAM::Role", []string{"RoleName"}, 64, "characters", asText, "IAM quotas, role name", "Shorten name"},
	{"AWS::IAM::ManagedPolicy", []string{"PolicyDocument"}, 6144, "characters", asJSON, "IAM quotas, managed policy length", "If memberAccounts lists many: " + listedRemedy},
	{"AWS::SQS::QueuePolicy", []string{"PolicyDocument"}, 8192, "bytes of JSON", asJSON, "SQS quotas, policy", "Shorten name"},
	{"AWS::SQS::Queue", []string{"QueueName"}, 80, "characters", asText, "SQS quotas, queue name", "Shorten name"},
	{"AWS::SNS::TopicPolicy", []string{"PolicyDocument"}, 30720, "bytes of JSON", asJSON, "SNS API reference, SetTopicAttributes", "Shorten name"},
	{"AWS::S3::BucketPolicy", []string{"PolicyDocument"}, 20480, "bytes of JSON", asJSON, "S3, bucket policies", "Shorten name"},
	{"AWS::KMS::Key", []string{"KeyPolicy"}, 32768, "bytes of JSON", asJSON, "KMS quotas, key policy document size", "Shorten name"},
	{"AWS::Scheduler::Schedule", []string{"Name"}, 64, "characters", asText, "Scheduler API reference, CreateSchedule", "Shorten name"},
	{"AWS::CloudWatch::Alarm", []string{"AlarmName"}, 255, "characters", asText, "CloudWatch API reference, PutMetricAlarm", "Shorten name"},
	{"AWS::CloudWatch::Alarm", []string{"AlarmDescription"}, 1024, "characters", asText, "CloudWatch API reference, PutMetricAlarm", "Report this as a fault of sgkeeper"},
	{"AWS::Logs::MetricFilter", []string{"FilterPattern"}, 1024, "characters", asText, "CloudWatch Logs API reference, PutMetricFilter", "Report this as a fault of sgkeeper"},
}

// Limits on all inline policies of a role together, and on a template.
const (
	inlineCharacters  = 10_240    // without white space (IAM quotas, aggregate policy size of a role)
	templateBytes     = 1_000_000 // from a bucket (CloudFormation quotas, template body size)
	templateResources = 500       // CloudFormation quotas, resources
	templateOutputs   = 200       // CloudFormation quotas, outputs
)

func asText(v any) int { return len([]rune(plain(v))) }
func asList(v any) int { list, _ := v.([]any); return len(list) }

func asJSON(v any) int {
	text, _ := json.Marshal(v)
	return len(text)
}

func plain(v any) string {
	text, _ := v.(string)
	return text
}

// template is a synthesized template, as far as limits concern it.
type template struct {
	Resources map[string]struct {
		Type       string
		Properties map[string]any
	}
	Outputs map[string]any
}

// CheckTemplate returns an error for each limit of AWS that a synthesized template exceeds, with
// the value, the limit and the remedy. It counts the longest text that a reference can become.
func CheckTemplate(text []byte) (faults []error) {
	var t template
	if err := json.Unmarshal(text, &t); err != nil {
		return []error{fmt.Errorf("the template: %w", err)}
	}
	for _, count := range []struct {
		what, unit string
		size, most int
	}{
		{"template", "bytes", len(text), templateBytes},
		{"template", "resources", len(t.Resources), templateResources},
		{"template", "outputs", len(t.Outputs), templateOutputs},
	} {
		if count.size > count.most {
			faults = append(faults, fmt.Errorf("%s: %d %s: want at most %d (CloudFormation quotas). Name fewer publishers and member accounts", count.what, count.size, count.unit, count.most))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		for _, l := range limits {
			if r := t.Resources[id]; r.Type == l.resource {
				faults = append(faults, t.check(id, r.Properties, l)...)
			}
		}
		faults = append(faults, t.checkParameter(id)...)
	}
	return append(faults, t.checkInline()...)
}

// check returns a fault if a resource exceeds a limit.
func (t template) check(id string, properties map[string]any, l limit) []error {
	var value any = properties
	for _, name := range l.property {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	if value == nil {
		return nil
	}
	resolved := t.longest(value)
	size := l.size(resolved)
	if size <= l.most {
		return nil
	}
	return []error{fmt.Errorf("%s %s, %s: %d %s%s: want at most %d (%s). %s",
		l.resource, id, strings.Join(l.property, "."), size, l.unit, largest(resolved), l.most, l.source, l.remedy)}
}

// largest names the largest setting of an environment, with its size; "" for any other value.
func largest(value any) string {
	variables, ok := value.(map[string]any)
	if !ok {
		return ""
	}
	name := ""
	for key := range variables {
		if strings.HasPrefix(key, "SGKEEPER_") && (name == "" || asJSON(variables[key]) > asJSON(variables[name])) {
			name = key
		}
	}
	if name == "" {
		return ""
	}
	return fmt.Sprintf(", of which %s (%s) has %d", name, settingOf(name), asText(variables[name]))
}

// settingOf returns the key of the context for a variable of the functions: KNOWN_ACCOUNTS is
// knownAccounts.
func settingOf(variable string) string {
	words := strings.Split(strings.ToLower(strings.TrimPrefix(variable, "SGKEEPER_")), "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

// checkParameter returns a fault if a text is too large for its SSM parameter.
func (t template) checkParameter(id string) []error {
	r := t.Resources[id]
	most := standardBytes
	if r.Properties["Tier"] == "Advanced" {
		most = advancedBytes
	}
	if size := asText(t.longest(r.Properties["Value"])); r.Type == "AWS::SSM::Parameter" && size > most {
		return []error{fmt.Errorf("%s %s: a value of %d characters: want at most %d (Parameter Store quotas). Shorten the file or list that it holds", r.Type, id, size, most)}
	}
	return nil
}

// checkInline returns a fault for each role whose inline policies are too large together.
func (t template) checkInline() (faults []error) {
	sizes := make(map[string]int)
	for _, r := range t.Resources {
		if roles, ok := r.Properties["Roles"].([]any); ok && r.Type == "AWS::IAM::Policy" {
			for _, role := range roles {
				sizes[asReference(role)] += asJSON(t.longest(r.Properties["PolicyDocument"]))
			}
		}
	}
	for _, role := range slices.Sorted(maps.Keys(sizes)) {
		if sizes[role] > inlineCharacters {
			faults = append(faults, fmt.Errorf("AWS::IAM::Role %s: inline policies of %d characters: want at most %d (IAM quotas, aggregate policy size). "+
				"If memberAccounts lists many: %s", role, sizes[role], inlineCharacters, listedRemedy))
		}
	}
	return faults
}

func asReference(v any) string {
	reference, _ := v.(map[string]any)
	return plain(reference["Ref"])
}
