package events

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// recorded returns an event of CloudTrail about a call in a role's session.
func recorded(name, parameters, response, more string) string {
	return fmt.Sprintf(`{"version":"0","id":"36eb8523-97d0-4518-b33d-ee3579ff19f0","detail-type":"AWS API Call via CloudTrail","source":"aws.ec2",`+
		`"account":"999988887777","time":"2026-11-24T12:00:00Z","region":"eu-west-1","resources":[],"detail":{"eventVersion":"1.11",`+
		`"userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::999988887777:assumed-role/ops/eve","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::999988887777:role/ops"}}},`+
		`"eventTime":"2026-11-24T12:00:00Z","eventSource":"ec2.amazonaws.com","awsRegion":"eu-west-1","eventName":%q,"requestParameters":%s,"responseElements":%s,`+
		`"eventID":"a3c1efab-1658-43ea-af24-7fbdf4363ef2","recipientAccountId":"999988887777"%s}}`, name, parameters, response, more)
}

const (
	returned = `{"_return":true}`
	ruleSet  = `{"_return":true,"securityGroupRuleSet":{"items":[{"groupId":"sg-0123456789abcdef0"}]}}`
)

func resources(set string) string {
	return `{"resourcesSet":` + set + `,"tagSet":{"items":[{"key":"sgkeeper:managed"}]}}`
}

// changes are the forms in which an event names the changed group.
var changes = []struct {
	name, event, group, groupName string
	rules                         []string
}{
	{"permissions", recorded("AuthorizeSecurityGroupIngress",
		`{"groupId":"sg-0123456789abcdef0","ipPermissions":{"items":[]}}`, ruleSet, ""), groupID, "", nil},
	{"flat, by id", recorded("AuthorizeSecurityGroupEgress",
		`{"groupId":"sg-0123456789abcdef0","fromPort":"22","cidrIp":"0.0.0.0/0"}`, returned, ""), groupID, "", nil},
	{"by name, the id in the answer", recorded("AuthorizeSecurityGroupIngress", `{"groupName":"web"}`, ruleSet, ""),
		groupID, "", nil},
	{"by name, one rule in the answer", recorded("AuthorizeSecurityGroupIngress", `{"groupName":"web"}`,
		`{"securityGroupRuleSet":{"items":{"groupId":"sg-0123456789abcdef0"}}}`, ""), groupID, "", nil},
	{"by name, rules in a list", recorded("AuthorizeSecurityGroupIngress", `{"groupName":"web"}`,
		`{"securityGroupRuleSet":[{},{"GroupId":"sg-0123456789abcdef0"}]}`, ""), groupID, "", nil},
	{"by name, revoked", recorded("RevokeSecurityGroupIngress", `{"groupName":"web"}`,
		`{"revokedSecurityGroupRuleSet":{"items":[{"groupId":"sg-0123456789abcdef0"}]}}`, ""), groupID, "", nil},
	{"by name, no id anywhere", recorded("RevokeSecurityGroupIngress", `{"groupName":"web"}`, returned, ""), "", "web",
		nil},
	{"answer null", recorded("RevokeSecurityGroupEgress", `{"groupId":"sg-0123456789abcdef0"}`, `null`, ""), groupID,
		"", nil},
	{"Pascal case, wrapped", recorded("ModifySecurityGroupRules",
		`{"ModifySecurityGroupRulesRequest":{"GroupId":"sg-0123456789abcdef0","SecurityGroupRule":[{},{}]}}`, returned,
		""), groupID, "", nil},
	{"camel case, not wrapped", recorded("ModifySecurityGroupRules", `{"groupId":"sg-0123456789abcdef0"}`, returned,
		""), groupID, "", nil},
	{"descriptions", recorded("UpdateSecurityGroupRuleDescriptionsIngress", `{"groupId":"sg-0123456789abcdef0"}`,
		returned, ""), groupID, "", nil},
	{"deleted", recorded("DeleteSecurityGroup", `{"groupId":"sg-0123456789abcdef0"}`, returned, ""), groupID, "", nil},
	{"an error code of null", recorded("DeleteSecurityGroup", `{"groupId":"sg-0123456789abcdef0"}`, returned,
		`,"errorCode":null`), groupID, "", nil},
	{"a hostile name beside the id", recorded("DeleteSecurityGroup",
		`{"groupName":"\u202e<script>","groupId":"sg-0123456789abcdef0"}`, returned, ""), groupID, "", nil},
	{"a group's tags",
		recorded("CreateTags",
			resources(`{"items":[{"resourceId":"i-1234567890abcdef0"},{"resourceId":"sg-0123456789abcdef0"}]}`),
			returned, ""), groupID, "", nil},
	{"a group's tags removed, one item", recorded("DeleteTags",
		resources(`{"items":{"resourceId":"sg-0123456789abcdef0"}}`), returned, ""), groupID, "", nil},
	{"a group's tags, in a list", recorded("CreateTags", resources(`[{"ResourceId":"sg-0123456789abcdef0"},7]`),
		returned, ""), groupID, "", nil},
	{"a rule's tags",
		recorded("DeleteTags", resources(`{"items":[{"resourceId":"sgr-0123456789abcdef0"},{"resourceId":"sgr-1"}]}`),
			returned, ""), "", "", []string{"sgr-0123456789abcdef0"}},
}

