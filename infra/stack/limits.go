package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

var (
	eventsQuotas  = Page{"EventBridge quotas", guide + "eventbridge/latest/userguide/eb-quota.html"}
	putRule       = Page{"EventBridge, PutRule", guide + "eventbridge/latest/APIReference/API_PutRule.html"}
	createArchive = Page{"EventBridge, CreateArchive", guide +
		"eventbridge/latest/APIReference/API_CreateArchive.html"}
	lambdaQuotas   = Page{"Lambda quotas", guide + "lambda/latest/dg/gettingstarted-limits.html"}
	createFunction = Page{"Lambda, CreateFunction", guide + "lambda/latest/api/API_CreateFunction.html"}
	iamQuotas      = Page{"IAM quotas", guide + "IAM/latest/UserGuide/reference_iam-quotas.html"}
	policyQuotas   = Page{"SQS policy quotas",
		guide + "AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html"}
	queueQuotas = Page{"SQS queue quotas",
		guide + "AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html"}
	bucketPolicies = Page{"S3 bucket policies", guide + "AmazonS3/latest/userguide/add-bucket-policy.html"}
	kmsQuotas      = Page{"KMS quotas", guide + "kms/latest/developerguide/resource-limits.html"}
	createSchedule = Page{"Scheduler, CreateSchedule", guide +
		"scheduler/latest/APIReference/API_CreateSchedule.html"}
	putMetricAlarm = Page{"CloudWatch, PutMetricAlarm", guide +
		"AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"}
	parameterTiers = Page{"Parameter Store tiers", guide +
		"systems-manager/latest/userguide/parameter-store-advanced-parameters.html"}
	formationsQuotas = Page{"CloudFormation quotas", guide +
		"AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"}
)

// Limit is one limit of AWS for people.
type Limit struct {
	What string
	Most int
	Unit string
	Page Page
}

// Limits returns all limits that [CheckTemplate] checks.
func Limits() (all []Limit) {
	for _, l := range limits {
		all = append(all, Limit{"`" + l.resource + "`, `" + l.property + "`", l.most, l.unit, l.page})
	}
	return append(all,
		Limit{"all inline policies of a role", inlineCharacters, "characters", iamQuotas},
		Limit{"`AWS::SSM::Parameter`, `Value`, standard tier", standardBytes, "characters", parameterTiers},
		Limit{"`AWS::SSM::Parameter`, `Value`, advanced tier", advancedBytes, "characters", parameterTiers},
		Limit{"template", templateBytes, "bytes", formationsQuotas},
		Limit{"template", templateResources, "resources", formationsQuotas},
		Limit{"template", templateOutputs, "outputs", formationsQuotas},
	)
}

// limit is a limit of AWS on a property of a resource. CloudFormation would reject the resource
// in the middle of a deployment, or the service would.
type limit struct {
	resource string // its type
	property string // its path, with dots
	most     int
	unit     string
	size     func(resolved any) int // in that unit
	page     Page
	remedy   string
}

// Remedies for a limit.
const (
	shorten = "Shorten name"
	report  = "Report this as a fault of sgkeeper"
)

// limits are the limits on properties that grow with the settings, and on names.
var limits = []limit{
	{"AWS::Events::Rule", "EventPattern", 2048, "characters", asJSON, eventsQuotas, shorten},
	{"AWS::Events::Archive", "EventPattern", 2048, "characters", asJSON, eventsQuotas, shorten},
	{"AWS::Events::EventBus", "Policy", policyCharacters, "characters", asJSON, eventsQuotas,
		"Name fewer publishers, or set organization for memberAccounts"},
	{"AWS::Events::Rule", "Name", 64, "characters", asText, putRule, shorten},
	{"AWS::Events::Rule", "Targets", 5, "targets", asList, eventsQuotas, report},
	{"AWS::Events::Archive", "ArchiveName", 48, "characters", asText, createArchive, shorten},
	{"AWS::Lambda::Function", "Environment.Variables", 4096, "bytes of JSON", asJSON, lambdaQuotas,
		"Shorten the longest settings"},
	{"AWS::Lambda::Function", "FunctionName", 64, "characters", asText, createFunction, shorten},
	{"AWS::IAM::Role", "AssumeRolePolicyDocument", 2048, "characters", asJSON, iamQuotas,
		"Shorten externalId and name"},
	{"AWS::IAM::Role", "RoleName", 64, "characters", asText, iamQuotas, shorten},
	{"AWS::IAM::ManagedPolicy", "PolicyDocument", 6144, "characters", asJSON, iamQuotas,
		"If memberAccounts lists many: " + listedRemedy},
	{"AWS::SQS::QueuePolicy", "PolicyDocument", 8192, "bytes of JSON", asJSON, policyQuotas, shorten},
	{"AWS::SQS::Queue", "QueueName", 80, "characters", asText, queueQuotas, shorten},
	{"AWS::S3::BucketPolicy", "PolicyDocument", 20480, "bytes of JSON", asJSON, bucketPolicies, shorten},
	{"AWS::KMS::Key", "KeyPolicy", 32768, "bytes of JSON", asJSON, kmsQuotas, shorten},
	{"AWS::Scheduler::Schedule", "Name", 64, "characters", asText, createSchedule, shorten},
	{"AWS::CloudWatch::Alarm", "AlarmName", 255, "characters", asText, putMetricAlarm, shorten},
	{"AWS::CloudWatch::Alarm", "AlarmDescription", 1024, "characters", asText, putMetricAlarm, report},
}

// Limits on all inline policies of a role together, and on a template.
const (
	inlineCharacters  = 10_240    // without white space
	templateBytes     = 1_000_000 // from a bucket
	templateResources = 500
	templateOutputs   = 200
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
		unit       string
		size, most int
	}{
		{"bytes", len(text), templateBytes},
		{"resources", len(t.Resources), templateResources},
		{"outputs", len(t.Outputs), templateOutputs},
	} {
		if count.size > count.most {
			faults = append(faults, fmt.Errorf("template: %d %s: want at most %d (%s). "+
				"Name fewer publishers and member accounts",
				count.size, count.unit, count.most, formationsQuotas.Name))
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
	for name := range strings.SplitSeq(l.property, ".") {
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
		l.resource, id, l.property, size, l.unit, largest(resolved), l.most, l.page.Name, l.remedy)}
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
		return []error{fmt.Errorf("%s %s: a value of %d characters: want at most %d (%s). "+
			"Shorten the file or list that it holds",
			r.Type, id, size, most, parameterTiers.Name)}
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
			faults = append(faults, fmt.Errorf("AWS::IAM::Role %s: inline policies of %d characters: "+
				"want at most %d (%s). "+
				"If memberAccounts lists many: %s", role, sizes[role], inlineCharacters, iamQuotas.Name, listedRemedy))
		}
	}
	return faults
}

func asReference(v any) string {
	reference, _ := v.(map[string]any)
	return plain(reference["Ref"])
}
