package awscli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

func rule(s string) secgroup.Rule { return secgroup.MustParseRule(s) }

const describedRules = `{
    "SecurityGroupRules": [
        {
            "SecurityGroupRuleId": "sgr-00000000000000001",
            "GroupId": "sg-0123456789abcdef0",
            "GroupOwnerId": "111122223333",
            "IsEgress": false,
            "IpProtocol": "-1",
            "FromPort": -1,
            "ToPort": -1,
            "ReferencedGroupInfo": {"GroupId": "sg-0123456789abcdef0", "UserId": "111122223333"},
            "Tags": [],
            "SecurityGroupRuleArn": "arn:aws:ec2:us-east-1:111122223333:security-group-rule/sgr-00000000000000001"
        },
        {
            "SecurityGroupRuleId": "sgr-00000000000000002",
            "GroupId": "sg-0fedcba9876543210",
            "GroupOwnerId": "111122223333",
            "IsEgress": true,
            "IpProtocol": "-1",
            "FromPort": -1,
            "ToPort": -1,
            "CidrIpv4": "0.0.0.0/0",
            "Tags": []
        },
        {
            "SecurityGroupRuleId": "sgr-00000000000000003",
            "GroupId": "sg-0123456789abcdef0",
            "GroupOwnerId": "111122223333",
            "IsEgress": false,
            "IpProtocol": "tcp",
            "FromPort": 8000,
            "ToPort": 8000,
            "CidrIpv6": "::/0",
            "Description": "vLLM",
            "Tags": [{"Key": "sgkeeper:installation", "Value": "prod"}]
        }
    ]
}`

const describedGroups = `{
    "SecurityGroups": [
        {
            "Description": "shared by launches",
            "GroupName": "shared",
            "IpPermissions": [
                {
                    "FromPort": 8000,
                    "IpProtocol": "tcp",
                    "IpRanges": [{"CidrIp": "10.2.0.0/16", "Description": "VPN"}, {"CidrIp": "10.3.0.0/16"}],
                    "Ipv6Ranges": [{"CidrIpv6": "::/0", "Description": "all"}],
                    "PrefixListIds": [{"PrefixListId": "pl-0bbbbbbbb"}],
                    "ToPort": 8001,
                    "UserIdGroupPairs": []
                },
                {
                    "IpProtocol": "-1",
                    "IpRanges": [],
                    "Ipv6Ranges": [],
                    "PrefixListIds": [],
                    "UserIdGroupPairs": [
                        {"GroupId": "sg-0123456789abcdef0", "UserId": "111122223333"},
                        {"Description": "peer", "GroupId": "sg-0cccccccc", "PeeringStatus": "active", "UserId": "999988887777", "VpcId": "vpc-2"}
                    ]
                }
            ],
            "OwnerId": "111122223333",
            "GroupId": "sg-0123456789abcdef0",
            "IpPermissionsEgress": [{"IpProtocol": "icmp", "FromPort": 3, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
            "Tags": [{"Key": "sgkeeper:managed", "Value": "true"}],
            "VpcId": "vpc-1"
        },
        {"GroupId": "sg-0fedcba9876543210", "OwnerId": "111122223333", "GroupName": "empty", "VpcId": "vpc-1", "IpPermissions": [], "IpPermissionsEgress": []}
    ]
}`

// The elements that occur in more than one of several joined outputs.
const (
	joinedRule  = `{"SecurityGroupRuleId": "sgr-1", "GroupId": "sg-0123456789abcdef0", "IsEgress": false, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": "10.0.0.0/8"}`
	joinedGroup = `{"GroupId": "sg-0123456789abcdef0", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]}`
)

// read reads outputs, one after the other.
func read(outputs ...string) (Snapshot, error) {
	var r Reader
	for _, output := range outputs {
		if err := r.Add([]byte(output)); err != nil {
			return Snapshot{}, err
		}
	}
	return r.Snapshot()
}

