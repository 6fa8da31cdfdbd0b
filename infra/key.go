package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// key is one key of the context.
type key struct {
	name  string
	value string // the default, "" for none
	help  string // Markdown
	set   func(*settings, string) error
}

// keys returns all keys of the context.
func keys() []key {
	return []key{
		{"name", "sgkeeper", "prefix of all names of the installation, also of the bus; " +
			"another name makes a second installation", setName},
		{"mode", "enforce", "`enforce`, or `observe`: decide, record and report, but write nothing to EC2", setMode},
		{"managedTag", "sgkeeper:managed=true", "the tag by which a security group opts in", setManagedTag},
		{"guardrails", "", "guardrails: a file, which the stack stores in an SSM parameter, or `ssm:/name`, " +
			"an existing parameter; by default the built-in guardrails", setGuardrails},
		{"instances", "off", "`on`: EC2 instances tagged `sgkeeper:ports` and `sgkeeper:from` are launches",
			setInstances},
		{"stacks", "off", "`on`: CloudFormation stacks of the account may have launches as resources, " +
			"by the alias `stack` of ensure", setStacks},
		{"quota", "60", "rules a group may hold in each direction and address family (EC2 quota L-0EA8095F)", setQuota},
		{"prefixListWeights", "", "the weight of prefix lists in the quota, as `pl-...=N,...`", setWeights},
		{"trace", "off", "`on`: ensure logs each step of a pass, for `sgkeeper trace check` ([trace.md](trace.md))",
			setTrace},
		{"tagRules", "on", "`on`, or `off` if a policy denies `ec2:CreateTags` on rules", setTagRules},
		{"schedule", "rate(1 hour)", "the schedule of audits, `rate(15 minutes)` to `rate(12 hours)`", setSchedule},
		{"heal", "off", "`on`: ensure adds the rules that the audit finds missing; the audit repairs nothing else",
			setHeal},
		{"exceptions", "", "the audit's exceptions: a file, which is deployed with the function, or `s3://bucket/key`",
			setExceptions},
		{"knownAccounts", "", "accounts with groups that rules may refer to, as `111122223333=name,...`",
			setKnownAccounts},
		{"securityHub", "off", "`on`: findings go to Security Hub, which must be enabled", setSecurityHub},
		{"subnets", "", "subnets of a VPC that the functions run in, as `subnet-...,...`: [below](#in-a-vpc)",
			setSubnets},
		{"securityGroups", "", "security groups of the functions in the VPC, as `sg-...,...`", setSecurityGroups},
		{"permissionsBoundary", "", "ARN of the policy that bounds every role", setBoundary},
		{"resourceTags", "", "tags of all resources that can have tags, as `KEY=VALUE,...`", setTags},
		{"logGroup", "", "name of an existing log group, for both functions; by default the stack makes one for each",
			setLogGroup},
		{"alarmEmail", "", "e-mail address for alarms; AWS asks it for a confirmation first", setAlarmEmail},
		{"chat", "off", "`off`, or the least severity of drifts in messages for Slack and Teams, for example `high`: " +
			"[below](#slack-and-teams)", setChat},
		{"logDays", "90", "days that logs are kept, one of the values that CloudWatch offers", setLogDays},
		{"reportDays", "400", "days that reports are kept", setReportDays},
		{"archiveDays", "30", "days that events are archived for a replay; 0: no archive", setArchiveDays},
		{"kmsKey", "", "ARN of a key that encrypts everything at rest, or `create`; by default keys that AWS owns",
			setKMSKey},
		{"table", "", "name of an existing table, such as a restored one; by default the stack makes one", setTable},
		{"installation", "", "identity on the tags of rules; by default account/Region/table", setInstallation},
		{"concurrency", "25", "maximum number of concurrent invocations for one queue, 2 to 1000", setConcurrency},
		{"architecture", "arm64", "the architecture of the functions: `arm64`, `x86_64`, or `host`, this machine's",
			setArchitecture},
		{"logLevel", "info", "`debug`, `info`, `warn` or `error`", setLogLevel},
		{"protect", "off", "`on`: the stack and its table cannot be deleted until this is `off`", setProtect},
		{"memberAccounts", "", "further accounts to serve, as `111122223333,...`: [below](#many-members)",
			setMemberAccounts},
		{"organization", "", "id of the organization of all member accounts, as `o-...`: " +
			"policies name it in place of the accounts", setOrganization},
		{"memberRegions", "", "further Regions to serve, as `eu-west-1,...`: [below](#further-regions)",
			setMemberRegions},
		{"publishers", "", "the publishers and their launches, as a list of objects: [below](#publishers)",
			setPublishers},
		{"externalId", "", "external id that the members' roles require", setExternalID},
		{"stack", "installation", "`installation`, or `member`: the stack of a member account", setStack},
		{"hubAccount", "", "for a member: the account of the installation", setHubAccount},
		{"hubRegion", "", "for a member: the Region of the installation", setHubRegion},
		{"memberRoles", "on", "for a member: `off` in every Region but one, because IAM roles are global, " +
			"and in the account of the installation", setMemberRoles},
		{"memberChanges", "on", "for a member: `off` if no trail records changes", setMemberChanges},
		{"release", "off", "`on`: the template for a deployment without CDK, see below", setRelease},
	}
}

