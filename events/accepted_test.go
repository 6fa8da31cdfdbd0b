package events

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

var accepted = []struct {
	name  string
	rules string
	want  []string // in secgroup's syntax, with a description after |, in any order
}{
	{"a number", `[{"ports":8000,"from":["0.0.0.0/0"]}]`, []string{"tcp 8000 from 0.0.0.0/0"}},
	{"a number with a fraction of zeros", `[{"ports":8000.0,"from":["0.0.0.0/0"]}]`,
		[]string{"tcp 8000 from 0.0.0.0/0"}},
	{"a text", `[{"ports":"8000","from":["0.0.0.0/0"]}]`, []string{"tcp 8000 from 0.0.0.0/0"}},
	{"a range", `[{"ports":"8002-8004","from":["0.0.0.0/0"]}]`, []string{"tcp 8002-8004 from 0.0.0.0/0"}},
	{"several in a text", `[{"ports":"8000,8002-8004","from":["::/0"]}]`,
		[]string{"tcp 8000 from ::/0", "tcp 8002-8004 from ::/0"}},
	{"pasted from a task", `[{"ports":[8000,"8002-8004","8010"],"from":["self"]}]`,
		[]string{"tcp 8000 from self", "tcp 8002-8004 from self", "tcp 8010 from self"}},
	{"the ends of the range", `[{"ports":[0,65535],"from":["self"]}]`,
		[]string{"tcp 0 from self", "tcp 65535 from self"}},
	{"egress", `[{"ports":443,"to":["0.0.0.0/0"]}]`, []string{"tcp 443 to 0.0.0.0/0"}},
	{"every kind of peer",
		`[{"protocol":"udp","ports":53,"from":["10.0.0.0/8","2001:db8::/32","198.51.100.7","2001:db8::1",
		"sg-0aaaaaaaaaaaaaaaa","999988887777/sg-0cccccccccccccccc","pl-0bbbbbbbbbbbbbbbb","self"]}]`,
		[]string{"udp 53 from 10.0.0.0/8", "udp 53 from 198.51.100.7/32", "udp 53 from 2001:db8::/32",
			"udp 53 from 2001:db8::1/128",
			"udp 53 from 999988887777/sg-0cccccccccccccccc", "udp 53 from pl-0bbbbbbbbbbbbbbbb", "udp 53 from self",
			"udp 53 from sg-0aaaaaaaaaaaaaaaa"}},
	{"IPv6 in another spelling", `[{"ports":22,"from":["2002::1234:0:0:0:0/64"]}]`,
		[]string{"tcp 22 from 2002:0:0:1234::/64"}},
	{"protocols in any case and by number",
		`[{"protocol":"TCP","ports":1,"from":["self"]},{"protocol":17.0,"ports":1,"from":["self"]},
		{"protocol":"58","from":["self"]},{"protocol":50,"from":["self"]},{"protocol":"ALL","from":["self"]}]`,
		[]string{"all from self", "tcp 1 from self", "udp 1 from self", "50 from self", "icmpv6 from self"}},
	{"every protocol by number", `[{"protocol":-1,"from":["self"]}]`, []string{"all from self"}},
	{"protocol 0 is HOPOPT", `[{"protocol":0,"from":["self"]}]`, []string{"0 from self"}},
	{"icmp of type and code", `[{"protocol":"icmp","icmp":{"type":3,"code":4},"from":["self"]}]`,
		[]string{"icmp 3/4 from self"}},
	{"icmp of every code",
		`[{"protocol":1,"icmp":{"type":8,"code":-1},"from":["self"]},{"protocol":"icmp","icmp":{"type":8},"from":["self"]}]`,
		[]string{"icmp 8 from self"}},
	{"icmp of every type",
		`[{"protocol":"icmp","icmp":{"type":-1,"code":-1},"from":["self"]},{"protocol":"icmp","icmp":{},"from":["self"]},
		{"protocol":"icmp","from":["self"]}]`, []string{"icmp from self"}},
	{"adjoining ports are merged", `[{"ports":[8000,8001,"8002-8003",8005],"from":["self"]}]`,
		[]string{"tcp 8000-8003 from self", "tcp 8005 from self"}},
	{"repeats are one rule, described by the lowest port",
		`[{"ports":"8001-8003","from":["self"],"description":"b"},{"ports":8000,"from":["self"],"description":"a"}]`,
		[]string{"tcp 8000-8003 from self|a"}},
	{"the group's own id is self", `[{"ports":1,"from":["self","` + groupID + `","` + ownAccount + `/` + groupID +
		`"]}]`, []string{"tcp 1 from self"}},
	{"another account's group of the same id is not", `[{"ports":1,"from":["999988887777/` + groupID + `"]}]`,
		[]string{"tcp 1 from 999988887777/" + groupID}},
	{"every character of a description", `[{"ports":1,"from":["self"],"description":"aZ09. _-:/()#,@[]+=&;{}!$*"}]`,
		[]string{"tcp 1 from self|aZ09. _-:/()#,@[]+=&;{}!$*"}},
	{"an empty description", `[{"ports":1,"from":["self"],"description":""}]`, []string{"tcp 1 from self"}},
}

