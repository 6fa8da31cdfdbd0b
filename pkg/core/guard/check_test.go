package guard_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
)

// file returns a guardrails file with the given allow and deny rules. "-" means no allow list.
func file(allow, deny string) string {
	text := "builtin: false\n"
	if allow != "-" {
		text += "allow: [{id: a, rules: [" + allow + "]}]\n"
	}
	if deny != "" {
		text += "deny: [{id: d, reason: because, rules: [" + deny + "]}]\n"
	}
	return text
}

// TestCheck tries one bypass in each row.
func TestCheck(t *testing.T) {
	const web = `{ports: "8000-8999", from: [0.0.0.0/0, "::/0"]}`
	for _, test := range []struct {
		name, allow, deny, rules string
		want                     string // part of the faults; "" if the request is allowed
	}{
		{"within", web, "", "tcp 8000-8999 from 0.0.0.0/0", ""},
		{"narrower", web, "", "tcp 8080 from 10.0.0.0/8", ""},
		{"a port more", web, "", "tcp 8000-9000 from 0.0.0.0/0", "no allow entry admits tcp 9000 from 0.0.0.0/0"},
		{"the other protocol", web, "", "udp 8080 from 0.0.0.0/0", "no allow entry admits it"},
		{"all protocols", web, "", "all from 10.0.0.0/8", "no allow entry admits it"},
		{"egress", web, "", "tcp 8080 to 10.0.0.0/8", "no allow entry admits it"},
		{"every port of tcp is not all traffic", `{ports: "0-65535", from: [10.0.0.0/8]}`, "", "all from 10.0.0.0/8",
			"no allow entry admits it"},
		{"all traffic is every port", `{protocol: all, from: [10.0.0.0/8]}`, "", "tcp 22 from 10.1.0.0/16", ""},
		{"IPv4 is not IPv6", `{ports: 80, from: [0.0.0.0/0]}`, "", "tcp 80 from ::/0", "no allow entry admits it"},
		{"IPv6 is not IPv4", `{ports: 80, from: ["::/0"]}`, "", "tcp 80 from 0.0.0.0/0", "no allow entry admits it"},
		{"halves make a whole", `{ports: 80, from: [0.0.0.0/1]}, {ports: 80, from: [128.0.0.0/1]}`, "",
			"tcp 80 from 0.0.0.0/0", ""},
		{"ranges make a range", `{ports: "80-89", from: [10.0.0.0/8]}, {ports: "90-99", from: [10.0.0.0/8]}`, "",
			"tcp 80-99 from 10.0.0.0/8", ""},
		{"a wider CIDR", `{ports: 80, from: [10.0.0.0/8]}`, "", "tcp 80 from 10.0.0.0/7",
			"no allow entry admits tcp 80 from 11.0.0.0/8"},
		{"one address outside", `{ports: 80, from: [10.0.0.0/8]}`, "", "tcp 80 from 11.0.0.1/32",
			"no allow entry admits it"},
		{"a group that is listed", `{ports: 80, from: [` + peer + `]}`, "", "tcp 80 from " + peer, ""},
		{"by its owner too", `{ports: 80, from: [` + peer + `]}`, "", "tcp 80 from " + other + "/" + peer, ""},
		{"another group", `{ports: 80, from: [` + peer + `]}`, "", "tcp 80 from sg-0cccccccccccccccc",
			"no allow entry admits it"},
		{"a group is no address", web, "", "tcp 8080 from " + peer, "no allow entry admits it"},
		{"any group", `{ports: 80, from: ["sg-*"]}`, "", "tcp 80 from " + peer, ""},
		{"itself is a group", `{ports: 80, from: ["sg-*"]}`, "", "tcp 80 from self", ""},
		{"itself", `{ports: 80, from: [self]}`, "", "tcp 80 from self", ""},
		{"itself by id", `{ports: 80, from: [self]}`, "", "tcp 80 from " + account + "/" + group, ""},
		{"itself by the id in the file", `{ports: 80, from: [` + group + `]}`, "", "tcp 80 from self", ""},
		{"another is not itself", `{ports: 80, from: [self]}`, "", "tcp 80 from " + peer, "no allow entry admits it"},
		{"an account's groups", `{ports: 80, from: ["` + other + `/sg-*"]}`, "", "tcp 80 from " + other + "/" + peer,
			""},
		{"of another account", `{ports: 80, from: ["` + other + `/sg-*"]}`, "", "tcp 80 from " + account + "/" + peer,
			"no allow entry admits it"},
		{"of an unknown account", `{ports: 80, from: ["` + other + `/sg-*"]}`, "", "tcp 80 from " + peer,
			"no allow entry admits it"},
		{"a list that is listed", `{ports: 80, from: [` + list + `]}`, "", "tcp 80 from " + list, ""},
		{"another list", `{ports: 80, from: [` + list + `]}`, "", "tcp 80 from pl-0cccccccccccccccc",
			"the entries of pl-0cccccccccccccccc are not known here"},
		{"a list, if all addresses are allowed", `{protocol: all, from: [0.0.0.0/0, "::/0", "sg-*"]}`, "",
			"tcp 80 from " + list, "the entries of " + list + " are not known here"},
		{"a list without an allow list", "-", "", "tcp 80 from " + list, ""},
		{"a list on a port denied to the world", "-", `{ports: 22, from: [world]}`, "tcp 22 from " + list,
			"the entries of " + list + " are not known here"},
		{"anything without an allow list", "-", "", "all from 0.0.0.0/0, all from " + peer + ", all to ::/0", ""},
		{"a type of ICMP", `{protocol: icmp, icmp: {type: 8}, from: [0.0.0.0/0]}`, "", "icmp 8/0 from 0.0.0.0/0", ""},
		{"another", `{protocol: icmp, icmp: {type: 8}, from: [0.0.0.0/0]}`, "", "icmp 3/4 from 0.0.0.0/0",
			"no allow entry admits it"},
		{"all types", `{protocol: icmp, icmp: {type: 8}, from: [0.0.0.0/0]}`, "", "icmp from 0.0.0.0/0",
			"no allow entry admits it"},

		{"denied", "-", `{ports: 22, from: [0.0.0.0/0]}`, "tcp 22 from 10.0.0.0/8",
			`is denied by entry "d" (because): it overlaps tcp 22 from 0.0.0.0/0; no part of it would be allowed`},
		{"in a range", "-", `{ports: 22, from: [0.0.0.0/0]}`, "tcp 20-25 from 10.0.0.0/8",
			"allowed would be tcp 20-21 from 10.0.0.0/8, tcp 23-25 from 10.0.0.0/8"},
		{"the remaining part must be allowed", `{ports: "0-22", from: [10.0.0.0/8]}`, `{ports: 22, from: [0.0.0.0/0]}`,
			"tcp 20-25 from 10.0.0.0/8", "allowed would be tcp 20-21 from 10.0.0.0/8"},
		{"around a CIDR", "-", `{ports: 22, from: [10.1.0.0/16]}`, "tcp 22 from 10.0.0.0/8", "is denied"},
		{"beside it", "-", `{ports: 22, from: [10.1.0.0/16]}`, "tcp 22 from 10.2.0.0/16", ""},
		{"all traffic", "-", `{ports: 22, from: [0.0.0.0/0]}`, "all from 10.0.0.0/8", "is denied"},
		{"the protocol by number", "-", `{protocol: "6", ports: 22, from: [0.0.0.0/0]}`, "tcp 22 from 10.0.0.0/8",
			"is denied"},
		{"a protocol in all traffic", "-", `{protocol: 47, from: [0.0.0.0/0]}`, "all from 10.0.0.0/8", "is denied"},
		{"the other family", "-", `{ports: 22, from: [0.0.0.0/0]}`, "tcp 22 from ::/0", ""},
		{"the other direction", "-", `{ports: 22, from: [0.0.0.0/0]}`, "tcp 22 to 0.0.0.0/0", ""},
		{"every group", "-", `{ports: 22, from: ["sg-*"]}`, "tcp 22 from self", "is denied"},
		{"groups that may be an account's", "-", `{ports: 22, from: ["` + other + `/sg-*"]}`, "tcp 22 from " + peer,
			"is denied"},
		{"groups that are not", "-", `{ports: 22, from: ["` + other + `/sg-*"]}`, "tcp 22 from " + account + "/" + peer,
			""},
		{"every list", `{ports: 22, from: [` + list + `]}`, `{ports: 22, from: ["pl-*"]}`, "tcp 22 from " + list,
			"is denied"},
		{"the world", "-", `{ports: 5005, from: [world]}`, "tcp 5000-5010 from 0.0.0.0/0",
			`is denied by entry "d" (because): it opens tcp 5005 from world`},
		{"the world in halves", "-", `{ports: 5005, from: [world]}`,
			"tcp 5005 from 0.0.0.0/1, tcp 5005 from 128.0.0.0/1", "it opens tcp 5005 from world"},
		{"the world in many pieces", "-", `{ports: 5005, from: [world]}`,
			"tcp 5005 from 51.0.0.0/8, tcp 5005 from 53.0.0.0/8", "together with other rules of the request, it opens"},
		{"not the world", "-", `{ports: 5005, from: [world]}`, "tcp 5005 from 10.0.0.0/8, tcp 5005 from self", ""},
		{"to the world", "-", `{ports: 25, to: [world]}`, "tcp 25 to 0.0.0.0/0", "is denied"},
	} {
		g := read(t, file(test.allow, test.deny))
		got := check(t, g, ask(strings.Split(test.rules, ", ")...))
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestScope checks entries for some groups, launches and accounts.
func TestScope(t *testing.T) {
	const rules = "rules: [{ports: 80, from: [0.0.0.0/0]}]}"
	facts := &guard.Facts{Name: "web-1", Tags: map[string]string{"env": "prod", "team": "ml"}}
	for _, test := range []struct {
		scope string
		facts *guard.Facts
		want  bool // the request is allowed
		needs bool
	}{
		{"", nil, true, false},
		{"groups: [" + group + "], ", nil, true, false},
		{"groups: [sg-0cccccccccccccccc], ", nil, false, false},
		{"groups: [" + group + ", 'web-*'], ", nil, true, false},
		{"groups: ['web-*'], ", nil, false, true},
		{"groups: ['web-*'], ", facts, true, false},
		{"groups: ['*-1'], ", facts, true, false},
		{"groups: ['w*b*1'], ", facts, true, false},
		{"groups: [web], ", facts, false, false},
		{"groups: ['db-*'], ", facts, false, false},
		{"tags: {env: prod}, ", nil, false, true},
		{"tags: {env: prod}, ", facts, true, false},
		{"tags: {env: 'p*', team: '*'}, ", facts, true, false},
		{"tags: {env: prod, owner: '*'}, ", facts, false, false},
		{"tags: {env: prod}, ", &guard.Facts{}, false, false},
		{"tags: {env: prod}, groups: ['db-*'], ", facts, false, false},
		{"launches: ['a'], ", nil, true, false},
		{"launches: ['a*', b], ", nil, true, false},
		{"launches: [b], ", nil, false, false},
		{"accounts: ['" + account + "'], ", nil, true, false},
		{"accounts: ['" + other + "'], ", nil, false, false},
		{"launches: [b], tags: {env: prod}, ", nil, false, false}, // the verdict does not depend on the tags
	} {
		a := ask("tcp 80 from 10.0.0.0/8")
		a.Group.Facts = test.facts
		allow := read(t, "allow: [{id: x, "+test.scope+rules+"]")
		faults, needs := allow.Check(a)
		if (faults == nil) != test.want || needs != test.needs {
			t.Errorf("allow %s: %v, needs %v", test.scope, faults, needs)
		}
		deny := read(t, "deny: [{id: x, "+test.scope+rules+"]")
		faults, needs = deny.Check(a)
		if refused := faults != nil; refused != (test.want || test.needs) || needs != test.needs {
			t.Errorf("deny %s: %v, needs %v", test.scope, faults, needs)
		}
	}
}

// TestNeedsNothing: Check does not need tags if other entries decide the verdict.
func TestNeedsNothing(t *testing.T) {
	tagged := read(t, `
allow:
- {id: all, rules: [{ports: 80, from: [10.0.0.0/8]}]}
- {id: dev, tags: {env: dev}, rules: [{ports: "80-90", from: [10.0.0.0/8]}]}
deny:
- {id: never, rules: [{ports: 85, from: [10.0.0.0/8]}]}
- {id: prod, tags: {env: prod}, rules: [{ports: 82, from: [10.0.0.0/8]}]}`)
	for rule, want := range map[string]struct{ refused, needs bool }{
		"tcp 80 from 10.0.0.0/8": {false, false}, // allowed with any tags
		"tcp 81 from 10.0.0.0/8": {true, true},
		"tcp 82 from 10.0.0.0/8": {true, true},
		"tcp 85 from 10.0.0.0/8": {true, false}, // denied with any tags
		"tcp 99 from 10.0.0.0/8": {true, false}, // allowed nowhere
	} {
		faults, needs := tagged.Check(ask(rule))
		if (faults != nil) != want.refused || needs != want.needs {
			t.Errorf("%s: %v, needs %v", rule, faults, needs)
		}
	}
}

func TestLimits(t *testing.T) {
	for _, test := range []struct {
		limits  string
		expires time.Time
		rules   string
		want    string
	}{
		{"{rules: 1}", time.Time{}, "tcp 80 from 10.0.0.0/8", ""},
		{"{rules: 1}", time.Time{}, "tcp 80 from 10.0.0.0/8, tcp 80 from 11.0.0.0/8",
			"/rules: 2 rules: a launch may have at most 1 in a group"},
		{"{expiry: 12h}", now.Add(12 * time.Hour), "tcp 80 from 10.0.0.0/8", ""},
		{"{expiry: 12h}", now.Add(12*time.Hour + time.Second), "tcp 80 from 10.0.0.0/8",
			"/expiresAt: 2026-11-25T00:00:01Z is too late: a request must expire within 12h; " +
				"want at most 2026-11-25T00:00:00Z"},
		{"{expiry: 1d}", time.Time{}, "tcp 80 from 10.0.0.0/8",
			"/expiresAt: absent: a request must expire within 1d; want at most 2026-11-25T12:00:00Z"},
		{"{expiry: 90m}", time.Time{}, "tcp 80 from 10.0.0.0/8", "within 90m"},
		{"{worldExpires: true}", time.Time{}, "tcp 80 from 0.0.0.0/0",
			"/expiresAt: absent: a rule that is open to the world must expire"},
		{"{worldExpires: true}", time.Time{}, "tcp 80 from 51.0.0.0/8, tcp 80-90 from 53.0.0.0/8", "must expire"},
		{"{worldExpires: true}", time.Time{}, "tcp 80 from 51.0.0.0/8, tcp 81 from 53.0.0.0/8", ""},
		{"{worldExpires: true}", time.Time{}, "icmp 8 from 51.0.0.0/8, icmp from 53.0.0.0/8", "must expire"},
		{"{worldExpires: true}", time.Time{}, "tcp 80 from 10.0.0.0/8, tcp 80 to 0.0.0.0/0", ""},
		{"{worldExpires: true}", now.Add(time.Hour), "tcp 80 from 0.0.0.0/0", ""},
		{"{worldExpires: false}", time.Time{}, "tcp 80 from 0.0.0.0/0", ""},
	} {
		a := ask(strings.Split(test.rules, ", ")...)
		a.ExpiresAt = test.expires
		got := check(t, read(t, "limits: "+test.limits), a)
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s, %s: %q, want %q", test.limits, test.rules, got, test.want)
		}
	}
}

// TestFields: a fault names the field of the event.
func TestFields(t *testing.T) {
	g := read(t, file(`{ports: "8000-8999", from: [10.0.0.0/8, self]}`, `{ports: 8080, from: [self]}`)+"\n")
	m, err := events.Decoder{Account: account, Region: "us-east-1"}.DecodeFile([]byte(`{"launch":"a","group":"` +
		group + `","rules":[
		{"ports":"8000-8010","from":["10.0.0.0/8"]},
		{"ports":[9000,"8011-8020"],"from":["10.0.0.0/8","` + group + `"]},
		{"ports":"8050-8090","from":["self"]}]}`))
	if err != nil || m[0].Request == nil {
		t.Fatal(err, m)
	}
	a := guard.Candidate{Launch: m[0].Launch, Group: guard.Group{Account: account, ID: group},
		Rules: m[0].Request.Rules, Parts: m[0].Request.Parts, Received: now}
	faults, _ := g.Check(a)
	got := make(map[string]string)
	for _, f := range faults {
		got[f.Field] += f.Problem
	}
	for field, want := range map[string]string{
		"/rules/1/from/0": "tcp 9000 from 10.0.0.0/8 is not allowed",
		"/rules/1/from/1": "tcp 9000 from self is not allowed",
		"/rules/2/from/0": "tcp 8050-8090 from self is denied",
	} {
		if !strings.Contains(got[field], want) {
			t.Errorf("%s: %q, want %q", field, got[field], want)
		}
	}
	if len(faults) != 3 {
		t.Errorf("%d faults: %v", len(faults), faults)
	}
}

// TestManyFaults: the number of listed faults is bounded.
func TestManyFaults(t *testing.T) {
	var rules []string
	for i := range 1000 {
		rules = append(rules, "tcp "+strings.Repeat("1", 1+i%4)+" from "+"10."+itoa(i/250)+"."+itoa(i%250)+".0/24")
	}
	faults, _ := manyEntries(2000).Check(ask(rules...))
	if len(faults) != 101 || faults[100].Problem != "900 more faults are not listed" {
		t.Errorf("%d faults, the last %v", len(faults), faults[len(faults)-1])
	}
}

func itoa(i int) string { return strconv.Itoa(i) }

func TestAdminNamesAnothersLaunch(t *testing.T) {
	g := read(t, "admins: [{id: x, accounts: ['"+account+"']}, {id: y, accounts: ['444455556666'], "+
		"launches: ['job-*']}]")
	for _, test := range []struct{ account, name, wantAccount, wantName string }{
		{account, other + "/job-1", other, "job-1"},
		{account, account + "/job-1", account, "job-1"},
		{account, "job-1", account, "job-1"},
		{account, other + "/", account, other + "/"},
		{account, other + "/.a", account, other + "/.a"}, // not a launch's name
		{account, "99998888777/a", account, "99998888777/a"},
		{account, "team/a", account, "team/a"},
		{"444455556666", other + "/job-1", other, "job-1"},
		{"444455556666", other + "/web-1", "444455556666", other + "/web-1"},
		{other, account + "/job-1", other, account + "/job-1"}, // no admin, so it is an ordinary name
	} {
		got, faults := g.Means(endOf(test.account, test.name), account)
		if want := (claim.Launch{Account: test.wantAccount, Name: test.wantName}); got != want || faults != nil {
			t.Errorf("%s from %s: %v %v, want %v", test.name, test.account, got, faults, want)
		}
	}
	m := endOf(account, other+"/a")
	if l, faults := guard.Builtin().Means(m, account); l != m.Launch || faults != nil {
		t.Error("without admins, a name is a name")
	}
}

// endOf returns an account's event that ends a launch.
func endOf(account, launch string) guard.Event {
	return guard.Event{Launch: claim.Launch{Account: account, Name: launch}, Origin: claim.Origin{Account: account}}
}
