package group_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// faults are what EC2 has rejected.
type faults = map[secgroup.Rule]group.Fault

// TestDenied refuses a request on a group that cannot be described once the denial has lasted
// five minutes. A request waits if it may have been announced or has a rule open.
func TestDenied(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	rule := secgroup.MustParseRule("tcp 8000 from 10.0.0.0/8")
	request := func(name string, received time.Time) claim.Request {
		return claim.Request{
			Launch: claim.Launch{Account: "111122223333", Name: name}, Received: received, Status: claim.Open,
			Rules: []secgroup.Entry{{Rule: rule}},
		}
	}
	old, young := request("a", now.Add(-group.NewGroup)), request("a", now.Add(-group.NewGroup+time.Second))
	served := claim.Served{}.After(now.Add(-time.Hour), []claim.Request{request("b", now.Add(-2*time.Hour))})
	made := []claim.Made{{Rule: rule, ID: "sgr-1", At: now.Add(-time.Minute), Listed: true}}
	for _, row := range []struct {
		name    string
		state   group.State
		refused int
		due     time.Duration
	}{
		{"a request of five minutes ago", group.State{Requests: []claim.Request{old}}, 1, 5 * time.Minute},
		{"a newer one", group.State{Requests: []claim.Request{young}}, 0, time.Second},
		{"one that was served", group.State{
			Requests: []claim.Request{old},
			Ledger:   claim.Ledger{Served: claim.Served{}.After(now.Add(-time.Minute), []claim.Request{old})},
		}, 0, 5 * time.Minute},
		{"one that a dead holder may have announced", group.State{Requests: []claim.Request{old}, Interrupted: true}, 0,
			5 * time.Minute},
		{"one whose rule was made", group.State{
			Requests: []claim.Request{old}, Ledger: claim.Ledger{Made: made},
		}, 0, 5 * time.Minute},
		{"one whose rule was made for another, too", group.State{
			Requests: []claim.Request{old, request("b", now.Add(-2*time.Hour))},
			Ledger:   claim.Ledger{Made: made, Served: served},
		}, 1, 5 * time.Minute},
		{"one on a frozen group", group.State{
			Requests: []claim.Request{old}, Ledger: claim.Ledger{Frozen: claim.Freeze{Reason: "an incident"}},
		}, 0, 5 * time.Minute},
	} {
		s := row.state
		s.Loaded = now
		s = s.ObserveDenied(claim.Fault{Field: "/group", Problem: "denied"}, now)
		d := s.Decide()
		if len(d.Refused) != row.refused || len(d.Refused)+len(d.Waiting) != len(s.Live()) {
			t.Errorf("%s: %d refused and %d waiting, want %d refused", row.name, len(d.Refused), len(d.Waiting),
				row.refused)
		}
		for _, r := range d.Refused {
			r.Request.Status, r.Request.Finished = claim.Refused, now
			s = s.Refused(r.Request)
		}
		if d = s.Decide(); len(s.RefusedNow()) != row.refused {
			t.Errorf("%s: %d are announced as refused, want %d", row.name, len(s.RefusedNow()), row.refused)
		}
		if len(d.Authorize)+len(d.Revoke)+len(d.Blind)+len(s.ToAnnounce(d)) > 0 {
			t.Errorf("%s: %+v, want nothing written or announced", row.name, d)
		}
		if due := s.Next(d, false).Due.Sub(now); due != row.due {
			t.Errorf("%s: due after %s, want %s", row.name, due, row.due)
		}
	}
}

// TestRefusedNow announces a refusal on a group that cannot be described in the round that
// made it. If that round was not released, the next one repeats that. Once the group is
// described, the refusal is announced in any case.
func TestRefusedNow(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	refused := func(settled time.Time) []claim.Request {
		return []claim.Request{{Status: claim.Refused, Finished: settled}}
	}
	denied := &claim.Fault{Field: "/group", Problem: "denied"}
	before, during := now.Add(-time.Second), now.Add(time.Second)
	for _, row := range []struct {
		name  string
		state group.State
		want  int
	}{
		{"by this round", group.State{Unreadable: denied, Requests: refused(during)}, 1},
		{"by a released round", group.State{Unreadable: denied, Requests: refused(before)}, 0},
		{"by an unreleased round", group.State{Unreadable: denied, Requests: refused(before), Interrupted: true}, 1},
		{"before the group was described", group.State{Requests: refused(before)}, 1},
	} {
		row.state.Loaded = now
		if got := len(row.state.RefusedNow()); got != row.want {
			t.Errorf("refused %s: %d are announced, want %d", row.name, got, row.want)
		}
	}
}

