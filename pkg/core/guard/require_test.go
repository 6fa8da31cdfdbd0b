package guard_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
)

// TestRequire: a request that lacks a required field is refused.
func TestRequire(t *testing.T) {
	g := read(t, `
builtin: false
publishers: [{name: a, sources: [a]}, {name: b, sources: [b]}]
require:
  - {id: world, reason: audits ask, fields: [reason, expiresAt], rules: [{ports: "0-65535", from: [world]}]}
  - {id: ssh, fields: [ticket], rules: [{ports: 22, from: [0.0.0.0/0, "::/0"]}]}
  - {id: b, publishers: [b], fields: [requester]}
`)
	const world, inside, ssh = "tcp 80 from 0.0.0.0/0", "tcp 80 from 10.0.0.0/8", "tcp 20-30 from 10.0.0.0/8"
	soon := time.Now().Add(time.Hour)
	for _, test := range []struct {
		name, namespace, rule string
		purpose               claim.Purpose
		expires               time.Time
		lacks                 string
	}{
		{"the world, for no reason", "a", world, claim.Purpose{}, time.Time{}, "/reason /expiresAt"},
		{"the world, with both", "a", world, claim.Purpose{Reason: "demo"}, soon, ""},
		{"blanks are no reason", "a", world, claim.Purpose{Reason: "  "}, soon, "/reason"},
		{"from inside", "a", inside, claim.Purpose{}, time.Time{}, ""},
		{"a range with SSH", "a", ssh, claim.Purpose{}, time.Time{}, "/ticket"},
		{"a range with SSH and a ticket", "a", ssh, claim.Purpose{Ticket: "OPS-1"}, time.Time{}, ""},
		{"of publisher b", "b", "all to ::/0", claim.Purpose{}, time.Time{}, "/requester"},
		{"of publisher b, named", "b", "all to ::/0", claim.Purpose{Requester: "me"}, time.Time{}, ""},
		{"a group as a peer", "b", "tcp 22 from sg-0aaaaaaaaaaaaaaaa", claim.Purpose{Requester: "me"}, time.Time{}, ""},
	} {
		a := ask(test.rule)
		a.Launch.Namespace, a.Purpose, a.ExpiresAt = test.namespace, test.purpose, test.expires
		faults, _ := g.Check(a)
		var lacks []string
		for _, f := range faults {
			lacks = append(lacks, f.Field)
			if !strings.Contains(f.Problem, "absent: entry ") || !strings.Contains(f.Problem, test.rule) {
				t.Errorf("%s: %v: want the entry and the rule", test.name, f)
			}
		}
		if got := strings.Join(lacks, " "); got != test.lacks {
			t.Errorf("%s: lacks %q, want %q", test.name, got, test.lacks)
		}
	}
}

// TestRequireByTag requires a reason on groups with a tag. Without the tags, the verdict is
// not certain.
func TestRequireByTag(t *testing.T) {
	g := read(t, `require: [{id: prod, tags: {env: prod}, fields: [reason]}]`)
	a := ask("tcp 80 from 10.0.0.0/8")
	if _, needs := g.Check(a); !needs {
		t.Error("the verdict does not depend on the tags")
	}
	for env, refused := range map[string]bool{"prod": true, "dev": false} {
		a.Group.Facts = &guard.Facts{Tags: map[string]string{"env": env}}
		if faults, needs := g.Check(a); needs || (faults != nil) != refused {
			t.Errorf("env %s: %v, %v", env, faults, needs)
		}
	}
}