func TestReadGroups(t *testing.T) {
	const own = "sg-0123456789abcdef0"
	managed := map[string]string{"sgkeeper:managed": "true"}
	for _, test := range []struct {
		name, in string
		want     []Group
	}{
		{"rules", describedRules, []Group{
			{ID: own, Owner: "111122223333", HasRuleIDs: true, Entries: []secgroup.Entry{
				{Rule: rule("all from 111122223333/" + own), ID: "sgr-00000000000000001", Tags: map[string]string{}},
				{
					Rule: rule("tcp 8000 from ::/0"), ID: "sgr-00000000000000003", Description: "vLLM",
					Tags: map[string]string{"sgkeeper:installation": "prod"},
				},
			}},
			{ID: "sg-0fedcba9876543210", Owner: "111122223333", HasRuleIDs: true, Entries: []secgroup.Entry{
				{Rule: rule("all to 0.0.0.0/0"), ID: "sgr-00000000000000002", Tags: map[string]string{}},
			}},
		}},
		{"groups", describedGroups, []Group{
			{ID: own, Owner: "111122223333", Name: "shared", VPC: "vpc-1", Tags: managed, Entries: []secgroup.Entry{
				{Rule: rule("tcp 8000-8001 from 10.2.0.0/16"), Description: "VPN"},
				{Rule: rule("tcp 8000-8001 from 10.3.0.0/16")},
				{Rule: rule("tcp 8000-8001 from ::/0"), Description: "all"},
				{Rule: rule("tcp 8000-8001 from pl-0bbbbbbbb")},
				{Rule: rule("all from 111122223333/" + own)},
				{Rule: rule("all from 999988887777/sg-0cccccccc"), Description: "peer"},
				{Rule: rule("icmp 3 to 0.0.0.0/0")},
			}},
			{ID: "sg-0fedcba9876543210", Owner: "111122223333", Name: "empty", VPC: "vpc-1"},
		}},
		{"outputs that were joined", `{"SecurityGroupRules": [` + joinedRule + `, ` + joinedRule + `]}`, []Group{
			{ID: own, HasRuleIDs: true, Entries: []secgroup.Entry{{Rule: rule("tcp 22 from 10.0.0.0/8"), ID: "sgr-1"}}},
		}},
		{"outputs of groups that were joined", `{"SecurityGroups": [` + joinedGroup + `, ` + joinedGroup + `]}`,
			[]Group{
				{ID: own, Entries: []secgroup.Entry{{Rule: rule("tcp 22 from 10.0.0.0/8")}}},
			}},
		{"a rule over a deleted peering", `{"SecurityGroupRules": [{"GroupId": "` + own + `", "IsEgress": false,
			"IpProtocol": "-1", "ReferencedGroupInfo": {"GroupId": "sg-0cccccccc", "UserId": "999988887777",
			"PeeringStatus": "deleted"}}]}`, []Group{
			{ID: own, HasRuleIDs: true, Entries: []secgroup.Entry{{Rule: rule("all from 999988887777/sg-0cccccccc")}},
				Unpeered: []secgroup.Rule{rule("all from 999988887777/sg-0cccccccc")}},
		}},
		{"a permission over a deleted peering", `{"SecurityGroups": [{"GroupId": "` + own + `", "IpPermissions": [{
			"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-0cccccccc", "PeeringStatus": "expired"},
			{"GroupId": "sg-0dddddddd", "PeeringStatus": "active"}]}]}]}`, []Group{
			{ID: own, Entries: []secgroup.Entry{{Rule: rule("all from sg-0cccccccc")},
				{Rule: rule("all from sg-0dddddddd")}},
				Unpeered: []secgroup.Rule{rule("all from sg-0cccccccc")}},
		}},
		{"no rules", `{"SecurityGroupRules": []}`, nil},
		{"no groups", `{"SecurityGroups": [], "NextToken": null}`, nil},
		{"byte order mark", "\uFEFF" + `{"SecurityGroups": [{"GroupId": "sg-1"}]}`, []Group{{ID: "sg-1"}}},
	} {
		for i := range test.want {
			test.want[i].Described = !test.want[i].HasRuleIDs
		}
		got, err := read(test.in)
		if err != nil || got.Complete != strings.Contains(test.in, `"SecurityGroups"`) {
			t.Errorf("%s: complete %v, %v", test.name, got.Complete, err)
		}
		if diff := cmp.Diff(test.want, got.Groups, cmp.Comparer(func(a,
			b secgroup.Rule) bool {
			return a == b
		})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestReadGroupsRefuses(t *testing.T) {
	group := func(permission string) string {
		return `{"SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": [{"IpProtocol": "-1"}, ` + permission + `]}]}`
	}
	for _, test := range []struct{ in, want string }{
		{"", "found nothing"},
		{" \n", "found nothing"},
		{"[]", "--query makes one"},
		{`[{"IpProtocol": "tcp"}]`, "--query makes one"},
		{"{}", "an empty object"},
		{`"a"`, "want a JSON object"},
		{`{"SecurityGroupRules": null}`, "SecurityGroupRules (null)"},
		{`{"SecurityGroupRules": {}}`, "SecurityGroupRules: want a list, found an object"},
		{`{"PrefixLists": [{"MaxEntries": "7"}]}`, "PrefixLists.MaxEntries: want a whole number, found a string"},
		{`{"Return": "yes"}`, "Return: want true or false, found a string"},
		{`{"Reservations": []}`, "found an object of Reservations"},
		{`{"Reservations": []}`, "aws ec2 describe-security-group-rules or describe-security-groups"},
		{`{"IpPermissions": [], "GroupId": "sg-1"}`, "found an object of GroupId, IpPermissions"},
		{`{"SecurityGroupRules": [], "SecurityGroups": []}`, "found both"},
		{`{"SecurityGroupRules": [], "NextToken": "abc"}`, "without --max-items"},
		{`{"Return": true, "SecurityGroupRules": []}`, "authorize-security-group-ingress"},
		{`{"SecurityGroupRules": [`, "at line 1: unexpected EOF"},
		{"{\"SecurityGroupRules\": []}\n{\"SecurityGroupRules\": [", "at line 2: unexpected EOF"},
		{"{\"SecurityGroupRules\": []}\n]", "at line 2"},
		{`[{"SecurityGroupRules": []}, {"IpProtocol": "tcp"}]`, "--query makes one"},
		{`{"PrefixLists": []}`, "found no groups or rules"},
		{`{"SecurityGroups": [{"GroupId": "sg-1"}]} {"SecurityGroups": [{}]}`,
			"document 2: SecurityGroups[0]: GroupId"},
		{`{"SecurityGroupRules": [], "NextToken": "a"} {"SecurityGroups": []}`, "so SecurityGroupRules are missing"},
		{"SecurityGroupRules:\n- FromPort: -1\n", "--output yaml"},
		{"- Description: x\n", "--output yaml"},
		{"SECURITYGROUPRULES\t-1\tsg-1\n", "--output text"},
		{"-----\n|  DescribeSecurityGroupRules  |\n", "--output table"},
		{"\xFF\xFE{\x00}\x00", "UTF-16"},
		{"{\x00}\x00", "UTF-16"},
		{"{\"\xFF\"}", "not UTF-8"},
		{`{"SecurityGroupRules": [{"GroupId": "sg-1"}]}`, "SecurityGroupRules[0]: IsEgress is absent"},
		{`{"SecurityGroupRules": [null]}`, "SecurityGroupRules[0]: want an object, found null"},
		{`{"SecurityGroupRules": [{"IsEgress": false, "IpProtocol": "-1", "CidrIpv4": "10.0.0.0/8"}]}`,
			`SecurityGroupRules[0]: GroupId ""`},
		{`{"SecurityGroups": [{"GroupName": "x"}]}`, `SecurityGroups[0]: GroupId ""`},
		{group(`null`), "SecurityGroups[0]: IpPermissions[1]: want an object, found null"},
		{group(`{}`), "SecurityGroups[0]: IpPermissions[1]: IpProtocol is absent"},
		{group(`{"IpProtocol": "tcp", "FromPort": "80"}`),
			"SecurityGroups[0]: IpPermissions[1]: FromPort: want a whole number, found a string"},
		{group(`{"IpProtocol": "tcp"}`), "IpPermissions[1]: FromPort absent, ToPort absent"},
		{group(`{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "::/0"}]}`),
			`IpPermissions[1]: IpRanges[1].CidrIp "::/0"`},
		{group(`{"IpProtocol": "-1", "Ipv6Ranges": [{}]}`), `IpPermissions[1]: Ipv6Ranges[0].CidrIpv6 ""`},
		{group(`{"IpProtocol": "-1", "PrefixListIds": [{}]}`), `IpPermissions[1]: PrefixListIds[0].PrefixListId ""`},
		{group(`{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupName": "x"}]}`),
			`IpPermissions[1]: UserIdGroupPairs[0].GroupId ""`},
		{`{"SecurityGroups": [{"GroupId": "sg-1", "IpPermissionsEgress": [{}]}]}`,
			"IpPermissionsEgress[0]: IpProtocol is absent"},
	} {
		got, err := read(test.in)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q gives %v, %v, want an error with %q", test.in, got, err, test.want)
		}
	}
}

// TestReadSeveral: the pages of one command, the outputs of several, and a list of outputs, as
// jq -s makes it, are read as if they were one.
func TestReadSeveral(t *testing.T) {
	const own = "sg-0123456789abcdef0"
	rules := func(token string, rules ...string) string {
		return `{"SecurityGroupRules": [` + strings.Join(rules, ", ") + `]` + token + `}`
	}
	ssh := secgroup.Entry{Rule: rule("tcp 22 from 10.0.0.0/8"), ID: "sgr-1"}
	bare := secgroup.Entry{Rule: ssh.Rule}
	web := secgroup.Entry{Rule: rule("tcp 80 from 10.0.0.0/8"), ID: "sgr-2"}
	const webRule = `{"SecurityGroupRuleId": "sgr-2", "GroupId": "sg-0123456789abcdef0", "IsEgress": false,
		"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIpv4": "10.0.0.0/8"}`
	groups := `{"SecurityGroups": [` + joinedGroup + `]}`
	lists := `{"PrefixLists": [{"PrefixListId": "pl-0a", "MaxEntries": 7}, {"PrefixListId": "pl-0b"}]}`
	for _, test := range []struct {
		name     string
		outputs  []string
		entries  []secgroup.Entry // of the one group
		complete bool
		ids      bool
		weights  map[string]int
	}{
		{"two outputs", []string{rules("", joinedRule), rules("", webRule)}, []secgroup.Entry{ssh, web}, false, true,
			nil},
		{"joined pages", []string{rules(`, "NextToken": "a"`, joinedRule) + "\n" + rules("", webRule)},
			[]secgroup.Entry{ssh, web}, false, true, nil},
		{"pages in files", []string{rules(`, "NextToken": "a"`, joinedRule), rules("", webRule, joinedRule)},
			[]secgroup.Entry{ssh, web}, false, true, nil},
		{"jq -s", []string{"[" + rules("", joinedRule) + ", " + groups + ", " + lists + "]"},
			[]secgroup.Entry{ssh}, true, true, map[string]int{"pl-0a": 7}},
		{"groups, then rules", []string{groups, rules("", joinedRule)}, []secgroup.Entry{ssh}, true, true, nil},
		{"rules, then groups", []string{rules("", joinedRule), groups}, []secgroup.Entry{ssh}, true, true, nil},
		{"groups with a rule that the rules lack", []string{rules("", webRule), groups},
			[]secgroup.Entry{web, bare}, true, false, nil},
	} {
		got, err := read(test.outputs...)
		want := Snapshot{Complete: test.complete, Weights: test.weights,
			Groups: []Group{{ID: own, Entries: test.entries,
				HasRuleIDs: test.ids, Described: test.complete}}}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b secgroup.Rule) bool { return a == b })); err != nil ||
			diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", test.name, err, diff)
		}
	}
}

func FuzzReadGroups(f *testing.F) {
	f.Add([]byte(describedRules))
	f.Add([]byte(describedGroups))
	f.Add([]byte(`{"SecurityGroupRules":[],"NextToken":"a"}`))
	f.Add([]byte("SecurityGroupRules:\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := read(string(data))
		if err != nil {
			return
		}
		for _, g := range s.Groups {
			for _, e := range g.Entries {
				out, err := json.Marshal(e)
				if err != nil {
					t.Fatalf("%v does not print: %v", e, err)
				}
				var again secgroup.Entry
				if err := json.Unmarshal(out, &again); err != nil || again.Rule != e.Rule {
					t.Errorf("%v printed as %s, which reads as %v, %v", e, out, again, err)
				}
			}
		}
	})
}
