package main

import (
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/explain"
)

// TestExplainLeaving prints two rules that EC2 still describes: one was revoked, and the other
// has a pending revoke.
func TestExplainLeaving(t *testing.T) {
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	entries := []secgroup.Entry{
		{ID: "sgr-1", Rule: secgroup.MustParseRule("tcp 8000 from 10.0.0.0/8")},
		{ID: "sgr-2", Rule: secgroup.MustParseRule("tcp 8000 from 10.1.0.0/16")},
	}
	s := group.State{Group: claim.Group{ID: "sg-0123456789abcdef0"}, Quota: plan.Quota{Limit: 60}, Loaded: noon}
	s.Ledger.Revoked = []claim.Revoked{{ID: "sgr-1", At: noon.Add(-time.Minute)}}
	s.Ledger.PendingRevokes = []claim.PendingRevoke{{ID: "sgr-2", Since: noon.Add(-time.Minute)}}
	q := explain.Question{Protocol: secgroup.TCP, Ports: secgroup.Port(8000)}
	e := explained{Group: s.Group.ID, Answers: []answered{{q, explain.About(s.Observe(entries, noon), q)}}}
	var out strings.Builder
	if err := e.print(&out); err != nil {
		t.Fatal(err)
	}
	want := `closed: ingress tcp 8000 on sg-0123456789abcdef0
No launch has requested it.

Revoked, or about to be:
~ tcp 8000 from 10.0.0.0/8 (sgr-1): revoked at 2026-11-24T11:59:00Z; EC2 still describes it
~ tcp 8000 from 10.1.0.0/16 (sgr-2): its revoke is pending since 2026-11-24T11:59:00Z; a round completes it
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
}
