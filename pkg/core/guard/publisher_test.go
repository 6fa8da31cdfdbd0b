package guard_test

import (
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
)

const teams = `
publishers:
  - {name: team-a, sources: [team-a], launches: ["a-*"]}
  - {name: team-b, sources: [team-b, "b.*"], senders: ["AROAB:*"], launches: ["b-*", "shared-*"]}
  - {name: afar, accounts: ["444455556666"]}
  - {name: ops, sources: [ops]}
admins:
  - {id: ops, publishers: [ops], reach: ["777788889999"]}
reach:
  - {accounts: ["444455556666"], groups: ["` + account + `"]}
`

// TestMeans: each event belongs to one publisher, or to none.
func TestMeans(t *testing.T) {
	g := read(t, teams)
	const far = "444455556666"
	for _, test := range []struct {
		name, account, source, sender, launch string
		want                                  string // the launch, or
		says                                  string // part of the fault
	}{
		{"by source", account, "team-a", "", "a-1", account + ":team-a/a-1", ""},
		{"by another source", account, "b.ci", "", "b-1", account + ":team-b/b-1", ""},
		{"by sender", account, "", "AROAB:ci", "b-1", account + ":team-b/b-1", ""},
		{"by account", far, "anything", "", "x", far + ":afar/x", ""},
		{"another's name", account, "team-a", "", "b-1", "", `may not name a launch b-1: its launches are a-*`},
		{"another account's source", other, "team-a", "", "a-1", "",
			`account ` + other + ` with source "team-a" belongs to no publisher`},
		{"no such source", account, "team-c", "", "a-1", "", `source "team-c" belongs to no publisher`},
		{"no such sender", account, "", "AROAC:ci", "b-1", "", `sender "AROAC:ci" belongs to no publisher`},
		{"a sender is no source", account, "AROAB:ci", "", "b-1", "", "belongs to no publisher"},
		{"an invocation", account, "", "", "a-1", "", "an invocation of the function"},
		{"an admin", account, "ops", "", account + ":team-a/a-1", account + ":team-a/a-1", ""},
		{"an admin, of an owner without namespace", account, "ops", "", other + "/a-1", other + "/a-1", ""},
		{"an admin's own", account, "ops", "", "o-1", account + ":ops/o-1", ""},
		{"no admin", account, "team-a", "", account + ":team-b/b-1", "", "may not name"},
	} {
		m := endOf(test.account, test.launch)
		m.Origin.Source, m.Origin.Sender = test.source, test.sender
		l, faults := g.Means(m, account)
		switch {
		case test.says != "" && (len(faults) != 1 || !strings.Contains(faults[0].Problem, test.says)):
			t.Errorf("%s: %v, want %q", test.name, faults, test.says)
		case test.says == "" && (faults != nil || l.String() != test.want):
			t.Errorf("%s: %v %v, want %s", test.name, l, faults, test.want)
		}
	}
}

// TestAmbiguousPublisher: the file cannot show that two publishers overlap if one of them
// names the function's own account.
func TestAmbiguousPublisher(t *testing.T) {
	g := read(t, "publishers: [{name: a, sources: [x]}, {name: b, accounts: ['"+account+"'], sources: ['*']}]")
	m := endOf(account, "l")
	m.Origin.Source = "x"
	if _, faults := g.Means(m, account); len(faults) != 1 ||
		!strings.Contains(faults[0].Problem, "several publishers") {
		t.Errorf("%v, want a fault", faults)
	}
	if l, faults := g.Means(m, other); faults != nil || l.Namespace != "b" {
		t.Errorf("%v %v, want publisher b: the other is of account %s", l, faults, other)
	}
}

// TestReach: a publisher reaches only groups of its own account, unless the guardrails add
// others. An end reaches any group.
func TestReach(t *testing.T) {
	g := read(t, teams)
	const far, third = "444455556666", "777788889999"
	for _, test := range []struct {
		publisher, source, launch, owner string
		fits                             bool
	}{
		{account, "team-a", "a-1", account, true},
		{account, "team-a", "a-1", far, false},
		{far, "x", "x", far, true},
		{far, "x", "x", account, true},
		{far, "x", "x", third, false},
		{account, "ops", account + ":team-a/a-1", account, true},
		{account, "ops", account + ":team-a/a-1", third, true}, // by the admin's entry
		{account, "ops", account + ":team-a/a-1", other, false},
		{account, "ops", far + ":afar/x", far, true},
	} {
		m := endOf(test.publisher, test.launch)
		m.Origin.Source = test.source
		if _, faults := g.Means(m, account); faults != nil {
			t.Errorf("%+v: an end is refused: %v", test, faults)
		}
		m.Owner = test.owner
		_, faults := g.Means(m, account)
		if (faults == nil) != test.fits || faults != nil && (faults[0].Field != "/group/account" ||
			!strings.Contains(faults[0].Problem, "add {accounts: ")) {
			t.Errorf("%+v: %v", test, faults)
		}
	}
	if _, faults := guard.Builtin().Means(guard.Event{
		Origin: claim.Origin{Account: account}, Launch: claim.Launch{Account: account}, Owner: other,
	}, account); len(faults) != 1 {
		t.Errorf("without a file: %v, want one fault", faults)
	}
}

// TestBefore: a launch from before publishers existed belongs to the only publisher that may
// use its name.
func TestBefore(t *testing.T) {
	g := read(t,
		`publishers: [{name: a, sources: [a], launches: ["a-*", "x-*"]}, {name: b, sources: [b], launches: ["b-*", "x-*"]}]`)
	for name, mine := range map[string]bool{"a-1": true, "b-1": false, "x-1": false, "c-1": false,
		"i-0123456789abcdef0": false} {
		l := claim.Launch{Account: account, Namespace: "a", Name: name}
		if got, ok := g.Before(l, account); ok != mine || ok && got != (claim.Launch{Account: account, Name: name}) {
			t.Errorf("Before(%s) = %v, %v, want %v", l, got, ok, mine)
		}
	}
	if _, ok := g.Before(claim.Launch{Account: account, Name: "a-1"}, account); ok {
		t.Error("a launch without a namespace is its own")
	}
}

// TestEntriesByPublisher checks entries for sources and publishers.
func TestEntriesByPublisher(t *testing.T) {
	g := read(t, `
publishers: [{name: a, sources: [a]}, {name: b, sources: ["b*"]}]
allow:
  - {id: a, publishers: [a], rules: [{ports: 80, from: [10.0.0.0/8]}]}
  - {id: b, sources: ["b-*"], rules: [{ports: 81, from: [10.0.0.0/8]}]}
`)
	for _, test := range []struct {
		namespace, source, rule string
		allowed                 bool
	}{
		{"a", "a", "tcp 80 from 10.0.0.0/8", true},
		{"a", "a", "tcp 81 from 10.0.0.0/8", false},
		{"b", "b", "tcp 81 from 10.0.0.0/8", false},
		{"b", "b-1", "tcp 81 from 10.0.0.0/8", true},
		{"b", "b-1", "tcp 80 from 10.0.0.0/8", false},
		{"b", "", "tcp 81 from 10.0.0.0/8", false},
	} {
		a := ask(test.rule)
		a.Launch.Namespace, a.Source = test.namespace, test.source
		if faults, _ := g.Check(a); (faults == nil) != test.allowed {
			t.Errorf("%+v: %v", test, faults)
		}
	}
}
