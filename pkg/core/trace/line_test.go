package trace

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// anyState draws a state of a pass, and anyReply a reply.
func anyState(t *rapid.T) lease.State {
	s := lease.Start("p", 100_000)
	s.Op = lease.Op(rapid.IntRange(int(lease.Claim), int(lease.Yield)).Draw(t, "op"))
	s.Owner.Entry = rapid.IntRange(0, 3).Draw(t, "entry")
	s.Claimed = rapid.SampledFrom([]lease.Claimed{lease.NoneOpen, lease.AllRepeated, lease.SomeNew}).Draw(t, "claimed")
	s.Ticket = lease.Ticket(rapid.Int64Range(0, 9).Draw(t, "ticket"))
	s.Seen = lease.Ticket(rapid.Int64Range(0, 9).Draw(t, "seen"))
	s.Tries = rapid.IntRange(0, 2).Draw(t, "tries")
	return s
}

func anyReply(t *rapid.T) lease.Reply {
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	owner := rapid.SampledFrom([]lease.Owner{{}, {Nonce: "p"}, {Nonce: "q", Entry: 2}, {Nonce: "a.b/c", Entry: 1}})
	ticket := rapid.Int64Range(0, 9)
	return lease.Reply{
		Now: lease.Instant(rapid.Int64Range(0, 200_000).Draw(t, "now")), Lost: flag("lost"), Failed: flag("failed"),
		Claimed: lease.Claimed(rapid.IntRange(0, 2).Draw(t, "claims")),
		Plan:    lease.Plan{Refuse: flag("refuse"), Revoke: flag("revoke"), Authorize: flag("authorize"), Again: flag("again")},
		Head: lease.Head{
			Owner: owner.Draw(t, "owner"), Expires: lease.Instant(rapid.Int64Range(0, 200_000).Draw(t, "expires")),
			Want: lease.Ticket(ticket.Draw(t, "want")), Applied: lease.Ticket(ticket.Draw(t, "applied")),
			Last: owner.Draw(t, "last"), NeedsRound: flag("needsRound"),
		},
	}
}

// TestLineKeepsTheStep: a line that was written and read holds all that the next state follows
// from.
func TestLineKeepsTheStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, r := anyState(t), anyReply(t)
		if s.Op == lease.TakeOver {
			s.Found = r.Head
		}
		if !showsHead(s.Op, r) {
			r.Head = lease.Head{}
		}
		after := lease.Step(s, r)
		text, err := json.Marshal(NewLine("f", "g", 3, s, r, after))
		if err != nil {
			t.Fatal(err)
		}
		var l Line
		if err := json.Unmarshal(text, &l); err != nil {
			t.Fatal(err)
		}
		if err := l.check(); err != nil {
			t.Fatal(err)
		}
		if l.state() != after {
			t.Fatalf("after %s: %+v, want %+v", text, l.state(), after)
		}
		if got := lease.Step(s, l.reply()); got != after {
			t.Fatalf("step with %s: %+v, want %+v", text, got, after)
		}
	})
}

// TestLineIsBounded: a line stays small if every text is hostile.
func TestLineIsBounded(t *testing.T) {
	hostile := strings.Repeat("\u0000<\u202e\"", 10_000)
	ids := make([]string, 1000)
	for i := range ids {
		ids[i] = hostile
	}
	s := lease.Start(hostile, 1<<62)
	s.Op, s.Ticket, s.Seen = lease.Ring, 1<<62, 1<<62
	head := lease.Head{Owner: lease.Owner{Nonce: hostile, Entry: 1 << 62}, Expires: 1 << 62, Want: 1 << 62,
		Applied: 1 << 62, Last: lease.Owner{Nonce: hostile}}
	l := NewLine(hostile, hostile, 1<<62, s, lease.Reply{Now: 1 << 62, Head: head}, s)
	l.Pending, l.Made, l.Revoked = NewIDs(ids), NewIDs(ids), NewIDs(ids)
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > MaxBytes {
		t.Errorf("a line has %d bytes, want at most %d", len(text), MaxBytes)
	}
	if l.Pending.More != 1000-maxIDs {
		t.Errorf("%d more ids, want %d", l.Pending.More, 1000-maxIDs)
	}
}
