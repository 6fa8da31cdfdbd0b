package group_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/group"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// TestTogether judges the live requests of a group together, by the built-in guardrails. Each
// of them is allowed alone.
func TestTogether(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	ask := func(name string, age time.Duration, rule string) claim.Request {
		return claim.Request{
			Launch: claim.Launch{Account: web.Account, Name: name}, Group: web, Received: now.Add(-age),
			Status: claim.Open,
			Rules:  []secgroup.Entry{{Rule: secgroup.MustParseRule(rule)}},
		}
	}
	const half, other, third = "tcp 22 from 52.0.0.0/8", "tcp 22 from 53.0.0.0/8", "tcp 22 from 54.0.0.0/8"
	const inList = "tcp 22 from pl-0bbbbbbbbbbbbbbbb"
	old, older := time.Hour, 2*time.Hour
	for _, row := range []struct {
		name        string
		requests    []claim.Request
		served      []string // launches
		interrupted bool
		exists      []string // rules
		faulty      string   // a rule that EC2 rejects
		want        string   // each launch with its outcome
	}{
		{"two new ones", []claim.Request{ask("a", older, half), ask("b", old, other)}, nil, false, nil, "",
			"a accepted, b refused"},
		{"the order received counts", []claim.Request{ask("b", old, other), ask("a", older, half)}, nil, false, nil, "",
			"a accepted, b refused"},
		{"a served one comes first", []claim.Request{ask("a", older, half), ask("b", old, other)}, []string{"b"}, false,
			nil, "",
			"b accepted, a refused"},
		{"both were served", []claim.Request{ask("a", older, half), ask("b", old, other)}, []string{"a", "b"}, false,
			nil, "",
			"a accepted, b accepted"},
		{"both were served, and a third is new", []claim.Request{ask("a", older, half), ask("b", old, other),
			ask("c", 0, half)},
			[]string{"a", "b"}, false, nil, "", "a accepted, b accepted, c refused"},
		{"it is refused although it is open", []claim.Request{ask("a", older, half), ask("b", old, other)},
			[]string{"a"}, false,
			[]string{other}, "", "a accepted, b refused"},
		{"a refused one does not count", []claim.Request{ask("a", older, half), ask("b", old, other),
			ask("c", 0, "tcp 22 from 52.1.0.0/16")},
			nil, false, nil, "", "a accepted, c accepted, b refused"},
		{"nor one that EC2 rejects", []claim.Request{ask("a", older, half), ask("b", old, other)}, nil, false, nil,
			half,
			"b accepted, a refused"},
		{"they may have been announced", []claim.Request{ask("a", older, half), ask("b", old, other)}, nil, true,
			nil, "",
			"a waiting, b waiting"},
		{"and one is open", []claim.Request{ask("a", older, half), ask("b", old, other)}, nil, true, []string{half}, "",
			"a accepted, b waiting"},
		{"one may have been announced, and another is new", []claim.Request{ask("a", old, half),
			ask("b", -2*time.Minute, third)}, nil,
			true, []string{half}, "", "a accepted, b refused"},
		{"a list that was not read", []claim.Request{ask("a", older, inList), ask("b", old, half)}, nil, false,
			[]string{inList}, "",
			"b accepted, a waiting"},
	} {
		s := group.State{
			Group: web, Installation: us, Quota: plan.Quota{Limit: 60}, Requests: row.requests, Loaded: now,
			Interrupted: row.interrupted,
			Judge: func() plan.Judge {
				return guard.Builtin().Union(guard.Group{Account: web.Account, ID: web.ID},
					nil)
			},
		}
		var served, waiting []claim.Request
		for _, r := range row.requests {
			if strings.Contains(strings.Join(row.served, " "), r.Launch.Name) {
				served = append(served, r)
			} else {
				waiting = append(waiting, r)
			}
		}
		s.Ledger.Served = claim.Served{}.After(now.Add(-time.Minute), served, waiting...)
		var described []secgroup.Entry
		for _, text := range row.exists {
			described = append(described, secgroup.Entry{ID: "sgr-" + text, Rule: secgroup.MustParseRule(text)})
		}
		s = s.Observe(described, now)
		if row.faulty != "" {
			s = s.Faulty(faults{secgroup.MustParseRule(row.faulty): {Field: "/rules", Problem: "EC2 rejects it"}})
		}
		d := s.Decide()
		if got := fatesOf(d); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
		due := s.Next(d, false).Due.Sub(now)
		if unjudged := strings.HasPrefix(row.name, "a list"); unjudged != (due == time.Minute) {
			t.Errorf("%s: due after %s", row.name, due)
		}
	}
}

// fatesOf returns each launch of a decision with its outcome.
func fatesOf(d group.Decision) string {
	var all []string
	for _, r := range d.Accepted {
		all = append(all, r.Launch.Name+" accepted")
	}
	for _, r := range d.Refusals() {
		all = append(all, r.Request.Launch.Name+" refused")
	}
	for _, r := range d.Waiting {
		all = append(all, r.Request.Launch.Name+" waiting")
	}
	return strings.Join(all, ", ")
}
