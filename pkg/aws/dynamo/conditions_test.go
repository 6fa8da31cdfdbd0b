package dynamo_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// Each row violates one term of a condition, and the other terms hold. Without that term, the
// write would succeed.

const firstID, secondID = "sgr-0aaaaaaaaaaaaaaaa", "sgr-0bbbbbbbbbbbbbbbb"

func pendingOf(ids ...string) (pending []claim.PendingRevoke) {
	for _, id := range ids {
		pending = append(pending, claim.PendingRevoke{ID: id, Since: at(0).Truncate(time.Second)})
	}
	return pending
}

// pends performs Pend, and compares the pending revokes.
func (b *bench) pends(s lease.State, id string, wantFailed bool, want ...string) {
	b.Helper()
	s.Op = lease.Pend
	reply, _ := b.records(s, claim.Ledger{PendingRevokes: pendingOf(id)})
	if reply.Failed != wantFailed {
		b.Errorf("Pend by %s = %+v, want failed %v", s.Owner, reply, wantFailed)
	}
	if _, ledger := b.peek(); !slices.Equal(ledger.PendingRevokes, pendingOf(want...)) {
		b.Errorf("pending are %v, want %v", ledger.PendingRevokes, want)
	}
}

func TestPend(t *testing.T) {
	onEach(t, func(b *bench) {
		held := lease.State{Owner: alice, Seen: 1}
		b.pends(held, firstID, true) // no ticket was counted
		b.ring(alice)
		b.pends(lease.State{Owner: bob, Seen: 1}, firstID, true)
		b.pends(held, firstID, false, firstID)
		b.pends(held, secondID, false, firstID, secondID) // none is forgotten
		b.pends(held, secondID, false, firstID, secondID)
		b.does(lease.State{Op: lease.Yield, Owner: alice})
		b.pends(held, "sgr-0cccccccccccccccc", true, firstID, secondID)
	})
}

func TestPendOfNewerSchema(t *testing.T) {
	onEach(t, func(b *bench) {
		b.ring(alice)
		b.set(groupPK, "HEAD", "v", number(3))
		_, _, err := b.Perform(b.Context(), group, lease.State{Op: lease.Pend, Owner: alice, Seen: 1},
			&claim.Ledger{PendingRevokes: pendingOf(firstID)})
		wantError(b, "Pend", err, "schema version 3")
		if got := b.get(groupPK, "LEDGER")["cond"]; got != "" {
			b.Errorf("pending %s on a head of a newer schema", got)
		}
	})
}

func TestTakeOverOfAnotherExpiry(t *testing.T) {
	onEach(t, func(b *bench) {
		found := b.ring(alice)
		for _, expires := range []lease.Instant{found.Expires - 1, found.Expires + 1} {
			seen := found
			seen.Expires = expires
			b.leaves(lease.State{Op: lease.TakeOver, Owner: bob, Deadline: deadline, Found: seen}, found)
		}
	})
}

func TestReleaseOfOtherTickets(t *testing.T) {
	onEach(t, func(b *bench) {
		head := b.ring(alice)
		b.leaves(lease.State{Op: lease.Release, Owner: alice, Seen: 2}, head) // a ticket that was never counted
		b.set(groupPK, "HEAD", "applied", number(1))
		head.Applied = 1
		b.leaves(lease.State{Op: lease.Release, Owner: alice, Seen: 1}, head) // one that others have served
	})
}

// TestRefuseForServedTickets: a refusal checks the same condition as Pend, in a ConditionCheck.
func TestRefuseForServedTickets(t *testing.T) {
	onEach(t, func(b *bench) {
		r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		b.claims(r, true)
		b.ring(alice)
		b.set(groupPK, "HEAD", "applied", number(1))
		if err := b.Refuse(b.Context(), r, lease.State{Owner: alice, Seen: 1}); !errors.Is(err, ensure.ErrFenced) {
			b.Errorf("Refuse for a ticket that was served: %v, want ErrFenced", err)
		}
		b.holds(r)
	})
}

// TestClaimKeepsTheSchemaOfTheRecord: a repeated request leaves the stored one and its schema
// version unchanged.
func TestClaimKeepsTheSchemaOfTheRecord(t *testing.T) {
	onEach(t, func(b *bench) {
		b.put("L#444455556666#llama4-7f3a", "G"+ofGroup, map[string]types.AttributeValue{"v": number(0)})
		b.claims(ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), true)
		if got := b.get("L#444455556666#llama4-7f3a", "G"+ofGroup)["v"]; got != "N 0" {
			b.Errorf("v is %s, want N 0", got)
		}
	})
}

// TestExpireOnlyLiveRequests: an expiry changes only a live request.
func TestExpireOnlyLiveRequests(t *testing.T) {
	onEach(t, func(b *bench) {
		r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		if err := b.Expire(b.Context(), r, at(1)); err != nil {
			b.Errorf("Expire of an absent request: %v", err)
		}
		b.item(groupPK, "R#"+r.Key(), nil)
		b.claims(r, true)
		for _, ms := range []int64{2, 3} {
			if err := b.Expire(b.Context(), r, at(ms)); err != nil {
				b.Fatal(err)
			}
		}
		r.Status, r.Finished = claim.Expired, at(2)
		b.holds(r)
	})
}

// TestEndAgainKeepsItsTime: a repeated end keeps the time of the first, which sets its TTL.
func TestEndAgainKeepsItsTime(t *testing.T) {
	onEach(t, func(b *bench) {
		l := claim.Launch{Account: account, Name: launch}
		for _, ms := range []int64{0, 5000} {
			if _, err := b.End(b.Context(), l, at(ms)); err != nil {
				b.Fatal(err)
			}
			if err := b.EndIn(b.Context(), l, group, at(ms)); err != nil {
				b.Fatal(err)
			}
		}
		for _, sk := range []string{"END", "END" + ofGroup} {
			got := b.get("L#444455556666#llama4-7f3a", sk)
			if got["at"] != "N 1790000000000" || got["ttl"] != "N 1793888000" { // 45 days on
				b.Errorf("%s is %v, want the first end's time", sk, got)
			}
		}
	})
}

func TestDueUpToNow(t *testing.T) {
	onEach(t, func(b *bench) {
		b.ring(alice)
		b.records(lease.State{Op: lease.Release, Owner: alice, Seen: 1}, ledger) // due at 4
		for ms, want := range map[int64]int{3: 0, 4: 1, 5: 1} {
			if got, err := b.Due(b.Context(), at(ms), 64); err != nil || len(got) != want || want == 1 &&
				got[0] != group {
				b.Errorf("Due at %d = %v, %v, want %d groups", ms, got, err, want)
			}
		}
	})
}
