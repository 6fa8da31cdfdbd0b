package lease

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	me     = Owner{Nonce: "me"}
	meAnew = Owner{Nonce: "me", Entry: 1}
	other  = Owner{Nonce: "other"}
)

// Times of a pass that ends at 100 s. A row without a time is at 0.
const (
	end       Instant = 100_000
	lastRing          = end - MinRing  // the last moment to ring
	lastRound         = end - MinRound // the last moment to begin a round
)

// at returns a pass at op that has ticket 5 and serves tickets up to 5.
func at(op Op) State {
	return State{Op: op, Owner: me, Deadline: end, Claimed: SomeNew, Ticket: 5, Seen: 5}
}

func (s State) with(change func(*State)) State {
	change(&s)
	return s
}

func (s State) ticket(t Ticket) State   { return s.with(func(s *State) { s.Ticket = t }) }
func (s State) seen(t Ticket) State     { return s.with(func(s *State) { s.Seen = t }) }
func (s State) tried(n int) State       { return s.with(func(s *State) { s.Tries = n }) }
func (s State) found(h Head) State      { return s.with(func(s *State) { s.Found = h }) }
func (s State) anew() State             { return s.with(func(s *State) { s.Owner = meAnew }) }
func (s State) claims(c Claimed) State  { return s.with(func(s *State) { s.Claimed = c }) }
func (s State) result(r Result) State   { return s.with(func(s *State) { s.Result = r }) }
func ended(r Result) State              { return at(Done).result(r) }
func head(o Owner, w, a Ticket) Head    { return Head{Owner: o, Expires: end, Want: w, Applied: a} }
func expires(h Head, when Instant) Head { h.Expires = when; return h }
func last(h Head, o Owner) Head         { h.Last = o; return h }

type step struct {
	from  State
	reply Reply
	want  State
	why   string
}

func check(t *testing.T, steps []step) {
	t.Helper()
	for _, tt := range steps {
		if got := Step(tt.from, tt.reply); got != tt.want {
			t.Errorf("%s: Step(%v, %+v), want %v: (-want +got)\n%s",
				tt.why, tt.from.Op, tt.reply, tt.want.Op, cmp.Diff(tt.want, got))
		}
	}
}

func TestStepClaims(t *testing.T) {
	needsRound := Head{NeedsRound: true}
	none := func(op Op) State { return at(op).claims(NoneOpen) }
	repeated := func(op Op) State { return at(op).claims(AllRepeated) }
	check(t, []step{
		{at(Claim), Reply{Claimed: SomeNew}, at(Ring), "new requests are counted"},
		{at(Claim), Reply{Claimed: AllRepeated}, repeated(Peek), "a repeat may take the fast path"},
		{at(Claim), Reply{Claimed: NoneOpen}, none(Peek), "it may have died as the holder"},

		{repeated(Peek), Reply{}, repeated(Check).ticket(0), "nobody ever rang"},
		{repeated(Peek), Reply{Head: head(Nobody, 4, 4)}, repeated(Check).ticket(4), "all is served"},
		{repeated(Peek), Reply{Head: head(other, 4, 3)}, repeated(Ring), "another function holds the lease"},
		{repeated(Peek), Reply{Head: head(Nobody, 4, 3)}, repeated(Ring), "the lease is free, a ticket waits"},
		{repeated(Peek), Reply{Head: needsRound}, repeated(Ring), "a revoke is pending"},

		{none(Peek), Reply{Head: head(Nobody, 4, 4)}, ended(Nothing).claims(NoneOpen), "refused, and nobody waits"},
		{none(Peek), Reply{Head: needsRound}, ended(Nothing).claims(NoneOpen), "it has no rule to miss"},
		{none(Peek), Reply{Head: head(other, 4, 3)}, none(Ring), "the lease may be its own dead one"},
		{none(Peek), Reply{Head: head(Nobody, 4, 3)}, none(Ring), "a ticket waits"},

		{repeated(Check), Reply{}, ended(Served).claims(AllRepeated), "nothing is missing"},
		{repeated(Check), Reply{Plan: Plan{Authorize: true}}, repeated(Ring), "a rule is missing"},
		{repeated(Check), Reply{Plan: Plan{Refuse: true}}, repeated(Ring), "only the holder refuses"},
	})
}

