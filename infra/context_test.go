package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/infra/stack"
)

// TestKeys tries good and bad values of every key. The error for a bad one names the key, the
// value and the allowed values.
func TestKeys(t *testing.T) {
	rows := map[string]struct{ good, bad []string }{
		"name": {[]string{"sgkeeper", "a", "keeper-2"},
			[]string{"Sgkeeper", "2keeper", "a_b", strings.Repeat("a", 21)}},
		"mode": {[]string{"enforce", "observe"}, []string{"Enforce", "dry"}},
		"managedTag": {[]string{"sgkeeper:managed=true", "a=b=c"},
			[]string{"sgkeeper:managed", "=true", "a=", "a=*"}},
		"guardrails": {[]string{"testdata/guardrails.yaml", "ssm:/sgkeeper/guardrails", "ssm:guardrails"},
			[]string{"testdata/none.yaml", "testdata", "ssm:", "ssm:/a*"}},
		"instances":         {[]string{"on", "off"}, []string{"all"}},
		"stacks":            {[]string{"on", "off"}, []string{"all"}},
		"quota":             {[]string{"1", "1000"}, []string{"0", "1001", "many"}},
		"prefixListWeights": {[]string{"pl-63a5400a=55"}, []string{"pl-63a5400a", "sg-63a5400a=1"}},
		"tagRules":          {[]string{"on", "off"}, []string{"yes"}},
		"trace":             {[]string{"on", "off"}, []string{"steps"}},
		"schedule": {[]string{"rate(15 minutes)", "rate(1 hour)", "rate(12 hours)"},
			[]string{"rate(14 minutes)", "rate(13 hours)", "rate(1 day)", "cron(0 * * * ? *)", "hourly"}},
		"heal": {[]string{"on", "off"}, []string{"maybe"}},
		"exceptions": {[]string{"testdata/exceptions.yaml", "s3://bucket/a/b.yaml"},
			[]string{"testdata/none.yaml", "s3://bucket", "s3://bucket/*"}},
		"knownAccounts": {[]string{"111122223333=vendor,222233334444=other"},
			[]string{"111122223333", "1=vendor", "111122223333=a,"}},
		"securityHub":    {[]string{"on", "off"}, []string{"1"}},
		"subnets":        {nil, []string{"subnet-1", "subnet-0123456789abcdef0,subnet-0123456789abcdef0"}},
		"securityGroups": {nil, []string{"sg-1", "default"}},
		"permissionsBoundary": {[]string{"arn:aws-eusc:iam::111122223333:policy/org/boundary"},
			[]string{"boundary", "arn:aws:iam::111122223333:role/r"}},
		"resourceTags": {[]string{"team=network,cost-center=47 11"},
			[]string{"team", "team=a,team=b", "aws:x=y", "sgkeeper=x"}},
		"logGroup":    {[]string{"/platform/sgkeeper", "logs"}, []string{"a b", "arn:aws:logs:x"}},
		"alarmEmail":  {[]string{"platform@example.com"}, []string{"platform", "Platform <platform@example.com>"}},
		"chat":        {[]string{"off", "critical", "informational"}, []string{"on", "severe"}},
		"logDays":     {[]string{"1", "90", "3653"}, []string{"0", "91", "for ever"}},
		"reportDays":  {[]string{"1", "400"}, []string{"0", "x"}},
		"archiveDays": {[]string{"0", "365"}, []string{"-1", "x"}},
		"kmsKey": {[]string{"create", "arn:aws:kms:eu-west-1:111122223333:key/7f3a"},
			[]string{"alias/k", "arn:aws:kms:eu-west-1:111122223333:alias/k", "7f3a"}},
		"table":          {[]string{"sgkeeper-restored"}, []string{"ab", "a b"}},
		"installation":   {[]string{"111122223333/us-east-1/sgkeeper"}, []string{"a<b", strings.Repeat("a", 257)}},
		"concurrency":    {[]string{"2", "1000"}, []string{"1", "1001"}},
		"architecture":   {[]string{"arm64", "x86_64", "host"}, []string{"amd64"}},
		"logLevel":       {[]string{"debug"}, []string{"trace"}},
		"protect":        {[]string{"on", "off"}, []string{"si"}},
		"memberAccounts": {nil, []string{"1", "222233334444,222233334444", "222233334444, 333344445555"}},
		"memberRegions": {[]string{"us-gov-west-1,us-gov-east-1", "eusc-de-east-1"},
			[]string{"eu", "eu-west-1,eu-west-1", "eu-west-1,us-gov-east-1"}},
		"publishers": {[]string{`[{"name":"a","sources":["a.*"]}]`, "[]"},
			[]string{"a", "{}", `[{"name":""}]`, `[{"name":"a","sources":["sg*"]}]`}},
		"organization":  {nil, []string{"o-", "r-a1b2c3d4e5", "o-A1b2c3d4e5"}},
		"externalId":    {nil, []string{"x", "a b"}},
		"stack":         {[]string{"installation"}, []string{"members"}},
		"hubAccount":    {[]string{"111122223333"}, []string{"1"}},
		"hubRegion":     {[]string{"eu-west-1"}, []string{"eu"}},
		"memberRoles":   {[]string{"on", "off"}, []string{"none"}},
		"memberChanges": {[]string{"on", "off"}, []string{"none"}},
		"release":       {[]string{"on", "off"}, []string{"1.0"}},
	}
	for _, k := range keys() {
		row, ok := rows[k.name]
		if !ok {
			t.Errorf("%s is not tested", k.name)
		}
		for _, value := range row.good {
			if _, err := read(map[string]any{k.name: value}); err != nil {
				t.Errorf("%s=%s: %v", k.name, value, err)
			}
		}
		for _, value := range row.bad {
			_, err := read(map[string]any{k.name: value})
			if err == nil || !strings.HasPrefix(err.Error(), k.name+": ") || !strings.Contains(err.Error(), "want") ||
				strings.Contains(err.Error(), "\n") {
				t.Errorf("%s=%q: %v; want the key, the value and the allowed values", k.name, value, err)
			}
		}
	}
}

