package claim

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

var now = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func madeAgo(id string, ago time.Duration) Made {
	return Made{Rule: secgroup.MustParseRule("tcp 443 from ::/0"), ID: id, At: now.Add(-ago)}
}

func ids(made []Made) []string {
	var s []string
	for _, m := range made {
		s = append(s, m.ID)
	}
	return s
}

func TestDescribed(t *testing.T) {
	made := []Made{madeAgo("sgr-fresh", time.Minute), madeAgo("sgr-seen", time.Minute),
		madeAgo("sgr-hour-old", time.Hour)}
	got := Described(made, []secgroup.Entry{{ID: "sgr-seen"}, {ID: "sgr-other"}}, now)
	if want := []string{"sgr-fresh", "sgr-seen"}; !slices.Equal(ids(got), want) {
		t.Fatalf("Described = %v, want %v", ids(got), want)
	}
	if got[0].Described || !got[1].Described {
		t.Errorf("described are %v and %v, want only the second", got[0].Described, got[1].Described)
	}
	if again := Described(got, nil, now); !again[1].Described {
		t.Error("a describe that lags resets Described")
	}
	if made[1].Described {
		t.Error("Described changed its argument")
	}
}

func TestAssumedAndInEffect(t *testing.T) {
	for _, test := range []struct {
		ago               time.Duration
		described         bool
		assumed, inEffect bool
	}{
		{0, false, true, false},
		{Lag - 1, false, true, false},
		{Lag, false, false, false},         // EC2 would describe it by now
		{-time.Minute, false, true, false}, // made by a function with a fast clock
		{EffectTime - 1, true, false, false},
		{EffectTime, true, false, true},
		{EffectTime, false, true, false},
	} {
		m := madeAgo("sgr-1", test.ago)
		m.Described = test.described
		if m.Assumed(now) != test.assumed || m.InEffect(now) != test.inEffect {
			t.Errorf("made %v ago, described %v: assumed %v, in effect %v, want %v and %v",
				test.ago, test.described, m.Assumed(now), m.InEffect(now), test.assumed, test.inEffect)
		}
	}
}

func TestContested(t *testing.T) {
	rule := madeAgo("", 0).Rule
	made := []Made{madeAgo("sgr-1", 59*time.Minute), madeAgo("sgr-2", 30*time.Minute)}
	if Contested(made, rule, now) {
		t.Error("contested after two rules")
	}
	made = append(made, madeAgo("sgr-3", time.Minute))
	if !Contested(made, rule, now) {
		t.Error("not contested after three rules within the hour")
	}
	if Contested(made, rule, now.Add(2*time.Minute)) {
		t.Error("contested although one of three is older than an hour")
	}
	if Contested(made, secgroup.MustParseRule("tcp 444 from ::/0"), now) {
		t.Error("another rule is contested")
	}
	if once := []Made{madeAgo("sgr-1", 0), madeAgo("sgr-1", 0), madeAgo("", 0)}; Contested(once, rule, now) {
		t.Error("contested although it was made once, and EC2 then answered Duplicate")
	}
}

