package secgroup

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMarshalEntry(t *testing.T) {
	for _, test := range []struct {
		entry Entry
		want  string
	}{
		{
			Entry{Rule: rule("tcp 443 from 10.0.0.0/8")},
			`{"IsEgress":false,"IpProtocol":"tcp","FromPort":443,"ToPort":443,"CidrIpv4":"10.0.0.0/8"}`,
		},
		{
			Entry{rule("udp 53-54 to ::/0"), "sgr-0a", "DNS", map[string]string{"b": "2", "a": ""}},
			`{"SecurityGroupRuleId":"sgr-0a","IsEgress":true,"IpProtocol":"udp","FromPort":53,"ToPort":54,"CidrIpv6":"::/0",` +
				`"Description":"DNS","Tags":[{"Key":"a","Value":""},{"Key":"b","Value":"2"}]}`,
		},
		{
			Entry{Rule: rule("all from 111122223333/sg-0aaaaaaaa"), Tags: map[string]string{}}, // known to have no tags
			`{"IsEgress":false,"IpProtocol":"-1","FromPort":-1,"ToPort":-1,"ReferencedGroupInfo":{"GroupId":"sg-0aaaaaaaa","UserId":"111122223333"},"Tags":[]}`,
		},
		{
			Entry{Rule: rule("icmp 3 from sg-0aaaaaaaa")},
			`{"IsEgress":false,"IpProtocol":"icmp","FromPort":3,"ToPort":-1,"ReferencedGroupInfo":{"GroupId":"sg-0aaaaaaaa"}}`,
		},
		{
			Entry{Rule: rule("50 from pl-0aaaaaaaa")},
			`{"IsEgress":false,"IpProtocol":"50","FromPort":-1,"ToPort":-1,"PrefixListId":"pl-0aaaaaaaa"}`,
		},
	} {
		got, err := json.Marshal(test.entry)
		if err != nil || string(got) != test.want {
			t.Errorf("Marshal(%v) = %s, %v\nwant %s", test.entry, got, err, test.want)
		}
	}
	for _, r := range []Rule{rule("all from self"), {}} {
		if got, err := json.Marshal(r); err == nil {
			t.Errorf("Marshal(%v) = %s, want an error", r, got)
		}
	}
}

func TestUnmarshalRule(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		// any order, any spelling
		{`{"CidrIpv4":"10.9.8.7/8","ToPort":443,"FromPort":443,"IpProtocol":"6","IsEgress":false}`,
			"tcp 443 from 10.0.0.0/8"},
		{`{"SecurityGroupRuleId":"sgr-1","GroupId":"sg-1","GroupOwnerId":"111122223333","IsEgress":false,"IpProtocol":"tcp","FromPort":22,"ToPort":22,` +
			`"ReferencedGroupInfo":{"GroupId":"sg-0aaaaaaaa","PeeringStatus":"active","UserId":"111122223333","VpcId":"vpc-1","VpcPeeringConnectionId":"pcx-1"},` +
			// keys that are no part of a rule
			`"SecurityGroupRuleArn":"arn:aws:ec2:...","Tags":[]}`, "tcp 22 from 111122223333/sg-0aaaaaaaa"},
		// absent ports, null
		{`{"IsEgress":true,"IpProtocol":"-1","CidrIpv6":"::/0","CidrIpv4":null,"Description":null,"Tags":null}`,
			"all to ::/0"},
		{`{"IsEgress":true,"IpProtocol":"-1","FromPort":0,"ToPort":65535,"CidrIpv4":"0.0.0.0/0"}`, "all to 0.0.0.0/0"},
		{`{"IsEgress":false,"IpProtocol":"ICMPv6","CidrIpv6":"2001:DB8::1/64"}`, "icmpv6 from 2001:db8::/64"},
		{`{"IsEgress":false,"IpProtocol":"icmp","FromPort":3,"ToPort":4,"PrefixListId":"pl-0aaaaaaaa"}`,
			"icmp 3/4 from pl-0aaaaaaaa"},
		{`{"IsEgress":false,"IpProtocol":"icmp","FromPort":3,"PrefixListId":"pl-0aaaaaaaa"}`,
			"icmp 3 from pl-0aaaaaaaa"},
		{`{"IsEgress":false,"IpProtocol":"50","FromPort":1,"ToPort":2,"CidrIpv4":"10.0.0.0/8"}`, "50 from 10.0.0.0/8"},
	} {
		var got Rule
		if err := json.Unmarshal([]byte(test.in), &got); err != nil || got != rule(test.want) {
			t.Errorf("Unmarshal(%s) = %v, %v, want %v", test.in, got, err, test.want)
		}
	}
}

