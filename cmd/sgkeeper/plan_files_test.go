package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEventFiles tries every form of a file of events.
func TestEventFiles(t *testing.T) {
	const (
		a = `{"launch": "a", "group": "sg-0123456789abcdef0", "rules": [{"ports": 8000, "from": ["self"]}]}`
		b = `{"launch": "b", "group": "sg-0123456789abcdef0", "rules": [{"ports": 8002, "from": ["10.0.0.0/8"]}]}`
	)
	self, ten := "tcp 8000 from 111122223333/sg-0123456789abcdef0", "tcp 8002 from 10.0.0.0/8"
	for _, test := range []struct {
		name, file string
		adds       []string
		rejects    []string
	}{
		{"an event", requested(a), adds(self), nil},
		{"an event without what EventBridge adds", `{"detail-type": "Launch Requested", "detail": ` + a + `}`,
			adds(self), nil},
		{"a bare detail", a, adds(self), nil},
		{"a bare detail with its type", `{"detailType": "Launch Requested", ` + a[1:], adds(self), nil},
		{"a byte order mark", "\ufeff" + a, adds(self), nil},
		{"a list of events", `[` + requested(a) + `, ` + requested(b) + `]`, adds(self, ten), nil},
		{"a list of bare details", `[` + a + `, ` + b + `]`, adds(self, ten), nil},
		{"a list of both", `[` + a + `, ` + requested(b) + `]`, adds(self, ten), nil},
		{"an end in a list", `[` + a + `, ` + b + `, {"detailType": "Launch Ended", "launch": "a"}]`, adds(ten), nil},
		{"an end before, in a list", `[{"detailType": "Launch Ended", "launch": "a"}, ` + a + `, ` + b + `]`, adds(ten),
			rejects("a /launch")},
		{"an end of the same launch in an envelope", `[` + a + `, ` + ends("a") + `]`, nil, nil},
		{"an empty list", `[]`, nil, nil},
		{"one bad of two", `[` + a + `, {"launch": "b"}]`, adds(self), rejects("b /group", "b /rules")},
		{"no event", `[` + a + `, 42]`, adds(self), rejects("")},
		{"a sweep", `{"sgkeeper": "sweep"}`, nil, rejects("")},
		{"an SQS batch", `{"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": "{}"}]}`, nil, rejects("")},
		{"two shapes", `{"detail-type": "Launch Requested", "detail": ` + a + `, "detailType": "Launch Requested"}`,
			nil, rejects("")},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := write(t, test.file)
			for _, form := range []string{describedRules(sg, "tcp 22 from 10.0.0.0/8"),
				describedGroups(sg, "tcp 22 from 10.0.0.0/8"), describedGroups(sg)} {
				got := planned(t, "--rules", write(t, form), "--event", file)
				if diff := cmp.Diff(sorted(test.adds), got.adds()); diff != "" {
					t.Errorf("authorize (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(sorted(test.rejects), got.rejects()); diff != "" {
					t.Errorf("rejected (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestGroupNotInTheFile: a list of groups shows a group without rules; a list of rules does
// not.
func TestGroupNotInTheFile(t *testing.T) {
	event := write(t, `{"launch": "a", "group": "sg-0123456789abcdef0", "rules": [{"ports": 8000, "from": ["self"]}]}`)
	for _, test := range []struct {
		name, rules string
		adds        []string
		rejects     []string
	}{
		{"no rules", `{"SecurityGroupRules": []}`, adds("tcp 8000 from sg-0123456789abcdef0"), nil},
		{"another group's rules", describedRules("sg-0fffffffffffffff0", "tcp 8000 from self"),
			adds("tcp 8000 from 111122223333/sg-0123456789abcdef0"), nil},
		{"no groups", `{"SecurityGroups": []}`, nil, rejects("a /group")},
		{"another group", describedGroups("sg-0fffffffffffffff0", "tcp 8000 from self"), nil, rejects("a /group")},
		{"the group, without rules", describedGroups(sg), adds("tcp 8000 from 111122223333/sg-0123456789abcdef0"), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := planned(t, "--rules", write(t, test.rules), "--event", event)
			if diff := cmp.Diff(sorted(test.adds), got.adds()); diff != "" {
				t.Errorf("authorize (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(sorted(test.rejects), got.rejects()); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
		})
	}
}