// TestAssumed has a rule that is known only from a Duplicate error. It no longer counts as
// existing once it may have been revoked.
func TestAssumed(t *testing.T) {
	rule, other := madeAgo("", 0).Rule, secgroup.MustParseRule("tcp 444 from ::/0")
	proved := madeAgo("", time.Minute)
	for name, test := range map[string]struct {
		ledger    Ledger
		described []secgroup.Entry
		assumed   bool
	}{
		"alone": {Ledger{}, nil, true},
		"an unknown rule was revoked before": {Ledger{Revoked: []Revoked{{"sgr-1", now.Add(-time.Minute - 1)}}}, nil,
			true},
		"an unknown rule was revoked since": {Ledger{Revoked: []Revoked{{"sgr-1", now}}}, nil, false},
		"at the same time":                  {Ledger{Revoked: []Revoked{{"sgr-1", now.Add(-time.Minute)}}}, nil, false},
		"its revoke is pending":             {Ledger{PendingRevokes: []PendingRevoke{{ID: "sgr-1"}}}, nil, false},
		"the pending revoke is of an egress rule": {Ledger{PendingRevokes: []PendingRevoke{{ID: "sgr-1",
			Egress: true}}},
			[]secgroup.Entry{{Rule: other, ID: "sgr-1"}}, true},
		"the pending revoke is of another rule": {Ledger{PendingRevokes: []PendingRevoke{{ID: "sgr-1"}}},
			[]secgroup.Entry{{Rule: other, ID: "sgr-1"}}, true},
		"the pending revoke is of this rule": {Ledger{PendingRevokes: []PendingRevoke{{ID: "sgr-1"}}},
			[]secgroup.Entry{{Rule: rule, ID: "sgr-1"}}, false},
		"another described rule was revoked": {Ledger{Revoked: []Revoked{{"sgr-1", now}}},
			[]secgroup.Entry{{Rule: other, ID: "sgr-1"}}, true},
		"another made rule was revoked": {Ledger{Revoked: []Revoked{{"sgr-1", now}},
			Made: []Made{{Rule: other, ID: "sgr-1", Described: true}}}, nil, true},
	} {
		test.ledger.Made = append(test.ledger.Made, proved)
		if got := len(test.ledger.Assumed(test.described, now)) == 1; got != test.assumed {
			t.Errorf("%s: assumed %v, want %v", name, got, test.assumed)
		}
	}
	named := Ledger{Made: []Made{madeAgo("sgr-1", time.Minute)}, Revoked: []Revoked{{"sgr-2", now}},
		PendingRevokes: []PendingRevoke{{ID: "sgr-3"}}}
	if len(named.Assumed(nil, now)) != 1 {
		t.Error("a rule with a known id is not assumed, because others are revoked")
	}
}

func TestRecent(t *testing.T) {
	gone := []Revoked{{"sgr-1", now.Add(-Lag)}, {"sgr-2", now.Add(-Lag + 1)}}
	if got := Recent(gone, now); len(got) != 1 || got[0].ID != "sgr-2" {
		t.Errorf("Recent = %v, want sgr-2", got)
	}
}

func TestLedgerJoin(t *testing.T) {
	a := Ledger{Made: []Made{madeAgo("sgr-1", 0), madeAgo("sgr-2", 0)}, Due: now}
	b := Ledger{Made: []Made{madeAgo("sgr-2", 0), madeAgo("sgr-3", 0)}, Due: now.Add(time.Hour)}
	joined := a.Join(b)
	if want := []string{"sgr-1", "sgr-2", "sgr-3"}; !slices.Equal(ids(joined.Made), want) {
		t.Errorf("Made = %v, want %v", ids(joined.Made), want)
	}
	if len(a.Made) != 2 || len(b.Made) != 2 {
		t.Error("Join changed its arguments")
	}
}

// TestLedgerJoinIdentifies merges a rule that is known only from a Duplicate error with the
// same rule with an id.
func TestLedgerJoinIdentifies(t *testing.T) {
	head := Ledger{Made: []Made{madeAgo("", time.Minute), {Rule: secgroup.MustParseRule("tcp 444 from ::/0"), At: now}}}
	joined := head.Join(Ledger{Made: []Made{madeAgo("sgr-1", time.Minute)}})
	if want := []string{"", "sgr-1"}; !slices.Equal(ids(joined.Made), want) || joined.Made[0].Rule.Ports.First != 444 {
		t.Errorf("Made = %v, want sgr-1 and the rule of port 444", joined.Made)
	}
	if proved := head.Join(Ledger{Made: []Made{madeAgo("sgr-1", time.Hour)}}); len(proved.Made) != 3 {
		t.Errorf("Made = %v, want the rule with the Duplicate after sgr-1, too", proved.Made)
	}
}

func TestLedgerJoinDropsRevoked(t *testing.T) {
	joined := Ledger{Made: []Made{madeAgo("sgr-1", 0)}}.Join(Ledger{Revoked: []Revoked{{"sgr-1", now}}})
	if len(joined.Made) != 0 || len(joined.Revoked) != 1 {
		t.Errorf("joined %+v, want sgr-1 only among the revoked", joined)
	}
}