func TestUnmarshalLenientPeers(t *testing.T) {
	for _, in := range []string{
		// as EC2 and emulators write it
		`{"IsEgress":false,"IpProtocol":"-1","ReferencedGroupInfo":{"GroupId":"sg-X","UserId":"amazon-elb"}}`,
		`{"IsEgress":false,"IpProtocol":"-1","PrefixListId":"pl-X"}`,
		`{"IsEgress":false,"IpProtocol":"-1","CidrIpv6":"::ffff:10.0.0.0/104"}`,
		`{"IsEgress":false,"IpProtocol":"-1","CidrIpv4":"10.0.0.0/0"}`, // existing rules may have host bits
	} {
		var r, again Rule
		if err := json.Unmarshal([]byte(in), &r); err != nil {
			t.Errorf("Unmarshal(%s): %v", in, err)
			continue
		}
		out, err := json.Marshal(r)
		if err != nil || json.Unmarshal(out, &again) != nil || again != r {
			t.Errorf("%s became %s, %v", in, out, err)
		}
	}
}

func TestUnmarshalRuleRefuses(t *testing.T) {
	const start = `{"IsEgress":false,"IpProtocol":"tcp","FromPort":80,"ToPort":80`
	for _, test := range []struct{ in, want string }{
		{`null`, "found null"},
		{`[]`, "want an object, found a list"},
		{`{"IpProtocol":"-1","CidrIpv4":"10.0.0.0/8"}`, "IsEgress is absent"},
		{`{"IsEgress":"no","IpProtocol":"-1"}`, "IsEgress: want true or false, found a string"},
		{`{"IsEgress":false,"CidrIpv4":"10.0.0.0/8"}`, "IpProtocol is absent"},
		{`{"IsEgress":false,"IpProtocol":"tpc","CidrIpv4":"10.0.0.0/8"}`, `IpProtocol: protocol "tpc"`},
		{`{"IsEgress":false,"IpProtocol":6}`, "IpProtocol: want a string, found a number"},
		{`{"IsEgress":false,"IpProtocol":"tcp","FromPort":"80"}`, "FromPort: want a whole number, found a string"},
		{`{"IsEgress":false,"IpProtocol":"tcp","FromPort":1.5}`, "FromPort: want a whole number, found the number 1.5"},
		{`{"IsEgress":false,"IpProtocol":"tcp","CidrIpv4":"10.0.0.0/8"}`, "FromPort absent, ToPort absent"},
		{`{"IsEgress":false,"IpProtocol":"tcp","FromPort":-1,"ToPort":-1,"CidrIpv4":"10.0.0.0/8"}`,
			"FromPort -1, ToPort -1"},
		{`{"IsEgress":false,"IpProtocol":"udp","FromPort":90,"ToPort":80,"CidrIpv4":"10.0.0.0/8"}`,
			"FromPort 90, ToPort 80"},
		// not every type
		{`{"IsEgress":false,"IpProtocol":"icmp","FromPort":-1,"ToPort":4,"CidrIpv4":"10.0.0.0/8"}`,
			"FromPort -1, ToPort 4"},
		{start + `}`, "found 0 peers"},
		{start + `,"CidrIpv4":"10.0.0.0/8","PrefixListId":"pl-0aaaaaaaa"}`, "found 2 peers [CidrIpv4 PrefixListId]"},
		{start + `,"CidrIpv4":"10.0.0.0"}`, `CidrIpv4 "10.0.0.0"`},
		{start + `,"CidrIpv4":"::/0"}`, `CidrIpv4 "::/0": a CIDR of the other family`},
		{start + `,"CidrIpv6":"10.0.0.0/8"}`, `CidrIpv6 "10.0.0.0/8": a CIDR of the other family`},
		{start + `,"PrefixListId":"sg-0aaaaaaaa"}`, `PrefixListId "sg-0aaaaaaaa"`},
		{start + `,"ReferencedGroupInfo":{}}`, `ReferencedGroupInfo.GroupId ""`},
		{start + `,"ReferencedGroupInfo":{"GroupId":1}}`, "ReferencedGroupInfo.GroupId: want a string, found a number"},
		{start + `,"CidrIpv4":"10.0.0.0/8","Tags":{"a":"b"}}`, "Tags: want a list, found an object"},
	} {
		var r Rule
		err := json.Unmarshal([]byte(test.in), &r)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Unmarshal(%s) = %v, %v, want an error with %s", test.in, r, err, test.want)
		}
	}
}

func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-zA-Z0-9. _:/()#,@+=&;{}!$*-]{0,20}`)
		e := Entry{drawRule.Draw(t, "rule").In("111122223333", "sg-0123456789abcdef0"), text.Draw(t, "id"),
			text.Draw(t, "description"),
			rapid.MapOfN(text, text, 0, 3).Draw(t, "tags")}
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var got Entry
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, got, sameRule); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", data, diff)
		}
	})
}