func TestAccepted(t *testing.T) {
	for _, w := range wrappings {
		for _, a := range accepted {
			m := decodeOne(t, own, w.wrap(LaunchRequested, ruled(a.rules)))
			if m.Request == nil || m.Faults != nil {
				t.Errorf("%s: %s: refused: %v", w.name, a.name, m.Faults)
				continue
			}
			if diff := cmp.Diff(slices.Sorted(slices.Values(a.want)), lines(m.Request.Rules)); diff != "" {
				t.Errorf("%s: %s: rules differ (-want +got):\n%s", w.name, a.name, diff)
			}
		}
	}
}

// lines returns the entries as sorted texts.
func lines(entries []secgroup.Entry) []string {
	var out []string
	for _, e := range entries {
		line := e.Rule.String()
		if e.Description != "" {
			line += "|" + e.Description
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

func TestLaunchNames(t *testing.T) {
	for _, name := range []string{"a", "0", "llama4-7f3a", "a._:/=+@-z", strings.Repeat("a", 128)} {
		m := decodeOne(t, own, bareOf(LaunchEnded, `{"launch":"`+name+`"}`))
		if m.End == nil || m.End.Launch != (claim.Launch{Account: ownAccount, Name: name}) || m.Launch != m.End.Launch {
			t.Errorf("launch %s: %+v", name, m)
		}
	}
}

func TestGroups(t *testing.T) {
	for _, row := range []struct {
		group string
		want  Group
	}{
		{`"` + groupID + `"`, Group{ID: groupID, Account: ownAccount, Region: ownRegion}},
		// the length of ids until 2018
		{`"sg-12345678"`, Group{ID: "sg-12345678", Account: ownAccount, Region: ownRegion}},
		{`{"id":"` + groupID + `"}`, Group{ID: groupID, Account: ownAccount, Region: ownRegion}},
		{`{"id":"` + groupID + `","account":"999988887777"}`,
			Group{ID: groupID, Account: "999988887777", Region: ownRegion}},
		{`{"id":"` + groupID + `","region":"us-gov-west-1"}`,
			Group{ID: groupID, Account: ownAccount, Region: "us-gov-west-1"}},
		{`{"name":"web tier (a&b)","vpc":"vpc-12345678"}`, Group{Name: "web tier (a&b)", VPC: "vpc-12345678",
			Account: ownAccount, Region: ownRegion}},
	} {
		m := decodeOne(t, own, bareOf(LaunchRequested, grouped(row.group)))
		if m.Request == nil || m.Request.Group != row.want || m.Group != row.want {
			t.Errorf("group %s = %+v, want %+v; faults %v", row.group, m.Group, row.want, m.Faults)
		}
		m = decodeOne(t, own, bareOf(LaunchEnded, `{"launch":"a","group":`+row.group+`}`))
		if m.End == nil || m.End.Group == nil || *m.End.Group != row.want {
			t.Errorf("end of group %s = %+v, want %+v; faults %v", row.group, m.End, row.want, m.Faults)
		}
	}
}

func TestEndOfEveryGroup(t *testing.T) {
	m := decodeOne(t, own, bareOf(LaunchEnded, `{"launch":"a"}`))
	if m.End == nil || m.End.Group != nil {
		t.Errorf("end without group = %+v, want one of every group", m.End)
	}
}

func TestExpiry(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-12-01T00:00:00Z":         time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
		"2026-12-01T01:00:00+01:00":    time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
		"2026-12-01T00:00:00.25-00:00": time.Date(2026, 12, 1, 0, 0, 0, 250e6, time.UTC),
		"2024-02-29T23:59:59Z":         time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC),
		"1999-01-01T00:00:00Z":         time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), // a past expiry is refused later
	} {
		m := decodeOne(t, own, bareOf(LaunchRequested, expiring(`"`+text+`"`)))
		if m.Request == nil || m.Request.ExpiresAt != want {
			t.Errorf("expiresAt %s = %v, want %v; faults %v", text, m.Request, want, m.Faults)
		}
	}
	if m := decodeOne(t, own, bareOf(LaunchRequested, peered(`["self"]`))); !m.Request.ExpiresAt.IsZero() {
		t.Errorf("absent expiresAt = %v, want none", m.Request.ExpiresAt)
	}
}