// TestDefaultsAreDocumented: a key that is not set has its documented default.
func TestDefaultsAreDocumented(t *testing.T) {
	want, err := read(nil)
	if err != nil {
		t.Fatal(err)
	}
	given := make(map[string]any)
	for _, k := range keys() {
		given[k.name] = k.value
	}
	got, err := read(given)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(settings{})); err != nil || diff != "" {
		t.Errorf("with every default given: %v (-none +all):\n%s", err, diff)
	}
}

// TestContext: the error names all wrong values at once, of any type.
func TestContext(t *testing.T) {
	_, err := read(map[string]any{
		"mode": "dry", "quota": 0.0, "tagRules": false, "memberRegions": []any{"eu-west-1", 2.0}, "retention": "90",
		"Mode": "observe", "logDays": map[string]any{}, "memberAccounts": "222233334444",
		"aws:cdk:version-reporting": true, "@aws-cdk/core:flag": true, "availability-zones:account=1:region=x": []any{},
	})
	want := []string{
		`mode: "dry": want enforce or observe`,
		`quota: "0": want a number from 1 to 1000`,
		`logDays: {}: want a text, a number, true or false, or a list of texts`,
		`memberRegions: ["eu-west-1",2]: want a list of texts`,
		`Mode: there is no such key; the nearest is mode`,
		`externalId: not set; the roles of member accounts require it: give the external id of the member stacks`,
	}
	if err == nil {
		t.Fatal("read finds no fault")
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
}

// TestForeignKeys: the app accepts the keys that CDK's commands and other programs write. It
// refuses a key that resembles one of ours as a misspelling.
func TestForeignKeys(t *testing.T) {
	foreign := map[string]any{
		"acknowledged-issue-numbers": []any{34892.0}, "cli-telemetry": false, "cdk-migrate": true,
		"@aws-cdk/core:enablePartitionLiterals": true, "aws-cdk:enableDiffNoFail": "true",
		"aws:cdk:enable-path-metadata":                          true,
		"vpc-provider:account=1:filter.isDefault=true:region=x": map[string]any{},
		"availability-zones:account=1:region=x":                 []any{},
		"team":                                                  "platform", "cost-center": 4711.0,
		"account": "111122223333", "region": "eu-west-1", "stage": "prod", "vpc": "vpc-1", "tags": map[string]any{},
	}
	s, err := read(foreign)
	if err != nil {
		t.Errorf("foreign keys are refused:\n%v", err)
	}
	want := []string{"account", "cost-center", "region", "stage", "tags", "team", "vpc"}
	if diff := cmp.Diff(want, s.others); diff != "" {
		t.Errorf("keys to report (-want +got):\n%s", diff)
	}
	for name, ours := range map[string]string{
		"schedual": "schedule", "Mode": "mode", "mdoe": "mode", "quotas": "quota", "kms-key": "kmsKey",
		"kmsKeyArn": "kmsKey", "memberAccount": "memberAccounts",
		"member_accounts": "memberAccounts", "alarmemail": "alarmEmail", "guardrail": "guardrails",
		"logdays": "logDays", "publisher": "publishers", "external-id": "externalId",
	} {
		_, err := read(map[string]any{name: "x"})
		if want := name + ": there is no such key; the nearest is " + ours; err == nil || err.Error() != want {
			t.Errorf("read(%s): %v, want %q", name, err, want)
		}
	}
}

// TestTogether tries values that are valid alone, but not together.
func TestTogether(t *testing.T) {
	for _, row := range []struct {
		context map[string]any
		want    string
	}{
		{map[string]any{"externalId": "7f3a"}, "externalId: "},
		{map[string]any{"release": "on", "alarmEmail": "a@example.com"}, "release: "},
		{map[string]any{"stack": "member", "hubRegion": "eu-west-1", "externalId": "7f3a"}, "hubAccount: not set"},
		{map[string]any{"stack": "member", "hubAccount": "111122223333", "externalId": "7f3a"}, "hubRegion: not set"},
		{map[string]any{"stack": "member", "hubAccount": "111122223333", "hubRegion": "eu-west-1"},
			"externalId: not set"},
	} {
		if _, err := read(row.context); err == nil || !strings.HasPrefix(err.Error(), row.want) {
			t.Errorf("%v: %v, want %q", row.context, err, row.want)
		}
	}
}

// TestHost: the architecture host is that of this machine.
func TestHost(t *testing.T) {
	s, err := read(map[string]any{"architecture": "host"})
	if err != nil || s.Architecture != host() || (s.Architecture != stack.ARM64 && s.Architecture != stack.X86) {
		t.Errorf("architecture %q, %v", s.Architecture, err)
	}
}

const document = "../docs/deploy.md"

// TestKeysAreDocumented compares the documentation's table with the code.
func TestKeysAreDocumented(t *testing.T) {
	var table strings.Builder
	table.WriteString("\n| Key | Default | Meaning |\n|---|---|---|\n")
	for _, k := range keys() {
		value := ""
		if k.value != "" {
			value = "`" + k.value + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", k.name, value, k.help)
	}
	generated(t, "keys", table.String())
}

// generated compares a part of docs/deploy.md with the code, or writes it.
func generated(t *testing.T, part, table string) {
	t.Helper()
	begin, end := "<!-- "+part+": written by go test ./infra -update -->\n", "<!-- end of "+part+" -->\n"
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s lacks %q or %q", document, begin, end)
	}
	want := before + begin + table + "\n" + end + after
	if *update {
		if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(text) != want {
		t.Errorf("%s differs from the code; run go test ./infra -update", document)
	}
}
