package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// TestClaimsAreRead: plan reads the output of claims.
func TestClaimsAreRead(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 0, 0, 250e6, time.UTC)
	group := claim.Group{Account: owner, Region: "us-east-1", ID: sg}
	request := func(name string, expires time.Time, st claim.Status, rules ...string) claim.Request {
		asked := events.Request{Launch: claim.Launch{Account: "999988887777", Name: name}, ExpiresAt: expires}
		for _, text := range rules {
			asked.Rules = append(asked.Rules, secgroup.Entry{Rule: secgroup.MustParseRule(text),
				Description: "for " + name})
		}
		r := asked.On(group, at)
		if r.Status = st; st != claim.Open {
			r.Finished = at.Add(time.Hour)
		}
		if st == claim.Refused {
			r.Reasons = claim.Faults{{Field: "/rules", Problem: "no room"}}
		}
		return r
	}
	want := []claim.Request{
		request("a", time.Time{}, claim.Open, "tcp 8000-8004 from 10.0.0.0/8", "all from self", "icmp 3/4 to ::/0"),
		request("b", at.Add(24*time.Hour), claim.Open, "udp 53 from pl-0aaaaaaaaaaaaaaaa",
			"47 from 999988887777/sg-0aaaaaaaaaaaaaaaa"),
		request("c", time.Time{}, claim.Refused, "tcp 22 from 2001:db8::/32"),
		request("d", at, claim.Expired, "tcp 22 from 10.0.0.0/8"),
		request("e", time.Time{}, claim.Ended, "icmpv6 from ::/0"),
	}
	var printed strings.Builder
	if err := console.WriteJSON(&printed, claimsJSONOf("ours", want)); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{printed.String(), "\ufeff" + printed.String()} {
		got, installation, err := (&source{}).claims(write(t, text))
		if err != nil || installation != "ours" {
			t.Fatalf("installation %q, error %v", installation, err)
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b secgroup.Rule) bool { return a == b })); diff != "" {
			t.Errorf("claims (-want +got):\n%s", diff)
		}
		for i := range got {
			if got[i].Key() != want[i].Key() {
				t.Errorf("the key of %s became %s", want[i].Key(), got[i].Key())
			}
		}
	}
}

// TestClaimsUnreadable: an error names the place and the fault.
func TestClaimsUnreadable(t *testing.T) {
	const good = `{"launch": "a", "account": "111122223333", "group": "sg-0123456789abcdef0", "groupAccount": "111122223333", "region": "us-east-1",
		"rules": [{"IsEgress": false, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": "10.0.0.0/8"}],
		"receivedAt": "2026-11-23T09:00:00Z", "status": "open"}`
	file := func(old, new string) string {
		bad := strings.Replace(good, old, new, 1)
		if bad == good {
			t.Fatalf("there is no %s", old)
		}
		return `{"installation": "", "claims": [` + good + `, ` + bad + `]}`
	}
	for _, test := range []struct{ name, file, want string }{
		{"nothing", ``, "it is empty: want the output of sgkeeper claims --output json"},
		{"no JSON", `claims`, "it cannot be read as JSON: "},
		{"a list", `[]`, `want an object, found a list: want the output of sgkeeper claims`},
		{"cut", `{"claims": [`, "it cannot be read as JSON: unexpected EOF"},
		{"two documents", `{"claims": []} {"claims": []}`, "found more text after its end"},
		{"the rules", `{"SecurityGroupRules": []}`,
			`unknown key "SecurityGroupRules": want the output of sgkeeper claims --output json`},
		{"not complete", `{"claims": [], "unreadable": ["item SG#x/HEAD: schema version 9"]}`,
			"unreadable: the document lacks"},
		{"no claims", `{"installation": "x"}`, "claims are absent: want the output"},
		{"claims of another type", `{"claims": "none"}`, `claims: want a list, found a string`},
		{"no object", `{"claims": [42]}`, `claims[0]: want an object, found a number`},
		{"null", `{"claims": [null]}`, `claims[0].launch: want`},
		{"an unknown key", file(`"launch"`, `"launches"`), `claims[1]: unknown key "launches"`},
		{"no launch", file(`"launch": "a"`, `"launch": ""`), "claims[1].launch: want the launch's name"},
		{"a number for a name", file(`"launch": "a"`, `"launch": 7`),
			`claims[1]: launch: want a string, found a number`},
		{"an account", file(`"account": "111122223333"`, `"account": "me"`),
			`claims[1].account: found "me": want 12 digits`},
		{"a group", file(`"group": "sg-0123456789abcdef0"`, `"group": "shared"`),
			`claims[1].group: found "shared": want sg-`},
		{"a group's account", file(`"groupAccount": "111122223333"`, `"groupAccount": ""`),
			`claims[1].groupAccount: found "": want 12 digits`},
		{"no rules",
			file(`[{"IsEgress": false, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": "10.0.0.0/8"}]`,
				`[]`), "claims[1].rules: want at least one rule"},
		{"a rule", file(`10.0.0.0/8`, `10.0.0.0/40`), `claims[1].rules[0]: CidrIpv4`},
		{"no direction", file(`"IsEgress": false, `, ``), `claims[1].rules[0]: IsEgress is absent`},
		{"a time", file(`2026-11-23T09:00:00Z`, `yesterday`),
			`claims[1]: found "yesterday": want a time such as 2031-12-01T00:00:00Z`},
		{"no time", file(`"receivedAt": "2026-11-23T09:00:00Z", `, ``), `claims[1].receivedAt: absent: want a time`},
		{"a status", file(`"open"`, `"closed"`),
			`claims[1].status: found "closed": want open, refused, expired or ended`},
		{"no status", file(`, "status": "open"`, ``), `claims[1].status: found ""`},
		{"another owner than by the rules", file(`"groupAccount": "111122223333"`, `"groupAccount": "999988887777"`),
			`claims[1].groupAccount: found 999988887777, but by --rules sg-0123456789abcdef0 belongs to 111122223333`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			claims := write(t, test.file)
			rules := write(t, describedRules(sg, "tcp 22 from 10.0.0.0/8"))
			args := []string{"plan", "--rules", rules, "--event", write(t, "[]"), "--claims", claims, "--installation",
				"ours"}
			code := run(args, strings.NewReader(""), &stdout, &stderr)
			problem, ok := strings.CutPrefix(stderr.String(), "sgkeeper plan: --claims "+claims+": ")
			if code != 1 || stdout.Len() > 0 || !ok || !strings.Contains(problem, test.want) {
				t.Errorf("exit code %d, standard error %q, want 1 and %q", code, stderr.String(), test.want)
			}
		})
	}
}
