package dynamo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// The contract of ensure.Ends.

var _ ensure.Ends = (*dynamo.Table)(nil)

const (
	launchPK = "L#444455556666#llama4-7f3a"
	rxSK     = "RX#444455556666#llama4-7f3a"
)

var ourLaunch = claim.Launch{Account: account, Name: launch}

// ttlOf returns the TTL of an item that ended at the given millisecond of the tests' day.
func ttlOf(ms int64) string { return secondsOf(ms, claim.Kept) }

func secondsOf(ms int64, later time.Duration) string {
	return fmt.Sprintf("N %d", at(ms).Add(later).Unix())
}

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

func TestEndNamesTheGroups(t *testing.T) {
	onEach(t, func(b *bench) {
		b.ends(1) // a launch without a request
		b.remove(launchPK, "END")
		there, other := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		other.Group.ID = "sg-0ffffffffffffffff"
		b.claims(there, true)
		b.claims(other, true)
		b.claims(ask("another", at(0), "tcp 8000 from 0.0.0.0/0"), true)
		b.ends(5, group, other.Group)
		b.ends(7, group, other.Group) // again
		b.item(launchPK, "END", map[string]string{
			"v": "N 1", "at": "N 1790000000005", "ttl": ttlOf(5), "due": "N 1790000120007",
			"shard": b.get(launchPK, "END")["shard"],
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
		b.ends(9) // a late repeat: due until it has reached all groups again
		b.unfinished(1_000_000, ourLaunch)
	})
}

func (b *bench) finishes() {
	b.Helper()
	if err := b.Finish(b.Context(), ourLaunch); err != nil {
		b.Errorf("Finish: %v", err)
	}
}

func (b *bench) unfinished(ms int64, want ...claim.Launch) {
	b.Helper()
	got, err := b.Unfinished(b.Context(), at(ms), 100)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		b.Errorf("Unfinished: %v (-want +got):\n%s", err, diff)
	}
}

func TestEndIn(t *testing.T) {
	onEach(t, func(b *bench) {
		first, more := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), ask(launch, at(1), "tcp 8002 from 0.0.0.0/0")
		other, elsewhere := ask("another", at(0), "tcp 8000 from 0.0.0.0/0"),
			ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		elsewhere.Group.ID = "sg-0ffffffffffffffff"
		for _, r := range []claim.Request{first, more, other, elsewhere} {
			b.claims(r, true)
		}
		b.endsIn(5)
		first.Status, first.Finished = claim.Ended, at(5)
		more.Status, more.Finished = claim.Ended, at(5)
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
		r.Status, r.Finished = claim.Expired, at(5)
		b.holds(r)
		if got := b.get(groupPK, "R#"+r.Key())["ttl"]; got != ttlOf(5) {
			b.Errorf("ttl is %q, want %q", got, ttlOf(5))
		}
		if err := b.Expire(b.Context(), ask("another", at(0), "tcp 8000 from 0.0.0.0/0"), at(9)); err != nil {
			b.Errorf("Expire of an absent request: %v", err)
		}
		b.holds(r)
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
		b.lose("UpdateItem", apply)
		b.archives(6)
		b.lose("UpdateItem", apply)
		b.finishes()
		r.Status, r.Finished = claim.Ended, at(6)
		b.holds(r)
		b.nothingIsOver()
		b.unfinished(1_000_000)
	}
}