// structured are keys with a list of objects as value. -c KEY=VALUE takes them as JSON.
var structured = map[string]bool{"publishers": true}

// textOf returns a value in the form of -c KEY=VALUE. In cdk.json, a value may also be a
// number, a boolean or a list.
func textOf(name string, value any) (string, error) {
	if _, isText := value.(string); structured[name] && !isText {
		return shown(value), nil
	}
	switch v := value.(type) {
	case string:
		return v, nil
	case bool:
		return map[bool]string{true: "on", false: "off"}[v], nil
	case float64:
		return strings.TrimSuffix(fmt.Sprintf("%.6f", v), ".000000"), nil
	case []any:
		texts := make([]string, len(v))
		for i, element := range v {
			text, ok := element.(string)
			if !ok {
				return "", fmt.Errorf("%s: want a list of texts", shown(value))
			}
			texts[i] = text
		}
		return strings.Join(texts, ","), nil
	}
	return "", fmt.Errorf("%s: want a text, a number, true or false, or a list of texts", shown(value))
}

func shown(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

func known(name string) bool {
	return slices.ContainsFunc(keys(), func(k key) bool { return k.name == name })
}

// ofCDK reports whether a key belongs to CDK: a feature flag, a cached lookup, or an entry that
// a command of the CDK CLI writes.
func ofCDK(name string) bool {
	return strings.ContainsAny(name, ":@/") || slices.Contains(writtenByCDK, name)
}

// writtenByCDK are the keys that commands of the CDK CLI write without a prefix: acknowledge,
// cli-telemetry and migrate.
var writtenByCDK = []string{"acknowledged-issue-numbers", "cli-telemetry", "cdk-migrate"}

// meant returns the key that an unknown key resembles, "" if it resembles none. For example,
// schedual, kms-key and kmsKeyArn resemble schedule and kmsKey, and team resembles none.
func meant(name string) string {
	distance := func(k key) int { return levenshtein.Distance(plain(name), plain(k.name), nil) }
	nearest := slices.MinFunc(keys(), func(a, b key) int { return distance(a) - distance(b) })
	for _, k := range append([]key{nearest}, keys()...) {
		if resembles(plain(name), plain(k.name)) {
			return k.name
		}
	}
	return ""
}

// plain returns a key in lower case, without the separators of other styles.
func plain(name string) string {
	return strings.NewReplacer("-", "", "_", "", ".", "", " ", "").Replace(strings.ToLower(name))
}

// longName is the least length at which resembles compares the beginnings of names. Unrelated
// keys rarely share so long a beginning.
const longName = 6

// resembles reports whether a plain name could be a misspelling of one of ours: one edit in four
// letters, the same letters in another order, or one name that begins with the other.
func resembles(name, ours string) bool {
	if levenshtein.Distance(name, ours, nil) <= max(1, len(ours)/4) || ordered(name) == ordered(ours) {
		return true
	}
	begins := strings.HasPrefix(name, ours) || strings.HasPrefix(ours, name)
	return begins && min(len(name), len(ours)) >= longName
}

// ordered returns the letters of a name in alphabetical order.
func ordered(name string) string { return string(slices.Sorted(slices.Values([]byte(name)))) }