func TestStepRings(t *testing.T) {
	mine, theirs := head(me, 7, 3), head(other, 7, 3)
	dead := expires(theirs, 1_000)
	check(t, []step{
		{at(Ring), Reply{Head: mine}, at(Load).ticket(7).seen(7), "the lease was free"},
		{at(Ring), Reply{Head: expires(mine, 0), Now: 50_000}, at(Load).ticket(7).seen(7), "ours, whatever the time"},
		{at(Ring), Reply{Head: theirs}, ended(Queued).ticket(7), "the holder serves ticket 7"},
		{at(Ring).claims(NoneOpen), Reply{Head: theirs}, ended(Nothing).ticket(7).claims(NoneOpen),
			"nothing of ours is queued"},
		{at(Ring), Reply{Head: dead, Now: 1_000 + Slack}, ended(Queued).ticket(7), "clocks may differ by Slack"},
		{at(Ring), Reply{Head: dead, Now: 1_001 + Slack}, at(TakeOver).ticket(7).found(dead), "dead by any clock"},

		{at(TakeOver).found(dead), Reply{Head: head(me, 8, 3)}, at(Load).seen(8), "taken over, with all tickets"},
		{at(TakeOver), Reply{Failed: true, Head: head(me, 8, 3)}, at(Load).seen(8), "a lost try took it over"},
		{at(TakeOver), Reply{Failed: true, Head: head(other, 8, 4)}, ended(Queued),
			"another took it over, after we rang"},
		{at(TakeOver), Reply{Failed: true, Head: head(Nobody, 8, 5)}, ended(Served),
			"the holder lived, and served ticket 5"},
		{at(TakeOver), Reply{Failed: true, Head: head(other, 8, 5)}, ended(Served), "served, and taken again"},
		{at(TakeOver), Reply{Failed: true, Head: head(Nobody, 8, 4)}, at(Ring), "the lease is free: ring again"},
		{at(TakeOver), Reply{Failed: true}, at(Ring), "the item was deleted"},
	})
}

func TestStepRound(t *testing.T) {
	refuse, authorize, again := Plan{Refuse: true}, Plan{Authorize: true}, Plan{Again: true}
	both := Plan{Refuse: true, Authorize: true}
	revoke, exchange := Plan{Revoke: true}, Plan{Revoke: true, Authorize: true}
	overtaken := Reply{Failed: true, Head: head(other, 5, 3)}
	check(t, []step{
		{at(Load), Reply{}, at(Describe), "requests first, then rules"},
		{at(Load), overtaken, at(Ring).anew(), "overtaken: others may not know our requests"},
		{at(Load), Reply{Failed: true, Head: head(me, 6, 5)}, at(Load).seen(6),
			"a late ring has brought the lease back"},
		{at(Describe), Reply{}, at(Publish), "nothing is missing"},
		{at(Describe), Reply{Plan: both}, at(Refuse), "refuse before anything is written"},
		{at(Describe), Reply{Plan: authorize}, at(Authorize), "rules are missing"},
		{at(Describe), Reply{Plan: again}, at(Describe), "the describe lags"},
		{at(Refuse), Reply{}, at(Publish), "all were refused"},
		{at(Refuse), Reply{Plan: authorize}, at(Authorize), "the others are served"},
		{at(Refuse), Reply{Plan: refuse}, at(Refuse), "more to refuse"},
		{at(Refuse), overtaken, at(Ring).anew(), "overtaken: nothing is refused"},
		{at(Refuse), Reply{Plan: exchange}, at(Pend), "the others are served"},
		{at(Describe), Reply{Plan: exchange}, at(Pend), "revokes make room"},
		{at(Describe), Reply{Plan: Plan{Refuse: true, Revoke: true}}, at(Refuse), "refuse before anything is written"},
		{at(Pend), Reply{}, at(Revoke), "the next holder knows the pending revokes"},
		{at(Pend), overtaken, at(Ring).anew(), "overtaken: nothing is revoked"},
		{at(Revoke), Reply{}, at(Publish), "done"},
		{at(Revoke), Reply{Plan: authorize}, at(Authorize), "there is room"},
		{at(Revoke), Reply{Plan: again}, at(Describe), "describe again"},
		{at(Revoke), Reply{Plan: revoke}, at(Pend), "more to revoke"},
		{at(Authorize), Reply{Plan: revoke}, at(Pend), "a request that EC2 rejected needed it"},
		{at(Authorize), Reply{}, at(Publish), "done"},
		{at(Authorize), Reply{Plan: again}, at(Describe), "Duplicate contradicts the describe"},
		{at(Authorize), Reply{Plan: authorize}, at(Authorize), "one rule a call"},
		{at(Authorize), Reply{Plan: refuse}, at(Refuse), "EC2 rejected a rule"},
		{at(Publish), Reply{}, at(Release), "publish, then release"},
	})
}