// TestLedgerLaws compares Join and Assumed, which use indexes, with their specification, rule
// by rule.
func TestLedgerLaws(t *testing.T) {
	rules := []secgroup.Rule{
		secgroup.MustParseRule("tcp 443 from sg-0aaaaaaaaaaaaaaaa"),
		secgroup.MustParseRule("tcp 443 from 444455556666/sg-0aaaaaaaaaaaaaaaa"),
		secgroup.MustParseRule("tcp 443 from 111122223333/sg-0aaaaaaaaaaaaaaaa"),
		secgroup.MustParseRule("tcp 444 from 0.0.0.0/0"),
	}
	id := rapid.SampledFrom([]string{"sgr-1", "sgr-2", "sgr-3", "sgr-4"})
	at := rapid.Custom(func(t *rapid.T) time.Time {
		return now.Add(time.Duration(rapid.IntRange(-3, 1).Draw(t, "minutes")) * time.Minute)
	})
	ledgers := rapid.Custom(func(t *rapid.T) (l Ledger) {
		for range rapid.IntRange(0, 4).Draw(t, "made") {
			m := Made{Rule: rapid.SampledFrom(rules).Draw(t, "rule"), At: at.Draw(t, "at")}
			if rapid.Bool().Draw(t, "known by id") {
				m.ID = id.Draw(t, "id")
			}
			l.Made = append(l.Made, m)
		}
		for range rapid.IntRange(0, 2).Draw(t, "gone") {
			l.Revoked = append(l.Revoked, Revoked{id.Draw(t, "gone id"), at.Draw(t, "gone at")})
		}
		for range rapid.IntRange(0, 1).Draw(t, "pending") {
			l.PendingRevokes = append(l.PendingRevokes, PendingRevoke{ID: id.Draw(t, "pending id")})
		}
		return l
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := ledgers.Draw(t, "a"), ledgers.Draw(t, "b")
		joined := a.Join(b)
		var want []Made
		all := union(a.Made, b.Made, Made.key)
		for _, m := range all {
			gone := slices.ContainsFunc(joined.Revoked, func(g Revoked) bool { return g.ID == m.ID })
			again := m.ID == "" && slices.ContainsFunc(all, func(o Made) bool {
				return o.ID != "" && o.Rule.Matches(m.Rule) && !o.At.Before(m.At) &&
					!slices.ContainsFunc(joined.Revoked, func(g Revoked) bool { return g.ID == o.ID })
			})
			if !gone && !again {
				want = append(want, m)
			}
		}
		if !slices.Equal(joined.Made, want) {
			t.Fatalf("Join holds %v, want %v", joined.Made, want)
		}
		described := []secgroup.Entry{{ID: "sgr-4", Rule: rapid.SampledFrom(rules).Draw(t, "described")}}
		want = slices.DeleteFunc(slices.Clone(a.Made), func(m Made) bool {
			doubted := m.ID == "" && slices.ContainsFunc(append(slices.Clone(a.Revoked), pendingAsGone(a)...),
				func(g Revoked) bool {
					may := true // of an unknown id
					for _, e := range described {
						if e.ID == g.ID {
							may = e.Rule.Matches(m.Rule)
						}
					}
					for _, o := range a.Made {
						if o.ID == g.ID {
							may = o.Rule.Matches(m.Rule)
						}
					}
					return may && !g.At.Before(m.At)
				})
			return doubted || !m.Assumed(now)
		})
		if got := a.Assumed(described, now); !slices.Equal(got, want) {
			t.Fatalf("Assumed returns %v, want %v", got, want)
		}
	})
}

// pendingAsGone returns the pending revokes as rules that are revoked in an hour.
func pendingAsGone(l Ledger) (gone []Revoked) {
	for _, p := range l.PendingRevokes {
		gone = append(gone, Revoked{p.ID, now.Add(time.Hour)})
	}
	return gone
}
