package main

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/sgkeeper/sgkeeper/infra/stack"
	"github.com/sgkeeper/sgkeeper/pkg/core/awsid"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

var (
	stackName    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,19}$`) // short enough for every AWS name that starts with it
	tagText      = regexp.MustCompile(`^([A-Za-z0-9 _.:/+@-]{1,128})=([A-Za-z0-9 _.:/=+@-]{1,256})$`)
	rate         = regexp.MustCompile(`^rate\(([0-9]{1,3}) (minutes?|hours?)\)$`)
	s3Object     = regexp.MustCompile(`^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[A-Za-z0-9!_.()/-]+$`)
	parameter    = regexp.MustCompile(`^ssm:/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`)
	tableName    = regexp.MustCompile(`^[A-Za-z0-9_.-]{3,255}$`)
	installation = regexp.MustCompile(`^[A-Za-z0-9 _.:/=+@-]{1,256}$`)
	organization = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
	subnet       = regexp.MustCompile(`^subnet-([0-9a-f]{8}|[0-9a-f]{17})$`)
	logGroup     = regexp.MustCompile(`^[A-Za-z0-9_./#-]{1,512}$`)
	knownAccount = regexp.MustCompile(`^[0-9]{12}=[^=,]+$`)
)

// wrong is the error for a value, with the allowed values.
func wrong(value, want string) error { return fmt.Errorf("%q: want %s", value, want) }

func setName(s *settings, v string) error {
	if !stackName.MatchString(v) {
		return wrong(v, "1 to 20 lower-case letters, digits and -, beginning with a letter")
	}
	s.Name = v
	return nil
}

func setMode(s *settings, v string) error { return oneOf(&s.Mode, v, "enforce", "observe") }

func setManagedTag(s *settings, v string) error {
	parts := tagText.FindStringSubmatch(v)
	if parts == nil {
		return wrong(v, "KEY=VALUE, such as sgkeeper:managed=true")
	}
	s.ManagedTag = stack.Tag{Key: parts[1], Value: parts[2]}
	return nil
}

func setQuota(s *settings, v string) error { return number(&s.Quota, v, 1, 1000) }

func setWeights(s *settings, v string) error {
	if _, err := plan.ParseWeights(v); err != nil {
		return err
	}
	s.Weights = v
	return nil
}

func setTrace(s *settings, v string) error       { return onOff(&s.Trace, v) }
func setTagRules(s *settings, v string) error    { return onOff(&s.TagRules, v) }
func setInstances(s *settings, v string) error   { return onOff(&s.Instances, v) }
func setStacks(s *settings, v string) error      { return onOff(&s.Stacks, v) }
func setHeal(s *settings, v string) error        { return onOff(&s.Heal, v) }
func setSecurityHub(s *settings, v string) error { return onOff(&s.SecurityHub, v) }
func setProtect(s *settings, v string) error     { return onOff(&s.Protect, v) }
func setRelease(s *settings, v string) error     { return onOff(&s.Release, v) }

// setSchedule accepts rates only. A missed audit must raise an alarm within a day, and a cron
// expression does not show the interval.
func setSchedule(s *settings, v string) error {
	want := "rate(15 minutes) to rate(12 hours); a cron expression does not show the interval, " +
		"so no alarm could report a missed audit"
	parts := rate.FindStringSubmatch(v)
	if parts == nil {
		return wrong(v, want)
	}
	unit := time.Minute
	if strings.HasPrefix(parts[2], "hour") {
		unit = time.Hour
	}
	n, err := strconv.Atoi(parts[1])
	every := time.Duration(n) * unit
	if err != nil || every < 15*time.Minute || every > 12*time.Hour {
		return wrong(v, want)
	}
	s.AuditMinutes = int(every / time.Minute)
	return nil
}

func setGuardrails(s *settings, v string) (err error) {
	var where string
	if err := fileOr(&where, v, "ssm:", parameter, "ssm:/name, an SSM parameter of this account"); err != nil {
		return err
	}
	if name, ok := strings.CutPrefix(where, "ssm:"); ok {
		s.Guardrails = stack.Guardrails{Parameter: name}
		return nil
	}
	s.Guardrails, err = stack.ReadGuardrails(where)
	return err
}

func setExceptions(s *settings, v string) error {
	return fileOr(&s.Exceptions, v, "s3://", s3Object, "s3://bucket/key, the key of letters, digits and !_.()/-")
}

func setKnownAccounts(s *settings, v string) error {
	for account := range strings.SplitSeq(v, ",") {
		if !knownAccount.MatchString(account) {
			return wrong(v, "111122223333=name, and commas between them")
		}
	}
	s.KnownAccounts = v
	return nil
}

func setSubnets(s *settings, v string) error {
	return list(&s.Network.Subnets, v, subnet.MatchString,
		"ids of subnets, such as subnet-0123456789abcdef0, each once, with commas between them")
}