func TestStepReleases(t *testing.T) {
	failed := func(h Head) Reply { return Reply{Failed: true, Head: h} }
	check(t, []step{
		{at(Release), Reply{Head: head(Nobody, 5, 5)}, ended(Served), "nobody rang"},
		{at(Release), failed(head(me, 6, 3)), at(Load).seen(6), "another function rang: another round"},
		{at(Release), failed(last(head(Nobody, 5, 5), me)), ended(Served), "a lost try released it"},
		{at(Release), failed(last(head(other, 6, 5), me)), ended(Served), "a lost try released it, another took it"},
		{at(Release), failed(last(head(Nobody, 9, 9), other)), at(Ring).anew(),
			"the successor served our tickets, and does not know our writes"},
		{at(Release), failed(last(head(me, 7, 5), me)), at(Load).seen(7),
			"a lost try released it, a late ring brought it back"},
		{at(Release), failed(head(other, 6, 3)), at(Ring).anew(), "overtaken: ring under another name"},
		{at(Release), failed(head(Nobody, 5, 3)), at(Ring).anew(), "overtaken by a holder that yielded"},
		{at(Release), failed(Head{}), at(Ring).anew(), "the item was deleted"},
		{at(Yield), Reply{}, ended(Retry), "given up"},
		{at(Yield), failed(head(other, 6, 3)), ended(Retry), "not ours any more"},
		{ended(Served), Reply{Lost: true}, ended(Served), "Done is final"},
		{ended(Queued), failed(head(me, 6, 3)), ended(Queued), "Done is final"},
	})
}

// TestStepDeadline includes the bug "remaining = 0 is read as unset".
func TestStepDeadline(t *testing.T) {
	mine, again := head(me, 5, 3), Plan{Again: true}
	overtaken := Reply{Failed: true, Head: head(other, 6, 3)}
	absent := func(s State) State { return s.with(func(s *State) { s.Deadline = 0 }) }
	check(t, []step{
		{at(Claim), Reply{Claimed: SomeNew, Now: lastRing}, at(Ring), "just in time"},
		{at(Claim), Reply{Claimed: SomeNew, Now: lastRing + 1}, ended(Retry), "too late to ring"},
		{at(Claim), Reply{Claimed: SomeNew, Now: end}, ended(Retry), "nothing remains"},
		{at(Claim), Reply{Claimed: SomeNew, Now: end + 1}, ended(Retry), "less than nothing remains"},
		{absent(at(Claim)), Reply{Claimed: SomeNew, Now: 1}, absent(ended(Retry)), "no deadline is no time"},
		{at(Peek), Reply{Head: head(other, 4, 3), Now: lastRing + 1}, ended(Retry), "too late to ring"},
		{at(Check), Reply{Plan: Plan{Authorize: true}, Now: lastRing + 1}, ended(Retry), "too late to ring"},
		{at(Ring), Reply{Head: mine, Now: lastRound}, at(Load), "just in time"},
		{at(Ring), Reply{Head: mine, Now: lastRound + 1}, at(Yield), "too late for a round"},
		{at(TakeOver), Reply{Head: mine, Now: lastRound + 1}, at(Yield), "too late for a round"},
		{at(TakeOver), Reply{Failed: true, Now: lastRing + 1}, ended(Retry), "too late to ring"},
		{at(Release), Reply{Failed: true, Head: mine, Now: lastRound + 1}, at(Yield), "too late for another round"},
		{at(Release), Reply{Failed: true, Head: mine, Now: end}, at(Yield), "nothing remains"},
		{at(Release), overtaken.at(lastRing + 1), ended(Retry).anew(), "too late to ring"},
		{at(Refuse), overtaken.at(lastRing + 1), ended(Retry).anew(), "too late to ring"},
		{at(Describe), Reply{Plan: Plan{Authorize: true}, Now: lastRound + 1}, at(Authorize),
			"a round goes on to its end"},
		{at(Pend), overtaken.at(lastRing + 1), ended(Retry).anew(), "too late to ring"},
		{at(Pend), Reply{Now: lastRound + 1}, at(Revoke), "a round goes on to its end"},
		{at(Revoke), Reply{Plan: Plan{Revoke: true}, Now: lastRound + 1}, at(Yield), "too late to repeat an effect"},
		{at(Load), Reply{Failed: true, Head: mine, Now: lastRound + 1}, at(Yield), "too late for a round"},
		{at(Describe), Reply{Plan: again, Now: lastRound}, at(Describe), "just in time"},
		{at(Describe), Reply{Plan: again, Now: lastRound + 1}, at(Yield), "too late to go back"},
		{at(Authorize), Reply{Plan: again, Now: lastRound + 1}, at(Yield), "too late to go back"},
		{at(Authorize), Reply{Plan: Plan{Authorize: true}, Now: lastRound + 1}, at(Yield),
			"too late to repeat an effect"},
		{at(Refuse), Reply{Plan: Plan{Refuse: true}, Now: lastRound + 1}, at(Yield), "too late to repeat an effect"},
	})
}

