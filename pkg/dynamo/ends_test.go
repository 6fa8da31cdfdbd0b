package dynamo_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// The contract of ensure.Ends.

var _ ensure.Ends = (*dynamo.Table)(nil)

const (
	launchPK = "L#444455556666#llama4-7f3a"
	rxSK     = "RX#444455556666#llama4-7f3a"
	kept     = 45 * 24 * 3600 // seconds
)

var ourLaunch = events.Launch{Account: account, Name: launch}

// ttlOf is the ttl of what ended so many milliseconds into the tests' day.
func ttlOf(ms int64) string { return fmt.Sprintf("N %d", at(ms).Unix()+kept) }

// ends records the end of the launch, and compares its groups.
func (b *bench) ends(ms int64, want ...claim.Group) {
	b.Helper()
	got, err := b.End(b.Context(), ourLaunch, at(ms))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		b.Errorf("End: %v, groups (-want +got):\n%s", err, diff)
	}
}

func (b *bench) endsIn(ms int64) {
	b.Helper()
	if err := b.EndIn(b.Context(), ourLaunch, group, at(ms)); err != nil {
		b.Errorf("EndIn: %v", err)
	}
}

func (b *bench) retires() {
	b.Helper()
	if err := b.Retire(b.Context(), group); err != nil {
		b.Errorf("Retire: %v", err)
	}
}

// toRetire compares what Load says of it.
func (b *bench) toRetire(want bool) {
	b.Helper()
	got, err := b.Load(b.Context(), group)
	if err != nil || got.Retire != want {
		b.Errorf("Load: Retire is %v, %v, want %v", got.Retire, err, want)
	}
}

func TestEndNamesTheGroups(t *testing.T) {
	onEach(t, func(b *bench) {
		b.ends(1) // it never asked for anything
		b.remove(launchPK, "END")
		there, other := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		other.Group.ID = "sg-0ffffffffffffffff"
		b.claims(there, true)
		b.claims(other, true)
		b.claims(ask("another", at(0), "tcp 8000 from 0.0.0.0/0"), true)
		b.ends(5, group, other.Group)
		b.ends(7, group, other.Group) // again
		b.item(launchPK, "END", map[string]string{
			"v": "N 1", "at": "N 1790000000005", "ttl": ttlOf(5), "due": "N 1790000120007", "shard": b.get(launchPK, "END")["shard"],
		})
		_, _, err := b.Claim(b.Context(), ask(launch, at(9), "tcp 8002 from 0.0.0.0/0"))
		wantError(b, "Claim after End", err, ensure.ErrEnded)
		b.holds(there, ask("another", at(0), "tcp 8000 from 0.0.0.0/0")) // open until EndIn
	})
}

func TestFinish(t *testing.T) {
	onEach(t, func(b *bench) {
		b.finishes()
		b.item(launchPK, "END", nil) // none was made
		b.ends(5)
		b.unfinished(120_004)
		b.unfinished(120_005, ourLaunch)
		b.finishes()
		b.unfinished(1_000_000)
		b.item(launchPK, "END", map[string]string{"v": "N 1", "at": "N 1790000000005", "ttl": ttlOf(5)})
		b.finishes()
		b.ends(9) // late: until it has come to all groups once more
		b.unfinished(1_000_000, ourLaunch)
	})
}

func (b *bench) finishes() {
	b.Helper()
	if err := b.Finish(b.Context(), ourLaunch); err != nil {
		b.Errorf("Finish: %v", err)
	}
}

func (b *bench) unfinished(ms int64, want ...events.Launch) {
	b.Helper()
	got, err := b.Unfinished(b.Context(), at(ms), 100)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		b.Errorf("Unfinished: %v (-want +got):\n%s", err, diff)
	}
}

func TestEndIn(t *testing.T) {
	onEach(t, func(b *bench) {
		first, more := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), ask(launch, at(1), "tcp 8002 from 0.0.0.0/0")
		other, elsewhere := ask("another", at(0), "tcp 8000 from 0.0.0.0/0"), ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		elsewhere.Group.ID = "sg-0ffffffffffffffff"
		for _, r := range []claim.Request{first, more, other, elsewhere} {
			b.claims(r, true)
		}
		b.endsIn(5)
		first.Status, first.Settled = claim.Ended, at(5)
		more.Status, more.Settled = claim.Ended, at(5)
		b.holds(first, more, other)
		b.item(launchPK, "END"+ofGroup, map[string]string{"v": "N 1", "at": "N 1790000000005", "ttl": ttlOf(5)})
		b.item(groupPK, rxSK, map[string]string{"v": "N 1", "at": "N 1790000000005"})
		_, _, err := b.Claim(b.Context(), ask(launch, at(9), "tcp 8004 from 0.0.0.0/0"))
		wantError(b, "Claim after EndIn", err, ensure.ErrEnded)
		elsewhere.Rules[0].Description = "again"
		found, fresh, err := b.Claim(b.Context(), elsewhere)
		if err != nil || fresh || found.Status != claim.Open {
			b.Errorf("in its other group the launch's request is %+v, fresh %v, %v", found, fresh, err)
		}
	})
}