func TestChanges(t *testing.T) {
	for _, row := range changes {
		b, err := own.DecodeAudit([]byte(batchOf(recordOf("m1", eventQueue, row.event))))
		if err != nil || len(b.Messages) != 1 || b.Messages[0].Changes == nil {
			t.Errorf("%s: %+v, %v, want a change", row.name, b.Messages, err)
			continue
		}
		want := Change{
			Text: row.event, EventID: "a3c1efab-1658-43ea-af24-7fbdf4363ef2", Name: b.Messages[0].Changes[0].Name,
			Actor: "arn:aws:sts::999988887777:assumed-role/ops/eve", Issuer: "arn:aws:iam::999988887777:role/ops",
			At: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), Account: "999988887777", Region: "eu-west-1",
			GroupName: row.groupName, Rules: row.rules,
		}
		if row.group != "" {
			want.Groups = []string{row.group}
		}
		if strings.Contains(row.event, `"tagSet"`) {
			want.TagKeys, want.TouchedIDs = []string{"sgkeeper:managed"}, row.rules
		}
		if diff := cmp.Diff(want, b.Messages[0].Changes[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
}

// TestNoChanges decodes events that change no group, and unreadable ones.
func TestNoChanges(t *testing.T) {
	for _, row := range []struct{ name, event, ignored, faults string }{
		{"refused call", recorded("AuthorizeSecurityGroupIngress", `{"groupId":"sg-0123456789abcdef0"}`, `null`,
			`,"errorCode":"Client.InvalidPermission.Duplicate"`), "Duplicate", ""},
		{"an error code that is no text", recorded("AuthorizeSecurityGroupIngress",
			`{"groupId":"sg-0123456789abcdef0"}`, `null`, `,"errorCode":400`), "400", ""},
		{"another resource's tags",
			recorded("CreateTags", resources(`{"items":[{"resourceId":"i-1234567890abcdef0"}]}`), returned, ""),
			"tags no security group", ""},
		{"tags of nothing", recorded("DeleteTags", `null`, returned, ""), "tags no security group", ""},
		{"another call", recorded("RunInstances", `{}`, `{}`, ""), "RunInstances", ""},
		{"another service", strings.Replace(changes[0].event, "ec2.amazonaws.com", "rds.amazonaws.com", 1),
			"rds.amazonaws.com", ""},
		{"another event", envelopeOf("EC2 Instance State-change Notification", `{}`), "State-change", ""},
		{"no group", recorded("RevokeSecurityGroupIngress", `{"securityGroupRuleIds":["sgr-1"]}`, returned, ""), "",
			"/requestParameters"},
		{"parameters left out", recorded("RevokeSecurityGroupIngress", `{"omitted":true,"originalSize":150000}`,
			`{"omitted":true}`, ""), "", "/requestParameters"},
		{"parameters null", recorded("DeleteSecurityGroup", `null`, `null`, ""), "", "/requestParameters"},
		{"parameters a text", recorded("DeleteSecurityGroup", `"{groupId=sg-0123456789abcdef0}"`, `null`, ""), "",
			"/requestParameters"},
		{"an id that is none", recorded("DeleteSecurityGroup", `{"groupId":"sg-1"}`, returned, ""), "",
			"/requestParameters"},
		{"an id that is a number", recorded("DeleteSecurityGroup", `{"groupId":7}`, returned, ""), "",
			"/requestParameters"},
		{"a name that is none", recorded("DeleteSecurityGroup", `{"groupName":"\u0007"}`, returned, ""), "",
			"/requestParameters"},
		{"no Region", strings.Replace(changes[0].event, `"awsRegion":"eu-west-1"`, `"awsRegion":"mars"`, 1), "",
			"/awsRegion"},
		{"a Region that is a list", strings.Replace(changes[0].event, `"awsRegion":"eu-west-1"`, `"awsRegion":[]`, 1),
			"", "/awsRegion"},
		{"another source", strings.Replace(changes[0].event, `"source":"aws.ec2"`, `"source":"evil.app"`, 1), "",
			`/source: found the text "evil.app": want "aws.ec2"`},
		{"no source", strings.Replace(changes[0].event, `"source":"aws.ec2",`, ``, 1), "", "/source: found"},
		{"two accounts", strings.Replace(changes[0].event, `"account":"999988887777"`, `"account":"111122223333"`, 1),
			"", `/recipientAccountId: found "999988887777", and the text "111122223333"`},
		{"an account that is none", strings.ReplaceAll(changes[0].event, `999988887777"`, `me"`), "", "12 digits"},
		{"no detail", strings.Replace(envelopeOf(CloudTrailType, `"cut"`), `"launcher"`, `"aws.ec2"`, 1), "",
			"want an object"},
		{"cut", changes[0].event[:400], "", "cannot be read as JSON"},
		{"nothing known", `{"hello":"world"}`, "", "no known shape"},
		{"two readings", `{"sgkeeper":"audit",` + changes[0].event[1:], "", "more than one reading"},
	} {
		b, err := own.DecodeAudit([]byte(batchOf(recordOf("m1", eventQueue, row.event))))
		if err != nil || len(b.Messages) != 1 {
			t.Errorf("%s: %d messages, %v", row.name, len(b.Messages), err)
			continue
		}
		m := b.Messages[0]
		if m.Changes != nil || m.Audit != nil || (m.Ignored != "") != (row.ignored != "") ||
			!strings.Contains(m.Ignored, row.ignored) || !strings.Contains(m.Faults.Error(), row.faults) ||
			(m.Faults != nil) != (row.faults != "") {
			t.Errorf("%s: %+v, want ignored %q, faults %q", row.name, m, row.ignored, row.faults)
		}
	}
}

// TestChangesFromElsewhere: an event counts only if Lambda took it from a queue that the stack's
// rules feed. A command counts from anywhere.
func TestChangesFromElsewhere(t *testing.T) {
	event, command := changes[0].event, `{"sgkeeper":"audit"}`
	direct := own
	direct.Delivered = false
	for _, row := range []struct {
		name        string
		decoder     Decoder
		payload     string
		undelivered bool
		fault       string
	}{
		{"another queue", own, batchOf(recordOf("m1", otherQueue, event)), false,
			`/eventSourceARN: found an event of CloudTrail from "` + otherQueue},
		{"no queue", own, event, false, "outside of a queue"},
		{"a record that a caller wrote", direct, batchOf(recordOf("m1", eventQueue, event)), true, ""},
		{"a caller's record of another queue", direct, batchOf(recordOf("m1", otherQueue, event)), false,
			"/eventSourceARN"},
		{"no queue is trusted", Decoder{Account: ownAccount, Region: ownRegion, Delivered: true},
			batchOf(recordOf("m1", eventQueue, event)), false, "/eventSourceARN"},
	} {
		b, err := row.decoder.DecodeAudit([]byte(row.payload))
		if err != nil || len(b.Messages) != 1 {
			t.Fatalf("%s: %+v, %v", row.name, b, err)
		}
		if m := b.Messages[0]; m.Changes != nil || m.Undelivered != row.undelivered ||
			(m.Faults != nil) != (row.fault != "") || !strings.Contains(m.Faults.Error(), row.fault) {
			t.Errorf("%s: %+v, want undelivered %v, fault %q", row.name, m, row.undelivered, row.fault)
		}
		b, err = row.decoder.DecodeAudit([]byte(strings.Replace(row.payload, jsonText(event), jsonText(command), 1)))
		if row.payload != event && (err != nil || b.Messages[0].Audit == nil) {
			t.Errorf("%s: a command is %+v, %v", row.name, b.Messages, err)
		}
	}
	trusting := Decoder{TrustEnvelope: true}
	if b, err := trusting.DecodeAudit([]byte(event)); err != nil || b.Messages[0].Changes == nil {
		t.Errorf("a decoder that trusts envelopes: %+v, %v", b.Messages, err)
	}
}

// TestActors checks that the best name of an identity is used.
func TestActors(t *testing.T) {
	for identity, want := range map[string]string{
		`{"type":"Root","arn":"arn:aws:iam::999988887777:root"}`:           "arn:aws:iam::999988887777:root",
		`{"type":"IAMUser","userName":"eve","principalId":"AIDA"}`:         "eve",
		`{"type":"AWSService","invokedBy":"cloudformation.amazonaws.com"}`: "cloudformation.amazonaws.com",
		`{"type":"AWSAccount","principalId":"AIDA:eve","accountId":"1"}`:   "AIDA:eve",
		`{"type":"Unknown"}`: "Unknown",
		`{}`:                 "unknown",
		`null`:               "unknown",
		`7`:                  "unknown",
		`{"arn":["x"],"userName":"e\u001b[31mve"}`:                                      "e\ufffd[31mve",
		fmt.Sprintf(`{"arn":%q}`, strings.Repeat("a", 5000)):                            strings.Repeat("a", 2048),
		`{"type":"AssumedRole","arn":"a","sessionContext":{"sessionIssuer":"no role"}}`: "a",
	} {
		v, err := parse([]byte(`{"userIdentity":` + identity + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := actorOf(v); got != want {
			t.Errorf("actor of %.80s = %q, want %q", identity, got, want)
		}
	}
}

// TestCapturedChanges decodes the captured events of CloudTrail as the audit does.
func TestCapturedChanges(t *testing.T) {
	for file, want := range map[string]string{
		"authorize":   "AuthorizeSecurityGroupIngress sg-0123456789abcdef0",
		"modify":      "ModifySecurityGroupRules sg-0123456789abcdef0",
		"revoke-flat": "RevokeSecurityGroupIngress web", "denied": `the call failed: "Client.UnauthorizedOperation"`,
	} {
		payload, err := os.ReadFile(filepath.Join("testdata", "captured", "cloudtrail-"+file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := Decoder{TrustEnvelope: true}.DecodeAudit(payload)
		if err != nil || b.Kind != EventBridge {
			t.Fatalf("%s: %v, %v", file, b.Kind, err)
		}
		got := b.Messages[0].Ignored
		for _, c := range b.Messages[0].Changes {
			got = c.Name + " " + strings.Join(c.Groups, ",") + c.GroupName
		}
		if got != want {
			t.Errorf("%s is %q, want %q", file, got, want)
		}
	}
}

// TestAuditExamples checks the commands by schema and decoder.
func TestAuditExamples(t *testing.T) {
	compiled := schemas(t)["audit.json"]
	files, _ := fs.Glob(Examples(), "audit/*.json")
	if len(files) < 5 {
		t.Errorf("%d examples, want five and more", len(files))
	}
	for _, f := range files {
		b, _ := fs.ReadFile(Examples(), f)
		batch, err := own.DecodeAudit(b)
		if err != nil || batch.Kind != Direct {
			t.Fatalf("%s: %v, %v", f, batch.Kind, err)
		}
		checkBeside(t, f, batch.Messages[0].Faults)
		judgeAlike(t, f, compiled.Validate(document(t, Examples(), f)), batch.Messages[0].Faults)
	}
	some, _ := fs.ReadFile(Examples(), "audit/some-groups.json")
	batch, _ := own.DecodeAudit(some)
	want := []Group{{ID: groupID, Account: ownAccount, Region: ownRegion},
		{ID: "sg-0aaaaaaaaaaaaaaaa", Account: "999988887777", Region: "eu-west-1"}}
	if diff := cmp.Diff(want, batch.Messages[0].Audit.Groups); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

// FuzzDecodeAudit checks the properties of every message, for any payload.
func FuzzDecodeAudit(f *testing.F) {
	for _, row := range changes {
		f.Add([]byte(row.event))
		f.Add([]byte(batchOf(recordOf("m1", eventQueue, row.event))))
	}
	files, _ := fs.Glob(Examples(), "audit/*.json")
	for _, name := range files {
		b, _ := fs.ReadFile(Examples(), name)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		b, err := own.DecodeAudit(payload)
		if _, ok := err.(claim.Faults); err != nil && !ok {
			t.Fatalf("error %v is not Faults", err)
		}
		for _, m := range b.Messages {
			checkAuditMessage(t, m)
		}
	})
}

func checkAuditMessage(t *testing.T, m AuditMessage) {
	t.Helper()
	set := 0
	for _, is := range []bool{m.Audit != nil, m.Changes != nil, m.Ignored != "", m.Undelivered, len(m.Faults) > 0} {
		if is {
			set++
		}
	}
	if set != 1 {
		t.Fatalf("%d of audit, change, ignored and faults in %+v, want 1", set, m)
	}
	for _, c := range m.Changes {
		if (len(c.Groups)+len(c.Rules) == 0) == (c.GroupName == "") {
			t.Fatalf("%+v: want ids of groups or rules, or a group's name", c)
		}
	}
	if _, err := json.Marshal(m); err != nil {
		t.Fatal(err)
	}
}

// TestTouchedRules reads the rules of a call in the forms that CloudTrail has for them.
func TestTouchedRules(t *testing.T) {
	const id = "sgr-0123456789abcdef0"
	set := func(key, rule string) string { return `{"_return":true,"` + key + `":{"items":[` + rule + `]}}` }
	for _, row := range []struct {
		name, call, parameters, response string
		rules, ids                       string
	}{
		{"permissions", "AuthorizeSecurityGroupIngress",
			`{"groupId":"sg-0123456789abcdef0","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":80,"toPort":90,` +
				`"groups":{"items":[{"groupId":"sg-0aaaaaaaaaaaaaaaa","userId":"999988887777"}]},"ipRanges":{"items":[{"cidrIp":"10.0.0.0/8","description":"x"}]},` +
				`"ipv6Ranges":{"items":[{"cidrIpv6":"::/0"}]},"prefixListIds":{"items":[{"prefixListId":"pl-0123456789abcdef0"}]}}]}}`, returned,
			"tcp 80-90 from 999988887777/sg-0aaaaaaaaaaaaaaaa, tcp 80-90 from 10.0.0.0/8, tcp 80-90 from ::/0, " +
				"tcp 80-90 from pl-0123456789abcdef0", ""},
		{"flat, ports as text", "RevokeSecurityGroupEgress",
			`{"groupId":"sg-0123456789abcdef0","ipProtocol":"tcp","fromPort":"22","toPort":"22","cidrIp":"0.0.0.0/0"}`,
			`null`, "tcp 22 to 0.0.0.0/0", ""},
		{"every protocol", "AuthorizeSecurityGroupEgress",
			`{"groupId":"sg-0123456789abcdef0","ipPermissions":{"items":[{"ipProtocol":"-1","ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}}]}}`, `null`, "all to 0.0.0.0/0", ""},
		{"ICMP", "AuthorizeSecurityGroupIngress",
			`{"groupId":"sg-0123456789abcdef0","ipPermissions":{"items":[{"ipProtocol":"icmp","fromPort":8,"toPort":-1,"ipRanges":{"items":[{"cidrIp":"10.0.0.0/8"}]}}]}}`, `null`, "icmp 8 from 10.0.0.0/8", ""},
		{"the rules of the answer", "AuthorizeSecurityGroupIngress", `{"groupName":"web"}`,
			set("securityGroupRuleSet", `{"groupId":"sg-0123456789abcdef0","securityGroupRuleId":"`+id+
				`","isEgress":false,"ipProtocol":"tcp","fromPort":22,"toPort":22,"cidrIpv4":"0.0.0.0/0"}`),
			"tcp 22 from 0.0.0.0/0", id},
		{"revoked by id", "RevokeSecurityGroupIngress",
			`{"groupId":"sg-0123456789abcdef0","securityGroupRuleIds":{"items":[{"securityGroupRuleId":"` + id +
				`"}]}}`, returned, "", id},
		{"revoked by id, in a list", "RevokeSecurityGroupIngress",
			`{"groupId":"sg-0123456789abcdef0","securityGroupRuleIds":["` + id + `"]}`, returned, "", id},
		{"modified, Pascal case", "ModifySecurityGroupRules",
			`{"ModifySecurityGroupRulesRequest":{"GroupId":"sg-0123456789abcdef0","SecurityGroupRule":[{"SecurityGroupRuleId":"` + id + `","tag":1,` +
				`"SecurityGroupRule":{"IpProtocol":"tcp","FromPort":22,"ToPort":22,"CidrIpv4":"10.0.0.0/8"}}]}}`,
			returned, "tcp 22 from 10.0.0.0/8, tcp 22 to 10.0.0.0/8", id},
		{"modified to a group", "ModifySecurityGroupRules",
			`{"groupId":"sg-0123456789abcdef0","securityGroupRules":{"items":{"securityGroupRuleId":"` + id +
				`","securityGroupRule":{"ipProtocol":"udp","fromPort":53,"toPort":53,"referencedGroupId":"sg-0aaaaaaaaaaaaaaaa"}}}}`, returned, "udp 53 from sg-0aaaaaaaaaaaaaaaa, udp 53 to sg-0aaaaaaaaaaaaaaaa", id},
		{"unreadable rules", "AuthorizeSecurityGroupIngress",
			`{"groupId":"sg-0123456789abcdef0","ipPermissions":{"items":[{"ipProtocol":"nope","ipRanges":{"items":[{"cidrIp":"10.0.0.0/8"}]}},` +
				`{"ipProtocol":"tcp","fromPort":70000,"toPort":1,"ipRanges":{"items":[{"cidrIp":"10.0.0.0/8"}]}},{"ipProtocol":"tcp","fromPort":1,"toPort":1,"ipRanges":{"items":[{"cidrIp":"x"}]}},7]}}`, `"x"`, "", ""},
	} {
		b, err := own.DecodeAudit([]byte(batchOf(recordOf("m1", eventQueue,
			recorded(row.call, row.parameters, row.response, "")))))
		if err != nil || b.Messages[0].Changes == nil {
			t.Errorf("%s: %+v, %v, want a change", row.name, b.Messages, err)
			continue
		}
		var rules []string
		for _, r := range b.Messages[0].Changes[0].Touched {
			rules = append(rules, r.String())
		}
		if got, ids := strings.Join(rules, ", "), strings.Join(b.Messages[0].Changes[0].TouchedIDs,
			", "); got != row.rules || ids != row.ids {
			t.Errorf("%s: rules %q and ids %q, want %q and %q", row.name, got, ids, row.rules, row.ids)
		}
	}
	items := "" // one event cannot make the function keep more than a bound
	for n := range 3 * maxTouched {
		items += fmt.Sprintf(`{"cidrIp":"10.%d.%d.0/24"},`, n/256, n%256)
	}
	many := recorded("AuthorizeSecurityGroupIngress",
		`{"groupId":"sg-0123456789abcdef0","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":1,"toPort":1,"ipRanges":{"items":[`+strings.TrimSuffix(items, ",")+`]}}]}}`, returned, "")
	b, err := own.DecodeAudit([]byte(batchOf(recordOf("m1", eventQueue, many))))
	if err != nil || len(b.Messages[0].Changes[0].Touched) != maxTouched {
		t.Errorf("a large call: %v, want %d rules", err, maxTouched)
	}
}

// TestPostponed reads the message with which the function postpones events.
func TestPostponed(t *testing.T) {
	first, second := changes[0].event, changes[6].event
	ignored := recorded("RunInstances", `{}`, `{}`, "")
	forged := strings.Replace(first, `"source":"aws.ec2"`, `"source":"evil.app"`, 1)
	for _, row := range []struct {
		name   string
		texts  []string
		groups string
		fault  string
	}{
		{"two events", []string{first, second}, groupID + " web", ""},
		{"one to ignore", []string{first, ignored}, groupID, ""},
		{"none", nil, "", "/events: found"},
		{"no event", []string{`{"sgkeeper":"audit"}`}, "", "/events/0: found"},
		{"a forged one", []string{first, forged}, "", "/events/1: /source: found"},
	} {
		body, err := Postponed(row.texts)
		if err != nil {
			t.Fatal(err)
		}
		b, err := own.DecodeAudit([]byte(batchOf(recordOf("m1", eventQueue, body))))
		if err != nil || len(b.Messages) != 1 {
			t.Fatalf("%s: %+v, %v", row.name, b, err)
		}
		var groups []string
		for i, c := range b.Messages[0].Changes {
			groups = append(groups, strings.Join(c.Groups, ",")+c.GroupName)
			if c.Text != row.texts[i] {
				t.Errorf("%s: change %d has the text %.80s", row.name, i, c.Text)
			}
		}
		faults := b.Messages[0].Faults
		if strings.Join(groups, " ") != row.groups || (faults != nil) != (row.fault != "") ||
			!strings.Contains(faults.Error(), row.fault) {
			t.Errorf("%s: groups %q, faults %v, want %q, %q", row.name, groups, faults, row.groups, row.fault)
		}
		if b, err := own.DecodeAudit([]byte(batchOf(recordOf("m1", otherQueue, body)))); err != nil ||
			b.Messages[0].Changes != nil {
			t.Errorf("%s from another queue: %+v, %v, want no changes", row.name, b.Messages, err)
		}
		if b, err := own.DecodeAudit([]byte(body)); err != nil || b.Messages[0].Changes != nil {
			t.Errorf("%s by a caller: %+v, %v, want no changes", row.name, b.Messages, err)
		}
	}
}