func TestRemarks(t *testing.T) {
	m := decodeOne(t, own,
		bareOf(LaunchRequested, peered(`["18.178.71.86/20","10.0.0.0/8","2001:db8::1/64","198.51.100.7"]`)))
	want := []claim.Fault{
		{Field: "/rules/0/from/0", Problem: "18.178.71.86/20 was read as 18.178.64.0/20"},
		{Field: "/rules/0/from/2", Problem: "2001:db8::1/64 was read as 2001:db8::/64"},
	}
	if diff := cmp.Diff(want, m.Request.Remarks); diff != "" {
		t.Errorf("remarks differ (-want +got):\n%s", diff)
	}
}

func TestRuleLimit(t *testing.T) {
	for _, row := range []struct {
		ports, peers int
		fits         bool
	}{
		{100, 10, true},
		{1000, 1, true},
		{1, 1000, true},
		{1001, 1, false},
		{143, 7, false},        // 1,001
		{20_000, 9_000, false}, // 180 million, which would need 20 GB
	} {
		payload := bareOf(LaunchRequested, ruled(`[`+wide(row.ports, row.peers)+`]`))
		m := decodeOne(t, own, payload)
		if fits := m.Request != nil; fits != row.fits {
			t.Errorf("%d ports x %d peers: accepted %v, want %v", row.ports, row.peers, fits, row.fits)
		}
		if !row.fits {
			checkFaults(t, "limit", m.Faults, []want{{"/rules", fmt.Sprint(row.ports * row.peers)}})
		}
	}
}

func TestRuleLimitHoldsForTheWholeRequest(t *testing.T) {
	m := decodeOne(t, own, bareOf(LaunchRequested, ruled(`[`+wide(500, 1)+`,`+wide(1, 501)+`]`)))
	checkFaults(t, "limit", m.Faults, []want{{"/rules", "1001"}})
}

// wide returns a rule with that number of equal ports, and of equal peers.
func wide(ports, peers int) string {
	return `{"ports":"80` + strings.Repeat(",80", ports-1) + `","from":["self"` + strings.Repeat(`,"self"`, peers-1) +
		`]}`
}

// TestPurpose reads an event's requester, reason and ticket, and writes them again.
func TestPurpose(t *testing.T) {
	purpose := claim.Purpose{Requester: "team-inference", Reason: strings.Repeat("ü", 512), Ticket: "OPS-1234"}
	detail := strings.TrimSuffix(peered(`["self"]`), "}") + `,"requester":"` + purpose.Requester + `","reason":"` +
		purpose.Reason + `","ticket":"OPS-1234"}`
	for _, w := range wrappings {
		m := decodeOne(t, own, w.wrap(LaunchRequested, detail))
		if m.Request == nil || m.Request.Purpose != purpose {
			t.Fatalf("%s: %+v %v, want %+v", w.name, m.Request, m.Faults, purpose)
		}
		written, err := m.Request.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if again := decodeOne(t, own, w.wrap(LaunchRequested, string(written))); again.Request == nil ||
			again.Request.Purpose != purpose {
			t.Errorf("%s: written as %s", w.name, written)
		}
	}
	long := strings.Replace(detail, purpose.Reason, purpose.Reason+"x", 1)
	checkFaults(t, "too long", decodeOne(t, own, bareOf(LaunchRequested, long)).Faults,
		[]want{{"/reason", "513 characters"}})
}
