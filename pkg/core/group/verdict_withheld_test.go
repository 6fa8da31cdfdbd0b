package group_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
)

// withheld lists the fields of the State, each with the users with verdicts that depend on it.
// For example, the fast path counts only rules that EC2 has shown, so it does not depend on
// recently made rules.
var withheld = []struct {
	field string
	from  func(w *world)
	users []string
}{
	{"Described", func(w *world) { w.described = nil }, []string{"the fast path", "audit", "explain", "plan"}},
	{"Requests", func(w *world) { w.requests = nil }, []string{"audit", "explain", "adopt"}},
	{"Ends", func(w *world) { w.ends = nil }, []string{"the fast path", "audit", "explain", "adopt", "plan"}},
	{"Installation", func(w *world) { w.owner = "" }, []string{"audit", "explain", "adopt", "plan"}},
	{"Quota.Limit", func(w *world) { w.quota.Limit = 60 }, []string{"audit", "explain", "adopt", "plan"}},
	{"Quota.Weights", func(w *world) { w.quota.Weights = nil }, []string{"audit", "explain", "plan"}},
	{"Caps", func(w *world) { w.caps = plan.Caps{} }, []string{"audit", "explain", "adopt", "plan"}},
	{"Judge", func(w *world) { w.guarded = false }, []string{"audit", "explain", "adopt", "plan"}},
	{"Head", func(w *world) { w.head = lease.Head{} }, []string{"audit", "explain", "adopt"}},
	{"Ledger.Made", func(w *world) { w.ledger.Made = nil }, []string{"audit", "explain", "adopt"}},
	{"Ledger.Revoked", func(w *world) { w.ledger.Revoked = nil },
		[]string{"the fast path", "audit", "explain", "adopt"}},
	{"Ledger.PendingRevokes", func(w *world) { w.ledger.PendingRevokes = nil },
		[]string{"the fast path", "audit", "explain", "adopt"}},
	{"Ledger.Untagged", func(w *world) { w.ledger.Untagged = nil }, []string{"audit", "explain", "adopt"}},
	{"Ledger.Served", func(w *world) { w.ledger.Served = claim.Served{} }, []string{"audit", "explain", "adopt"}},
	{"Ledger.Frozen", func(w *world) { w.ledger.Frozen = claim.Freeze{} }, []string{"audit", "explain", "adopt"}},
	{"Ledger.Keys", func(w *world) { w.ledger.Keys = nil }, []string{"audit", "explain", "adopt"}},
	{"Ledger.Forgotten", func(w *world) { w.ledger.Forgotten = 0 }, []string{"audit", "explain", "adopt"}},
	{"Ledger.Limit", func(w *world) { w.ledger.Limit = claim.Limit{} }, []string{"audit", "explain", "adopt"}},
	{"Ledger.Unreleased", func(w *world) { w.ledger.Unreleased = time.Time{} }, []string{"audit", "explain", "adopt"}},
}

// TestVerdictsWithheld withholds one field of the State from one user. In some state, that
// user's verdict then differs from ensure's, so TestVerdicts would find the fault.
func TestVerdictsWithheld(t *testing.T) {
	caught, all := 0, 0
	ensure := make(map[uint64]verdicts) // by seed
	for _, field := range withheld {
		for _, u := range users {
			if !slices.Contains(field.users, u.name) {
				continue
			}
			all++
			seed, found := firstDisagreement(u, field.from, ensure)
			if found == "" {
				t.Errorf("%s without %s: no disagreement", u.name, field.field)
				continue
			}
			caught++
			t.Logf("%s without %s: after %d states: %s", u.name, field.field, seed+1, found)
		}
	}
	fmt.Printf("verdicts withheld: %d fields, %d of %d weakened users caught\n", len(withheld), caught, all)
}

// firstDisagreement returns the first world in which a user without a field disagrees with
// ensure. It keeps the verdicts of ensure for the next user.
func firstDisagreement(u user, withhold func(w *world), ensure map[uint64]verdicts) (seed uint64, found string) {
	for seed := range uint64(20_000) {
		w := draw(seed)
		if ensure[seed] == nil {
			ensure[seed] = byEnsure(w)
		}
		withhold(&w)
		if _, found := disagreements(u, ensure[seed], w); len(found) > 0 {
			return seed, found[0]
		}
	}
	return 0, ""
}