func setSecurityGroups(s *settings, v string) error {
	return list(&s.Network.SecurityGroups, v, secgroup.IsGroupID,
		"ids of security groups, such as sg-0123456789abcdef0, each once, with commas between them")
}

func setBoundary(s *settings, v string) error {
	a, err := arn.Parse(v)
	if err != nil || a.Service != "iam" || !strings.HasPrefix(a.Resource, "policy/") {
		return wrong(v, "the ARN of a policy, such as arn:aws:iam::111122223333:policy/boundary")
	}
	s.Governance.Boundary = v
	return nil
}

// setTags accepts up to 40 tags: AWS allows 50 for a resource, and CloudFormation adds some.
func setTags(s *settings, v string) error {
	const most = 40
	seen := make(map[string]bool)
	var tags []stack.Tag
	for text := range strings.SplitSeq(v, ",") {
		parts := tagText.FindStringSubmatch(text)
		if parts == nil || seen[parts[1]] || parts[1] == "sgkeeper" ||
			strings.HasPrefix(strings.ToLower(parts[1]), "aws:") || len(tags) == most {
			return wrong(text, "up to 40 tags as KEY=VALUE, with commas between them, "+
				"each key once and none of aws:... and sgkeeper")
		}
		seen[parts[1]] = true
		tags = append(tags, stack.Tag{Key: parts[1], Value: parts[2]})
	}
	s.Governance.Tags = tags
	return nil
}

func setLogGroup(s *settings, v string) error {
	return matching(&s.LogGroup, v, logGroup.MatchString, "the name of a log group, such as /platform/sgkeeper")
}

func setAlarmEmail(s *settings, v string) error {
	if a, err := mail.ParseAddress(v); err != nil || a.Address != v {
		return wrong(v, "an address, such as platform@example.com")
	}
	s.AlarmEmail = v
	return nil
}

func setChat(s *settings, v string) error {
	if v == "off" {
		s.Chat = ""
		return nil
	}
	return oneOf(&s.Chat, v, append(slices.Clone(stack.ChatSeverities), "off")...)
}

// logDays are the retention times that CloudWatch offers.
var logDays = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
	3653}

func setLogDays(s *settings, v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || !slices.Contains(logDays, n) {
		return wrong(v, "one of "+strings.Trim(fmt.Sprint(logDays), "[]"))
	}
	s.LogDays = n
	return nil
}

func setReportDays(s *settings, v string) error  { return number(&s.ReportDays, v, 1, 3653) }
func setArchiveDays(s *settings, v string) error { return number(&s.Archive, v, 0, 3653) }
func setConcurrency(s *settings, v string) error { return number(&s.Concurrency, v, 2, 1000) }

func setKMSKey(s *settings, v string) error {
	a, err := arn.Parse(v)
	if v != "create" && (err != nil || a.Service != "kms" || !strings.HasPrefix(a.Resource, "key/")) {
		return wrong(v, "the ARN of a key (not of an alias), or create")
	}
	s.KMSKey = v
	return nil
}

func setTable(s *settings, v string) error {
	return matching(&s.Table, v, tableName.MatchString, "a table's name")
}

func setInstallation(s *settings, v string) error {
	return matching(&s.Installation, v, installation.MatchString,
		"at most 256 letters, digits, spaces and _.:/=+@-, as a tag allows")
}

func setArchitecture(s *settings, v string) error {
	var text string
	if err := oneOf(&text, v, string(stack.ARM64), string(stack.X86), "host"); err != nil {
		return err
	}
	s.Architecture = stack.Architecture(text)
	if text == "host" {
		s.Architecture = host()
	}
	return nil
}

func setLogLevel(s *settings, v string) error {
	return oneOf(&s.LogLevel, v, "debug", "info", "warn", "error")
}

func setMemberAccounts(s *settings, v string) error {
	return list(&s.Members.Accounts, v, secgroup.IsAccount,
		"account ids of 12 digits, each once, with commas between them")
}

func setMemberRegions(s *settings, v string) error {
	return list(&s.Members.Regions, v, awsid.IsRegion,
		"Regions, such as eu-west-1, each once, with commas between them")
}

func setExternalID(s *settings, v string) error {
	return matching(&s.Members.ExternalID, v, awsid.IsExternalID, awsid.WantExternalID)
}

func setOrganization(s *settings, v string) error {
	return matching(&s.Members.Organization, v, organization.MatchString, "an organization's id, such as o-a1b2c3d4e5")
}

func setStack(s *settings, v string) error { return oneOf(&s.kind, v, installationStack, memberStack) }

func setHubAccount(s *settings, v string) error {
	if !secgroup.IsAccount(v) {
		return wrong(v, "12 digits")
	}
	s.hubAccount = v
	return nil
}

func setHubRegion(s *settings, v string) error {
	return matching(&s.hubRegion, v, awsid.IsRegion, awsid.WantRegion)
}

func setMemberRoles(s *settings, v string) error   { return onOff(&s.memberRoles, v) }
func setMemberChanges(s *settings, v string) error { return onOff(&s.sendsChanges, v) }
