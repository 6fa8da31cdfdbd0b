package claim

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestServed(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	at := func(launch string, ago time.Duration) Request {
		r := ask(1, launch, "tcp 443 from ::/0")
		r.Received = now.Add(-ago)
		return r
	}
	old, edge, near := at("old", time.Hour), at("edge", Margin), at("near", time.Second)
	s := Served{}.After(now, []Request{near})
	for _, test := range []struct {
		name string
		s    Served
		r    Request
		want bool
	}{
		{"nothing was ever served", Served{}, old, false},
		{"long before the last round", s, old, true},
		{"near it, and served", s, near, true},
		{"near it, and not served", s, at("missed", time.Second), false},
		{"just within the margin, and not served", s, edge, false},
		{"by a clock ahead of the round's", s, at("ahead", -time.Second), false},
	} {
		if got := test.s.Has(test.r); got != test.want {
			t.Errorf("%s: Has = %v, want %v", test.name, got, test.want)
		}
	}
}

// history is the rounds of one group, by functions with different clocks.
type history struct {
	served Served
	all    []Request // ever served
}

var drawHistory = rapid.Custom(func(t *rapid.T) history {
	var h history
	start := time.UnixMilli(0).Add(time.Hour)
	for i := range rapid.IntRange(0, 5).Draw(t, "rounds") {
		start = start.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "seconds")) * time.Second)
		skew := time.Duration(rapid.IntRange(-20, 20).Draw(t, "skew")) * time.Second
		for range rapid.IntRange(0, 3).Draw(t, "new") {
			r := ask(0, "launch-"+string(rune('a'+i))+rapid.StringMatching(`[0-9]{4}`).Draw(t, "name"),
				"tcp 443 from ::/0")
			r.Received = start.Add(-time.Duration(rapid.IntRange(0, 30).Draw(t, "late")) * time.Second)
			h.all = append(h.all, r)
		}
		h.served = h.served.After(start.Add(skew), h.all)
	}
	return h
})

func TestServedIsNeverForgotten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory.Draw(t, "history")
		for _, r := range h.all {
			if !h.served.Has(r) {
				t.Errorf("%s, received %v, was served and is forgotten: %+v", r.Launch.Name, r.Received, h.served)
			}
		}
		if !slices.IsSorted(h.served.Recent) {
			t.Errorf("Recent = %v, want it sorted", h.served.Recent)
		}
	})
}

func TestServedJoinForgetsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, h := drawHistory.Draw(t, "one"), drawHistory.Draw(t, "other")
		joined := g.served.Join(h.served)
		for _, r := range slices.Concat(g.all, h.all) {
			if !joined.Has(r) {
				t.Errorf("%s was served and is forgotten", r.Launch.Name)
			}
		}
		if !slices.IsSorted(joined.Recent) || len(slices.Compact(slices.Clone(joined.Recent))) < len(joined.Recent) {
			t.Errorf("Recent = %v, want it sorted, each mark once", joined.Recent)
		}
	})
}

// TestServedForgetsOldMarks: the record does not grow with requests that were served long ago.
func TestServedForgetsOldMarks(t *testing.T) {
	now := time.UnixMilli(0).Add(time.Hour)
	var all []Request
	for i := range 100 {
		r := ask(0, "launch", "tcp 443 from ::/0")
		r.Received = now.Add(-time.Duration(i) * time.Minute)
		all = append(all, r)
	}
	if s := (Served{}).After(now, all); len(s.Recent) != 2 { // of this moment, and of just Margin ago
		t.Errorf("%d marks are kept, want 2", len(s.Recent))
	}
}
