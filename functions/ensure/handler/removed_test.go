package handler_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/functions/runtime"
)

// TestMemberRemoved ends a launch with a group in a removed member's account. The end is
// answered. The group stays due: each sweep names it, and the metrics count it. When the
// account is a member again, a sweep removes the launch's rule.
func TestMemberRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRealm(t, "7f3a")
		r.invoke(in(member, "us-east-1", "a"))
		r.invoke(in("111122223333", "us-east-1", "a"))
		removed := r.with(runtime.Members{})
		reply := removed.invoke(`{"detailType":"Launch Ended","launch":"a"}`)
		for _, want := range []string{`"released"`, `"queued"`, "SGKEEPER_MEMBER_ACCOUNTS"} {
			if !strings.Contains(reply, want) {
				t.Errorf("the end is answered %s, want %s", reply, want)
			}
		}
		removed.lines()
		const sweeps = 10
		for range sweeps {
			time.Sleep(time.Minute)
			_, _ = removed.handler.Invoke(lambda(t), []byte(`{"sgkeeper":"sweep"}`))
		}
		if named, stuck := removed.unswept(member); named != sweeps || stuck != 1 {
			t.Errorf("%d of %d sweeps name the group, and the metrics count %v that are stuck, want 1", named, sweeps,
				stuck)
		}
		if got := len(r.theirs.Rules(group)); got != 2 {
			t.Errorf("%d rules, want those of the launch and of egress: sgkeeper may not remove them", got)
		}
		r.invoke(`{"sgkeeper":"sweep"}`)
		if got := len(r.theirs.Rules(group)); got != 1 {
			t.Errorf("%d rules once the account is a member again, want the egress rule alone", got)
		}
	})
}

// unswept returns the number of sweeps that report a name as not served, and the largest
// number of stuck groups that they count.
func (r *rig) unswept(name string) (sweeps int, stuck float64) {
	r.t.Helper()
	logged, measured := r.lines()
	for _, line := range logged {
		if line["message"] == "not swept" && strings.Contains(fmt.Sprint(line["groups"]), name) {
			sweeps++
		}
	}
	for _, line := range measured {
		if n, ok := line["GroupsStuck"].(float64); ok {
			stuck = max(stuck, n)
		}
	}
	return sweeps, stuck
}

// TestMemberRoleDenied: if a member's role no longer trusts the function, sweeps name its
// group and serve other groups.
func TestMemberRoleDenied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRealm(t, "7f3a")
		expires := `"expiresAt":"` + time.Now().Add(30*time.Minute).UTC().Format(time.RFC3339) + `","launch"`
		for _, account := range []string{member, "111122223333"} {
			r.invoke(strings.Replace(in(account, "us-east-1", "a"), `"launch"`, expires, 1))
		}
		denied := r.with(runtime.Members{Accounts: []string{member}, Role: "sgkeeper-member", ExternalID: "wrong"})
		time.Sleep(2 * time.Hour)
		denied.lines()
		_, _ = denied.handler.Invoke(lambda(t), []byte(`{"sgkeeper":"sweep"}`))
		if got := len(r.account.Rules(group)); got != 1 {
			t.Errorf("%d rules at home, want the egress rule alone", got)
		}
		if named, _ := denied.unswept(member); named != 1 {
			t.Errorf("%d sweeps name the group, want 1", named)
		}
	})
}
