package handler_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// TestTwoActors: alice opens a port, and bob revokes another rule of a launch. Each drift names the
// caller of the call that contained its rule, in any order of the events, in one batch or two.
func TestTwoActors(t *testing.T) {
	alice, bob := "arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/bob"
	opened := `{"groupId":"` + group + `","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":22,` +
		`"groups":{},"ipRanges":{"items":[{"cidrIp":"192.0.2.0/24"}]},"ipv6Ranges":{},"prefixListIds":{}}]}}`
	revoked := `{"groupId":"` + group +
		`","securityGroupRuleIds":{"items":[{"securityGroupRuleId":"sgr-0123456789abcdef0"}]}}`
	answer := `"responseElements":{"_return":true,"revokedSecurityGroupRuleSet":{"items":[{"groupId":"` + group +
		`","securityGroupRuleId":"sgr-0123456789abcdef0","isEgress":false,"ipProtocol":"tcp","fromPort":8000,"toPort":8000,` +
		`"cidrIpv4":"10.0.0.0/8"}]}}`
	for name, batches := range map[string]func(open, revoke string) []string{
		"one batch":        func(open, revoke string) []string { return []string{batch(open, revoke)} },
		"the other order":  func(open, revoke string) []string { return []string{batch(revoke, open)} },
		"two batches":      func(open, revoke string) []string { return []string{batch(open), batch(revoke)} },
		"two, other order": func(open, revoke string) []string { return []string{batch(revoke), batch(open)} },
		"after the schedule": func(open, revoke string) []string {
			return []string{batch(`{"sgkeeper":"audit"}`), batch(revoke, open)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.opens("a", 8000)
				sweeps := proof.Pick(t, 70, 7, 7)
				for range sweeps { // until the table no longer assumes that a rule just made is there
					time.Sleep(70 * time.Minute / time.Duration(sweeps))
					r.ensures(`{"sgkeeper":"sweep"}`)
				}
				r.adds(22)
				r.removes(8000)
				revoke := strings.Replace(changed("e-2", bob, "", revoked), `"responseElements":null`, answer, 1)
				revoke = strings.Replace(revoke, "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress", 1)
				for _, b := range batches(changed("e-1", alice, "", opened), revoke) {
					r.invoke(b)
					time.Sleep(time.Minute)
				}
				got := make(map[string]string)
				for _, d := range r.latest().Drifts {
					got[string(d.Kind)] = d.Changed.Actor
				}
				if len(got) != 2 || got["unexpected"] != alice || got["missing"] != bob {
					t.Errorf("drifts and actors %q, want unexpected by alice and missing by bob", got)
				}
			})
		})
	}
}