func (r Reply) at(now Instant) Reply {
	r.Now = now
	return r
}

// TestStepLost loses the reply of each effect three times.
func TestStepLost(t *testing.T) {
	lost := Reply{Lost: true}
	for op := Claim; op < Done; op++ {
		last := at(Yield)
		switch op {
		case Claim, Peek, Check, Yield:
			last = ended(Retry)
		}
		once, twice := at(op).tried(1), at(op).tried(2)
		if op == Revoke || op == Authorize {
			once, twice = at(Describe).tried(1), at(Describe).tried(2)
		}
		check(t, []step{
			{at(op), lost, once, "the first reply is lost"},
			{at(op).tried(1), lost, twice, "the second reply is lost"},
			{at(op).tried(2), lost, last, "the third reply is lost"},
		})
	}
}

// TestStepTries checks that a pass forgets tries when it continues. Describe and Authorize
// share their tries, or a lost Authorize could repeat for ever.
func TestStepTries(t *testing.T) {
	authorize := Reply{Plan: Plan{Authorize: true}}
	check(t, []step{
		{at(Claim).tried(2), Reply{Claimed: SomeNew}, at(Ring), ""},
		{at(Ring).tried(2), Reply{Head: head(me, 5, 3)}, at(Load), ""},
		{at(Load).tried(2), Reply{}, at(Describe), ""},
		{at(Describe).tried(2), authorize, at(Authorize).tried(2), ""},
		{at(Describe).tried(2), Reply{Plan: Plan{Refuse: true}}, at(Refuse).tried(2), ""},
		{at(Refuse).tried(2), authorize, at(Authorize).tried(2), ""},
		{at(Describe).tried(2), Reply{Plan: Plan{Revoke: true}}, at(Pend).tried(2), ""},
		{at(Pend).tried(2), Reply{}, at(Revoke).tried(2), ""},
		{at(Revoke).tried(2), authorize, at(Authorize).tried(2), ""},
		{at(Describe).tried(2), Reply{}, at(Publish), ""},
		{at(Authorize).tried(2), Reply{Plan: Plan{Again: true}}, at(Describe), ""},
		{at(Publish).tried(2), Reply{}, at(Release), ""},
	})
}

func TestStart(t *testing.T) {
	s := Start("me", end)
	if want := (State{Op: Claim, Owner: me, Deadline: end}); s != want {
		t.Errorf("Start = %+v, want %+v", s, want)
	}
	if s.Expires() != end+Guard {
		t.Errorf("Expires = %d, want %d", s.Expires(), end+Guard)
	}
	defer func() {
		if recover() == nil {
			t.Error("Start without nonce did not panic: nobody would hold the lease")
		}
	}()
	Start("", end)
}