func TestExpire(t *testing.T) {
	onEach(t, func(b *bench) {
		r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		b.claims(r, true)
		for _, ms := range []int64{5, 9} { // the second is too late
			if err := b.Expire(b.Context(), r, at(ms)); err != nil {
				b.Errorf("Expire: %v", err)
			}
		}
		r.Status, r.Settled = claim.Expired, at(5)
		b.holds(r)
		if got := b.get(groupPK, "R#"+r.Key())["ttl"]; got != ttlOf(5) {
			b.Errorf("ttl is %q, want %q", got, ttlOf(5))
		}
		if err := b.Expire(b.Context(), ask("another", at(0), "tcp 8000 from 0.0.0.0/0"), at(9)); err != nil {
			b.Errorf("Expire of what is gone: %v", err)
		}
		b.holds(r)
	})
}

func TestRetireDatesRequestsFirst(t *testing.T) {
	onEach(t, func(b *bench) {
		b.toRetire(false)
		r, living := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), ask("another", at(0), "tcp 8000 from 0.0.0.0/0")
		b.claims(r, true)
		b.claims(living, true)
		b.toRetire(false)
		b.endsIn(5)
		b.toRetire(true)
		b.retires()
		b.toRetire(false)
		for _, sk := range []string{"R#" + r.Key(), rxSK} {
			if got := b.get(groupPK, sk)["ttl"]; got != ttlOf(5) {
				b.Errorf("%s has the ttl %q, want %q", sk, got, ttlOf(5))
			}
		}
		b.remove(groupPK, rxSK) // DynamoDB deletes in no order
		r.Status, r.Settled = claim.Ended, at(5)
		b.holds(r, living)
		if got := b.get(groupPK, "R#"+living.Key())["ttl"]; got != "" {
			b.Errorf("a living request has the ttl %q", got)
		}
	})
}

func TestRetireManyRequests(t *testing.T) {
	onEach(t, func(b *bench) {
		for i := range int64(230) {
			r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
			r.ExpiresAt = at(i)
			b.claims(r, true)
		}
		b.endsIn(5)
		b.retires()
		b.toRetire(false)
	})
}

// An end that is late is written without a ttl again.
func TestRetireAgain(t *testing.T) {
	onEach(t, func(b *bench) {
		b.endsIn(5)
		b.retires()
		b.endsIn(9_000)
		b.item(groupPK, rxSK, map[string]string{"v": "N 1", "at": "N 1790000009000"})
		b.toRetire(true)
		b.retires()
		b.item(groupPK, rxSK, map[string]string{"v": "N 1", "at": "N 1790000009000", "ttl": ttlOf(9_000)})
	})
}

// The end of an earlier launch of the name, which DynamoDB is late to delete,
// ends nothing that was asked when the launch's END was gone.
func TestEndIsLeftOver(t *testing.T) {
	onEach(t, func(b *bench) {
		b.endsIn(0)
		b.retires()
		b.remove(launchPK, "END"+ofGroup)
		r := ask(launch, at(46*24*3_600_000), "tcp 8000 from 0.0.0.0/0")
		b.claims(r, true)
		b.holds(r)
		b.toRetire(false)
		b.endsIn(47 * 24 * 3_600_000)
		r.Status, r.Settled = claim.Ended, at(47*24*3_600_000)
		b.holds(r)
		b.retires()
		if got := b.get(groupPK, "R#"+r.Key())["st"]; got != "S ended" {
			b.Errorf("the request is marked %q, want ended", got)
		}
	})
}

func TestEndsSurviveLostReplies(t *testing.T) {
	for _, apply := range []bool{false, true} {
		b := newBench(t, 3)
		r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		b.claims(r, true)
		b.lose("UpdateItem", apply)
		b.ends(5, group)
		b.lose("TransactWriteItems", apply)
		b.endsIn(6)
		b.lose("TransactWriteItems", apply)
		b.retires()
		b.lose("UpdateItem", apply)
		b.finishes()
		r.Status, r.Settled = claim.Ended, at(6)
		b.holds(r)
		b.toRetire(false)
		b.unfinished(1_000_000)
	}
}

// A transaction that meets another end of the launch is left to the next sweep.
func TestRetireMeetsAnEnd(t *testing.T) {
	b := newBench(t, 3)
	b.endsIn(5)
	b.cancel(1, "ConditionalCheckFailed")
	b.retires()
	b.toRetire(true)
	b.cancel(100, "TransactionConflict")
	err := b.Retire(b.Context(), group)
	wantError(b, "Retire", err, "TransactionCanceledException")
	if !strings.Contains(err.Error(), rxSK) {
		b.Errorf("Retire: %v, want the item named", err)
	}
}