// TestRefusalAwaitsRevokes keeps a refusal waiting while a rule of the request may be open: its
// revoke is pending and fails, or a holder that died may have made it.
func TestRefusalAwaitsRevokes(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	entry := func(text string) secgroup.Entry { return secgroup.Entry{Rule: secgroup.MustParseRule(text)} }
	good, bad := entry("udp 8007 from 10.0.0.0/8"), entry("tcp 8000 from sg-0dead00000000dead")
	id := secgroup.Entry{ID: "sgr-1"}
	named := secgroup.Entry{ID: "sgr-1", Rule: good.Rule}
	made := []claim.Made{{Rule: good.Rule, ID: "sgr-1", At: now.Add(-time.Minute), Listed: true}}
	pending := []claim.PendingRevoke{{ID: "sgr-1", Since: now.Add(-30 * time.Second)}}
	rejects := func(s group.State) group.State {
		return s.Faulty(faults{bad.Rule: {Field: "/rules", Problem: "no such group", Absent: true}})
	}
	for _, row := range []struct {
		name        string
		received    time.Duration // before now
		ledger      claim.Ledger
		interrupted bool
		then        func(group.State) group.State
		outcome     string
	}{
		{"nothing is open", 2 * time.Minute, claim.Ledger{}, false, rejects, "refused"},
		{"the revoke is still to come", 2 * time.Minute, claim.Ledger{Made: made, PendingRevokes: pending}, false,
			rejects, "deferred"},
		{"the revoke is denied", 2 * time.Minute, claim.Ledger{Made: made, PendingRevokes: pending}, false,
			func(s group.State) group.State { return rejects(s.Denied([]secgroup.Entry{named})) }, "waiting"},
		{"EC2 does not know the id yet", 2 * time.Minute, claim.Ledger{Made: made, PendingRevokes: pending}, false,
			func(s group.State) group.State { return rejects(s.NotFound([]secgroup.Entry{named})) }, "waiting"},
		{"the revoke is done", 2 * time.Minute, claim.Ledger{Made: made, PendingRevokes: pending}, false,
			func(s group.State) group.State { return rejects(s.Revoked([]secgroup.Entry{named}, now)) }, "refused"},
		{"only the id is known, and to be revoked", 2 * time.Minute, claim.Ledger{PendingRevokes: pending}, false,
			rejects, "deferred"},
		{"only the id is known", 2 * time.Minute, claim.Ledger{PendingRevokes: pending}, false,
			func(s group.State) group.State { return rejects(s.Denied([]secgroup.Entry{id})) }, "waiting"},
		{"the id is of another direction", 2 * time.Minute,
			claim.Ledger{PendingRevokes: []claim.PendingRevoke{{ID: "sgr-1", Egress: true, Since: now}}}, false,
			func(s group.State) group.State { return rejects(s.Denied([]secgroup.Entry{id})) }, "refused"},
		{"the request is newer than the id", -2 * time.Minute, claim.Ledger{PendingRevokes: pending}, false,
			func(s group.State) group.State { return rejects(s.Denied([]secgroup.Entry{id})) }, "refused"},
		{"an older describe does not show it", 2 * time.Minute, claim.Ledger{Made: []claim.Made{
			{Rule: good.Rule, ID: "sgr-1", At: now.Add(-time.Minute), Listed: true, Described: true}}}, false,
			rejects, "waiting"},
		{"a holder that died may have made it", 2 * time.Minute, claim.Ledger{}, true, rejects, "deferred"},
		{"EC2's answer to a call for it is unclear", 2 * time.Minute, claim.Ledger{}, true,
			func(s group.State) group.State { return rejects(s.Uncertain([]secgroup.Entry{good})) }, "waiting"},
	} {
		r := claim.Request{
			Launch: claim.Launch{Account: "111122223333", Name: "a"}, Received: now.Add(-row.received),
			Status: claim.Open, Rules: []secgroup.Entry{good, bad},
		}
		s := group.State{Requests: []claim.Request{r}, Loaded: now, Ledger: row.ledger, Interrupted: row.interrupted}
		s.Quota.Limit = 60
		d := row.then(s.Observe(nil, now)).Decide()
		got := map[string]int{"refused": len(d.Refused), "deferred": len(d.Deferred), "waiting": len(d.Waiting)}
		if got[row.outcome] != 1 || len(d.Refused)+len(d.Deferred)+len(d.Waiting) != 1 {
			t.Errorf("%s: %v, want the request %s", row.name, got, row.outcome)
		}
	}
}

