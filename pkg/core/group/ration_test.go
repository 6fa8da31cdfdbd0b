package group

import (
	"fmt"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// TestRation postpones the revokes that the ledger has no room for, and makes the group due
// within a minute. It does not postpone revokes that are already pending.
func TestRation(t *testing.T) {
	const installation, id = plan.Installation("111122223333/us-east-1/sgkeeper"), "sg-0123456789abcdef0"
	owner := plan.Owner{Installation: installation, Group: id, Keys: []claim.Key{"key"}}
	now := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	var entries []secgroup.Entry
	for i := range 10 {
		e := secgroup.Entry{Rule: secgroup.MustParseRule(fmt.Sprintf("tcp %d from 10.0.0.0/8", 8000+2*i)),
			ID: fmt.Sprintf("sgr-%017x", i)}
		entries = append(entries, owner.Tagged(plan.Stamp{Ticket: 1}, []secgroup.Entry{e})...)
	}
	for _, room := range []int{0, 3, 10, 100} {
		s := State{Group: claim.Group{Account: "111122223333", ID: id}, Installation: installation,
			Quota: plan.Quota{Limit: 60}, Loaded: now}
		s.Ledger.Keys, s.Head.Applied = owner.Keys, 1
		s.Ledger.PendingRevokes = []claim.PendingRevoke{{ID: entries[0].ID, Since: now}}
		for i := range maxRevoked - 1 - room {
			s.Ledger.Revoked = append(s.Ledger.Revoked, claim.Revoked{ID: fmt.Sprint("sgr-", i), At: now})
		}
		s = s.Observe(entries, now)
		d := s.Decide()
		if want := 1 + min(room, 9); len(d.Revoke) != want || d.Rationed != (room < 9) {
			t.Errorf("with room for %d: %d revokes, rationed %v, want %d", room, len(d.Revoke), d.Rationed, want)
		}
		if due := s.Next(d, false).Due; room < 9 && due.After(now.Add(time.Minute)) {
			t.Errorf("with room for %d, the group is due at %s", room, due)
		}
	}
}
