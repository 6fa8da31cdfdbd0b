package group_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// crowdedState returns a group with the given number of live requests, in the table's form.
// One of them is new and requests a missing rule. The others share 50 existing rules, and an
// earlier round has served them.
func crowdedState(b testing.TB, live int) (state group.State, described []secgroup.Entry, now time.Time) {
	b.Helper()
	now = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	g := claim.Group{Account: "111122223333", Region: "us-east-1", ID: "sg-0123456789abcdef0"}
	rule := func(i int) secgroup.Entry {
		return secgroup.Entry{Rule: secgroup.MustParseRule(fmt.Sprintf("tcp %d from 10.0.0.0/8", 10_000+2*i))}
	}
	var requests []claim.Request
	add := func(received time.Time, rules ...secgroup.Entry) {
		launch := claim.Launch{Account: g.Account, Name: fmt.Sprintf("%064d", len(requests))}
		r := claim.Request{Launch: launch, Group: g, Rules: rules, Received: received}.Live()
		r.Sum = r.Digest()
		requests = append(requests, r)
	}
	for i := range live {
		add(now.Add(-time.Hour).Add(time.Duration(i)*time.Millisecond), rule(i%50), rule((i+1)%50), rule((i+2)%50))
	}
	owner := plan.Owner{Installation: "111122223333/us-east-1/sgkeeper", Group: g.ID, Keys: []claim.Key{"key"}}
	for i := range 50 {
		e := rule(i)
		e.ID = fmt.Sprintf("sgr-%017x", i)
		described = append(described, owner.Tagged(plan.Stamp{}, []secgroup.Entry{e})...)
	}
	served := claim.Served{}.After(now.Add(-30*time.Minute), requests)
	add(now, rule(60))
	state = group.State{
		Group: g, Installation: owner.Installation, Quota: plan.Quota{Limit: 100},
		Requests: requests, Loaded: now, Ledger: claim.Ledger{Served: served, Keys: owner.Keys},
	}
	return state, described, now
}

// decideRound decides a round that opens one missing rule, and computes the requests to
// announce and the next ledger.
func decideRound(b testing.TB, s group.State, described []secgroup.Entry, now time.Time) {
	s.Requests = claim.ApplyEnds(s.Requests, s.Ends)
	s = s.Observe(described, now)
	d := s.Decide()
	if len(d.Authorize) != 1 {
		b.Fatalf("the round authorizes %v, want one rule", d.Authorize)
	}
	made := d.Authorize
	made[0].ID = "sgr-made"
	s = s.Made(made, now)
	d = s.Decide()
	if announced := s.ToAnnounce(d); len(announced) != 1 {
		b.Fatalf("the round announces %d requests, want one", len(announced))
	}
	if next := s.Next(d, false); next.Due.IsZero() {
		b.Fatal("the group is never due again")
	}
}

// TestRoundHashesNothing: a round makes fewer allocations than half the number of live
// requests. If it hashed the rules of each request once, it would make 20 times as many.
func TestRoundHashesNothing(t *testing.T) {
	const live = 4000
	state, described, now := crowdedState(t, live)
	n := testing.AllocsPerRun(3, func() { decideRound(t, state, described, now) })
	t.Logf("a round over %d live requests allocates memory %.0f times", live, n)
	if n > live/2 {
		t.Errorf("a round over %d live requests allocates memory %.0f times, want at most %d", live, n, live/2)
	}
}

// BenchmarkRound decides a round over 20,000 live requests.
func BenchmarkRound(b *testing.B) {
	state, described, now := crowdedState(b, 20_000)
	b.ReportAllocs()
	for b.Loop() {
		decideRound(b, state, described, now)
	}
}