// TestRefusalOfMany: a holder that died may have made any of a request's many rules. Its refusal
// waits, because one call for each of them would be too many.
func TestRefusalOfMany(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	for n, want := range map[int]string{11: "deferred", 40: "waiting"} {
		bad := secgroup.MustParseRule("tcp 8000 from sg-0dead00000000dead")
		r := claim.Request{Launch: claim.Launch{Name: "a"}, Received: now, Status: claim.Open,
			Rules: []secgroup.Entry{{Rule: bad}}}
		for i := range n {
			rule := secgroup.MustParseRule(fmt.Sprintf("tcp %d from 10.0.0.0/8", 9000+2*i))
			r.Rules = append(r.Rules, secgroup.Entry{Rule: rule})
		}
		s := group.State{Requests: []claim.Request{r}, Loaded: now, Interrupted: true}
		s.Quota.Limit = 60
		d := s.Observe(nil, now).Faulty(faults{bad: {Problem: "no such group", Absent: true}}).Decide()
		if len(d.Refused) > 0 || (len(d.Deferred) == 1) != (want == "deferred") ||
			(len(d.Waiting) == 1) != (want == "waiting") {
			t.Errorf("%d rules: refused %v, deferred %v, waiting %v; want it %s", n, d.Refused, d.Deferred, d.Waiting, want)
		}
	}
}

// TestPossiblyOpen keeps a refusal waiting while a failed call may have made a rule of the
// request. The ledger then lists the rule without an id.
func TestPossiblyOpen(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	entry := func(text string) secgroup.Entry { return secgroup.Entry{Rule: secgroup.MustParseRule(text)} }
	good, bad := entry("udp 8007 from 10.0.0.0/8"), entry("tcp 8000 from sg-0dead00000000dead")
	r := claim.Request{
		Launch: claim.Launch{Account: "111122223333", Name: "a"}, Received: now, Status: claim.Open,
		Rules: []secgroup.Entry{good, bad},
	}
	s := group.State{Requests: []claim.Request{r}, Loaded: now}
	s.Quota.Limit = 60
	s = s.Observe(nil, now).Faulty(faults{bad.Rule: {Field: "/rules", Problem: "no such group", Absent: true}})
	if d := s.Decide(); len(d.Refused) != 1 {
		t.Fatalf("refused %v, waiting %v; want the request refused", d.Refused, d.Waiting)
	}

	s = s.Unanswered([]secgroup.Entry{good}, s.Now)
	d := s.Decide()
	if len(d.Deferred) != 1 || len(d.Confirm) != 1 || d.Confirm[0].Rule != good.Rule {
		t.Errorf("deferred %v, to confirm %v; want to learn whether %s exists", d.Deferred, d.Confirm, good.Rule)
	}
	if got := s.Needed([]secgroup.Entry{good, bad}); len(got) != 1 || got[0].Rule != good.Rule {
		t.Errorf("to be authorized: %v, want %s, to learn whether it exists", got, good.Rule)
	}
	s = s.Uncertain([]secgroup.Entry{good})
	d = s.Decide()
	if len(d.Refused) != 0 || len(d.Waiting) != 1 {
		t.Errorf("refused %v, waiting %v; want the request to wait", d.Refused, d.Waiting)
	}
	if made := s.Next(d, false).Made; len(made) != 1 || made[0].Rule != good.Rule || made[0].ID != "" {
		t.Errorf("the ledger holds %v, want %s without an id", made, good.Rule)
	}

	good.ID = "sgr-1"
	if d := s.Made([]secgroup.Entry{good}, now).Decide(); len(d.Deferred) != 1 {
		t.Errorf("deferred %v, want the refusal to follow the revoke", d.Deferred)
	}
}
