package events

import (
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// want is a fault: its field, and a part of its problem.
type want struct{ field, says string }

type refusal struct {
	name   string
	detail string
	want   []want
}

var launchRefusals = []refusal{
	{"nothing at all", `{}`, []want{{"/launch", "absent"}, {"/group", "absent"}, {"/rules", "absent"}}},
	{"launch of a wrong type", `{"launch":7,"group":"` + groupID + `","rules":[{"ports":1,"from":["self"]}]}`,
		[]want{{"/launch", "the number 7"}}},
	{"launch is null", `{"launch":null,"group":"` + groupID + `","rules":[{"ports":1,"from":["self"]}]}`,
		[]want{{"/launch", "null"}}},
	{"launch is empty", named(`""`, `"`+groupID+`"`), []want{{"/launch", `""`}}},
	{"launch with a space", named(`"my launch"`, `"`+groupID+`"`), []want{{"/launch", `"my launch"`}}},
	{"launch begins with a dot", named(`".a"`, `"`+groupID+`"`), []want{{"/launch", `".a"`}}},
	{"launch with a hash would split a table's key", named(`"a#b"`, `"`+groupID+`"`), []want{{"/launch", `"a#b"`}}},
	{"launch ends in a line", named(`"a\n"`, `"`+groupID+`"`), []want{{"/launch", `"a\n"`}}},
	{"launch of 129 characters", named(`"`+strings.Repeat("a", 129)+`"`, `"`+groupID+`"`),
		[]want{{"/launch", "(129 bytes)"}}},
	{"launch with NUL and escapes", named(`"a\u0000\u001b[2J"`, `"`+groupID+`"`),
		[]want{{"/launch", `"a\x00\x1b[2J"`}}},

	{"expiry in words", expiring(`"tomorrow"`), []want{{"/expiresAt", `"tomorrow"`}}},
	{"expiry without zone", expiring(`"2031-12-01T00:00:00"`), []want{{"/expiresAt", "zone"}}},
	{"expiry as a day", expiring(`"2026-12-01"`), []want{{"/expiresAt", "RFC 3339"}}},
	{"expiry as seconds", expiring(`1796083200`), []want{{"/expiresAt", "the number 1796083200"}}},
	{"expiry is null", expiring(`null`), []want{{"/expiresAt", "null"}}},
	{"expiry on a day that the month lacks", expiring(`"2026-02-30T00:00:00Z"`), []want{{"/expiresAt", "2026-02-30"}}},
	{"expiry that would read as never", expiring(`"0001-01-01T00:00:00Z"`), []want{{"/expiresAt", "1970"}}},
	{"expiry beyond the year 9999 in UTC", expiring(`"9999-12-31T23:59:59-01:00"`), []want{{"/expiresAt", "9999"}}},
	{"expiry with an hour of one digit", expiring(`"2026-12-01T1:00:00Z"`), []want{{"/expiresAt", "RFC 3339"}}},
	{"expiry with a comma", expiring(`"2031-12-01T00:00:00,5Z"`), []want{{"/expiresAt", "RFC 3339"}}},
	{"expiry in a zone a day away", expiring(`"2031-12-01T00:00:00+24:00"`), []want{{"/expiresAt", "RFC 3339"}}},
	{"expiry in a zone of 60 minutes", expiring(`"2031-12-01T00:00:00+01:60"`), []want{{"/expiresAt", "RFC 3339"}}},

	{"unknown key", `{"launch":"a","group":"` + groupID + `","rules":[{"ports":1,"from":["self"]}],"lunch":"b"}`,
		[]want{{"/lunch", `nearest known is "launch"`}}},
	{"key in another case", `{"Launch":"a","group":"` + groupID + `","rules":[{"ports":1,"from":["self"]}]}`,
		[]want{{"/Launch", `is written "launch"`}, {"/launch", "absent"}}},
	{"key in another case beside the right one", `{"launch":"a","LAUNCH":"b","group":"` + groupID +
		`","rules":[{"ports":1,"from":["self"]}]}`, []want{{"/LAUNCH", "case"}}},
	{"repeated key", `{"launch":"a","launch":"a","group":"` + groupID + `","rules":[{"ports":1,"from":["self"]}]}`,
		[]want{{"/launch", "repeated"}}},
	{"key repeated thrice is one fault", `{"launch":"a","launch":"b","launch":"c","group":"` + groupID +
		`","rules":[{"ports":1,"from":["self"]}]}`, []want{{"/launch", "repeated"}}},
	{"key that would act on a terminal", `{"launch":"a","group":"` + groupID +
		`","rules":[{"ports":1,"from":["self"]}],"\u001b[2J\u202e":1}`,
		[]want{{"/\ufffd[2J\ufffd", `"\x1b[2J\u202e"`}}},
	{"key that needs escaping", `{"launch":"a","group":"` + groupID +
		`","rules":[{"ports":1,"from":["self"]}],"a/b~c":1}`, []want{{"/a~1b~0c", `"a/b~c"`}}},
}

var groupRefusals = []refusal{
	{"group of a wrong type", grouped(`["sg-0123456789abcdef0"]`), []want{{"/group", "a list"}}},
	{"group is null", grouped(`null`), []want{{"/group", "null"}}},
	{"group is no id", grouped(`"default"`), []want{{"/group", `"default"`}}},
	{"group id in upper case", grouped(`"sg-0123456789ABCDEF0"`), []want{{"/group", "lower case"}}},
	{"group object without anything", grouped(`{}`), []want{{"/group/id", "absent"}}},
	{"group object of account alone", grouped(`{"account":"111122223333"}`), []want{{"/group/id", "absent"}}},
	{"group id in an object", grouped(`{"id":"sg-1"}`), []want{{"/group/id", `"sg-1"`}}},
	{"group by id and name", grouped(`{"id":"` + groupID + `","name":"web","vpc":"vpc-0123456789abcdef0"}`),
		[]want{{"/group", "both"}}},
	{"group by id and vpc", grouped(`{"id":"` + groupID + `","vpc":"vpc-0123456789abcdef0"}`),
		[]want{{"/group", "both"}}},
	{"name without vpc", grouped(`{"name":"web"}`), []want{{"/group/vpc", "absent beside name"}}},
	{"vpc without name", grouped(`{"vpc":"vpc-0123456789abcdef0"}`), []want{{"/group/name", "absent beside vpc"}}},
	{"all of a group wrong at once", grouped(`{"name":"sg-web","vpc":"web","account":"1","region":"Ohio"}`),
		[]want{{"/group/name", "not beginning with sg-"}, {"/group/vpc", `"web"`}, {"/group/account", "12 digits"},
			{"/group/region", "us-east-1"}}},
	{"account as a number", grouped(`{"id":"` + groupID + `","account":111122223333}`),
		[]want{{"/group/account", "as text"}}},
	{"unknown key", grouped(`{"id":"` + groupID + `","regoin":"us-east-1"}`), []want{{"/group/regoin", `"region"`}}},
	{"repeated key", grouped(`{"id":"` + groupID + `","id":"` + groupID + `"}`), []want{{"/group/id", "repeated"}}},
}

var ruleRefusals = []refusal{
	{"rules empty", ruled(`[]`), []want{{"/rules", "empty"}}},
	{"rules null", ruled(`null`), []want{{"/rules", "null"}}},
	{"rules as an object", ruled(`{"ports":22}`), []want{{"/rules", "an object"}}},
	{"rule as text", ruled(`["tcp 22 from self"]`), []want{{"/rules/0", "the text"}}},
	{"rule is null", ruled(`[null]`), []want{{"/rules/0", "null"}}},
	{"rule is empty", ruled(`[{}]`), []want{{"/rules/0/ports", "absent"}, {"/rules/0", "neither"}}},
	{"rule without peer", ruled(`[{"ports":22}]`), []want{{"/rules/0", "neither"}}},
	{"rule both ways", ruled(`[{"ports":22,"from":["self"],"to":["self"]}]`), []want{{"/rules/0", "both"}}},
	{"rule with unknown key", ported(`"ports":22,"cidr":"0.0.0.0/0"`), []want{{"/rules/0/cidr", `unknown key "cidr"`}}},
	{"rule with a key in another case", ported(`"Ports":22`),
		[]want{{"/rules/0/Ports", `"ports"`}, {"/rules/0/ports", "absent"}}},
	{"rule with a repeated key", ported(`"ports":22,"ports":23`), []want{{"/rules/0/ports", "repeated"}}},
	{"the second rule is named", ruled(`[{"ports":22,"from":["self"]},{"ports":22,"to":[]}]`),
		[]want{{"/rules/1/to", "empty"}}},
	{"description too long", ported(`"ports":22,"description":"` + strings.Repeat("x", 256) + `"`),
		[]want{{"/rules/0/description", "256"}}},
	{"description with a percent sign", ported(`"ports":22,"description":"50% off"`),
		[]want{{"/rules/0/description", `"%"`}}},
	{"description not in ASCII, and too long", ported(`"ports":22,"description":"` + strings.Repeat("é", 256) + `"`),
		[]want{{"/rules/0/description", `"\u00e9"`}, {"/rules/0/description", "256 characters"}}},
	{"description is null", ported(`"ports":22,"description":null`), []want{{"/rules/0/description", "null"}}},
	{"description is a number", ported(`"ports":22,"description":7`), []want{{"/rules/0/description", "the number 7"}}},
}

func named(launch, group string) string {
	return `{"launch":` + launch + `,"group":` + group + `,"rules":[{"ports":1,"from":["self"]}]}`
}

func grouped(group string) string { return named(`"a"`, group) }

func expiring(at string) string {
	return `{"launch":"a","group":"` + groupID + `","rules":[{"ports":1,"from":["self"]}],"expiresAt":` + at + `}`
}

// refused runs each refusal in every wrapping. All wrappings give all faults.
func refused(t *testing.T, detailType string, refusals []refusal) {
	t.Helper()
	for _, w := range wrappings {
		for _, r := range refusals {
			m := decodeOne(t, own, w.wrap(detailType, r.detail))
			if m.Request != nil || m.End != nil {
				t.Errorf("%s: %s: accepted", w.name, r.name)
			}
			checkFaults(t, w.name+": "+r.name, m.Faults, r.want)
		}
	}
}

func checkFaults(t *testing.T, name string, got claim.Faults, wants []want) {
	t.Helper()
	if len(got) != len(wants) {
		t.Errorf("%s: faults %v, want %v", name, got, wants)
		return
	}
	for i, w := range wants {
		if got[i].Field != w.field || !strings.Contains(got[i].Problem, w.says) {
			t.Errorf("%s: fault %v, want %v", name, got[i], w)
		}
	}
}

func TestLaunchRefused(t *testing.T) { refused(t, LaunchRequested, launchRefusals) }
func TestGroupRefused(t *testing.T)  { refused(t, LaunchRequested, groupRefusals) }
func TestRuleRefused(t *testing.T)   { refused(t, LaunchRequested, ruleRefusals) }

func TestEndRefused(t *testing.T) {
	refused(t, LaunchEnded, []refusal{
		{"no launch", `{}`, []want{{"/launch", "absent"}}},
		{"null is no way to say every group", `{"launch":"a","group":null}`, []want{{"/group", "null"}}},
		{"an end has no rules", `{"launch":"a","rules":[]}`, []want{{"/rules", "unknown key"}}},
		{"an end does not expire", `{"launch":"a","group":"` + groupID + `","expiresAt":"2031-12-01T00:00:00Z"}`,
			[]want{{"/expiresAt", "unknown key"}}},
		{"all at once", `{"launch":"a b","Group":"x","group":{"id":"x"}}`,
			[]want{{"/Group", "case"}, {"/launch", `"a b"`}, {"/group/id", `"x"`}}},
	})
}

func TestEverythingWrongAtOnce(t *testing.T) {
	refused(t, LaunchRequested,
		[]refusal{{"all", `{"launch":"-","group":{"id":"x"},"expiresAt":"never","ruels":[],"rules":[
		{"ports":["8000","9-1",70000,"a b"],"from":["10.0.0.0/40","10.0.0.1/0"],"description":"ü"},
		{"protocol":"tpc","ports":[],"icmp":{"code":4},"from":"0.0.0.0/0","to":["self"]},
		{"protocol":"all","ports":80,"icmp":{},"to":[7]}]}`, []want{
			{"/ruels", `"rules"`}, {"/launch", `"-"`}, {"/group/id", `"x"`},
			{"/rules/0/ports/1", "backwards"}, {"/rules/0/ports/2", "70000"}, {"/rules/0/ports/3", `"a b"`},
			{"/rules/0/from/0", `"40"`}, {"/rules/0/from/1", "whole world"}, {"/rules/0/description", `"\u00fc"`},
			{"/rules/1/protocol", `"tpc"`}, {"/rules/1/icmp/type", "absent"}, {"/rules/1/ports", "empty"},
			{"/rules/1", "both"}, {"/rules/1/from", `["0.0.0.0/0"]`},
			{"/rules/2/ports", "has no ports"}, {"/rules/2/icmp", "no ICMP types"}, {"/rules/2/to/0", "the number 7"},
			{"/expiresAt", `"never"`}}}})
}
