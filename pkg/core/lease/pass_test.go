package lease

import (
	"testing"

	"pgregory.net/rapid"
)

// replies draws any reply, sensible or not.
func replies(t *rapid.T, s State, now Instant) Reply {
	owner := rapid.SampledFrom([]Owner{Nobody, s.Owner, me, other})
	ticket := rapid.Int64Range(0, 9)
	flag := rapid.Bool()
	return Reply{
		Now:     now,
		Lost:    rapid.IntRange(0, 3).Draw(t, "lost") == 0,
		Failed:  flag.Draw(t, "failed"),
		Claimed: rapid.SampledFrom([]Claimed{NoneOpen, AllRepeated, SomeNew}).Draw(t, "claimed"),
		Plan: Plan{
			Refuse: flag.Draw(t, "refuse"), Revoke: flag.Draw(t, "revoke"),
			Authorize: flag.Draw(t, "authorize"), Again: flag.Draw(t, "again"),
		},
		Head: Head{
			Owner:      owner.Draw(t, "owner"),
			Expires:    Instant(rapid.Int64Range(0, int64(2*end)).Draw(t, "expires")),
			Want:       Ticket(ticket.Draw(t, "want")),
			Applied:    Ticket(ticket.Draw(t, "applied")),
			Last:       owner.Draw(t, "last"),
			NeedsRound: flag.Draw(t, "unsettled"),
		},
	}
}

// tail is more steps than any pass takes after its time is over: three tries of each effect on
// the longest way out.
const tail = 3 * 10

// TestPassEnds checks that time and tries end every pass with a result, for any replies.
func TestPassEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, now, late := Start("me", end), Instant(0), 0
		for s.Op != Done {
			now += Instant(rapid.Int64Range(200, 20_000).Draw(t, "takes"))
			if now > lastRound {
				late++
			}
			if late > tail {
				t.Fatalf("still at %v, %d effects after its time was over", s.Op, late)
			}
			next := Step(s, replies(t, s, now))
			obeys(t, s, next)
			s = next
		}
		if s.Result == Unfinished {
			t.Fatal("done without a result")
		}
	})
}

// obeys checks the properties of every step.
func obeys(t *rapid.T, s, next State) {
	switch {
	case next.Op > Done:
		t.Fatalf("%v leads to no effect: %d", s.Op, next.Op)
	case next.Op != Done && next.Result != Unfinished:
		t.Fatalf("%v leads to %v with result %v", s.Op, next.Op, next.Result)
	case next.Expires() != s.Expires():
		t.Fatalf("the pass's expiry changed from %d to %d", s.Expires(), next.Expires())
	case next.Owner.Nonce != s.Owner.Nonce || next.Owner.Entry < s.Owner.Entry:
		t.Fatalf("the pass's name changed from %v to %v", s.Owner, next.Owner)
	case next.Owner != s.Owner && next.Op != Ring && next.Op != Done:
		t.Fatalf("under a new name %v goes on with %v", s.Op, next.Op)
	case next.Tries >= maxTries:
		t.Fatalf("%v is tried %d times", next.Op, next.Tries)
	}
}

// TestPassWritesOnlyAsHolder checks that a round begins only after a reply that names us as
// the owner. A reply that names another owner ends the round.
func TestPassWritesOnlyAsHolder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		op := Op(rapid.IntRange(int(Claim), int(Yield)).Draw(t, "op"))
		s := at(op)
		r := replies(t, s, Instant(rapid.Int64Range(0, int64(2*end)).Draw(t, "now")))
		next := Step(s, r)
		owned := r.Head.Owner == s.Owner || op == TakeOver && !r.Failed
		if next.Op == Load && op != Load && !owned {
			t.Fatalf("%v, answered %+v, begins a round", op, r)
		}
		inRound := op >= Load && op <= Publish
		if works := next.Op >= Load && next.Op <= Release; works && next.Op != Load && !inRound && next.Op != op {
			t.Fatalf("%v leads to %v outside a round", op, next.Op)
		}
		conditional := op == Load || op == Refuse || op == Pend
		if conditional && r.Failed && !r.Lost && !owned && next.Op != Ring && next.Op != Done {
			t.Fatalf("fenced, and goes on with %v", next.Op)
		}
	})
}

func TestOwnerString(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		owner := rapid.Custom(func(t *rapid.T) Owner {
			return Owner{rapid.StringMatching(`[a.0-9]{0,4}`).Draw(t, "nonce"), rapid.IntRange(0, 20).Draw(t, "entry")}
		})
		a, b := owner.Draw(t, "a"), owner.Draw(t, "b")
		if (a == b) != (a.String() == b.String()) {
			t.Fatalf("%#v is %q, %#v is %q", a, a.String(), b, b.String())
		}
		if (a == Nobody) != (a.String() == "") {
			t.Fatalf("%#v is %q", a, a.String())
		}
	})
}
