package dynamo_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// archives archives requests that were finished by the given millisecond of the tests' day.
func (b *bench) archives(by int64) {
	b.Helper()
	if err := b.archive(by); err != nil {
		b.Errorf("Archive: %v", err)
	}
}

// archive does the archiving of a sweep.
func (b *bench) archive(by int64) error {
	b.Helper()
	asked, err := b.Load(b.Context(), group)
	if err != nil {
		return err
	}
	parts := claim.Archivable(claim.ApplyEnds(asked.Requests, asked.Ends), asked.Ends, at(by))
	return b.Archive(b.Context(), group, parts, at(by))
}

// over returns the time of the oldest finished request or end.
func over(asked ensure.GroupRecord) time.Time {
	ends := slices.DeleteFunc(slices.Clone(asked.Ends), func(e claim.End) bool { return e.Archived })
	return claim.ArchivableSince(claim.ApplyEnds(asked.Requests, ends), ends)
}

// isOver compares the time of the oldest finished request or end in Load's result.
func (b *bench) isOver(ms int64) {
	b.Helper()
	if got, err := b.Load(b.Context(), group); err != nil || !over(got).Equal(at(ms)) {
		b.Errorf("Load: finished since %v, %v, want %v", over(got), err, at(ms))
	}
}

func (b *bench) nothingIsOver() {
	b.Helper()
	if got, err := b.Load(b.Context(), group); err != nil || !over(got).IsZero() {
		b.Errorf("Load: finished since %v, %v, want none", over(got), err)
	}
}

// loads compares how many requests a round reads.
func (b *bench) loads(want int) {
	b.Helper()
	if got, err := b.Load(b.Context(), group); err != nil || len(got.Requests) != want {
		b.Errorf("Load: %d requests, %v, want %d", len(got.Requests), err, want)
	}
}

// TestArchive renames finished requests so that no round reads them, and sets the TTL of every
// record of their launch. Live requests stay unchanged.
func TestArchive(t *testing.T) {
	onEach(t, func(b *bench) {
		over, live := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), ask("another", at(0), "tcp 8000 from 0.0.0.0/0")
		b.claims(over, true)
		b.claims(live, true)
		b.nothingIsOver()
		b.endsIn(5)
		b.isOver(5)
		b.archives(4)
		b.isOver(5)
		b.loads(2)

		b.archives(5)
		b.nothingIsOver()
		b.loads(1)
		b.item(groupPK, "R#"+over.Key(), nil)
		b.item(groupPK, "A#"+over.Key(), map[string]string{
			"v": "N 1", "st": "S ended", "received": "N 1790000000000", "settled": "N 1790000000005", "ttl": ttlOf(5),
			"rules": "L [M {rule S tcp 8000 from 0.0.0.0/0, description S vLLM}]",
		})
		b.item(groupPK, rxSK, map[string]string{"v": "N 1", "at": "N 1790000000005", "ttl": secondsOf(5, time.Hour)})
		b.item(launchPK, "G"+ofGroup, map[string]string{
			"v": "N 1", "firstAsked": "N 1790000000000", "lastAsked": "N 1790000000000",
			"digests": "SS " + over.Digest(), "ttl": ttlOf(5),
		})
		if got := b.get("L#444455556666#another", "G"+ofGroup)["ttl"]; got != "" {
			b.Errorf("the record of a live launch has the ttl %q", got)
		}

		b.remove(groupPK, rxSK) // DynamoDB forgets it first
		over.Status, over.Finished = claim.Ended, at(5)
		b.holds(over, live)
		b.PageSize = 1
		if pages := b.calls(func() { b.loads(1) }); pages > 2 {
			b.Errorf("Load read %d items, want the live one", pages-1)
		}
	})
}

// TestArchiveExpired archives the expired and the refused requests of a live launch. A repeat
// of the refused request still finds it.
func TestArchiveExpired(t *testing.T) {
	onEach(t, func(b *bench) {
		refused, expired := ask(launch, at(0), "tcp 8002 from 0.0.0.0/0"), ask(launch, at(1), "tcp 8000 from 0.0.0.0/0")
		live := ask(launch, at(2), "tcp 8004 from 0.0.0.0/0")
		b.claims(refused, true)
		b.claims(expired, true)
		b.claims(live, true)
		b.ring(alice)
		if err := b.Expire(b.Context(), expired, at(5)); err != nil {
			b.Fatal(err)
		}
		refused.Status, refused.Finished, refused.Reasons = claim.Refused, at(6),
			claim.Faults{{Field: "/rules", Problem: "60 of 60"}}
		b.refuses(refused, alice, nil)
		b.isOver(5)
		b.archives(9)
		b.nothingIsOver()
		b.loads(1)
		if got := b.get(launchPK, "G"+ofGroup)["ttl"]; got != "" {
			b.Errorf("the record of a live launch has the ttl %q", got)
		}
		expired.Status, expired.Finished = claim.Expired, at(5)
		b.holds(expired, live, refused)
		repeat := refused
		repeat.Status, repeat.Finished, repeat.Reasons = claim.Open, time.Time{}, nil
		if found, fresh, err := b.Claim(b.Context(), repeat); err != nil || fresh || found.Status != claim.Refused {
			b.Errorf("Claim of a refused request = %+v, fresh %v, %v", found, fresh, err)
		}
	})
}

// TestRequestAfterExpiry adds a request for a launch with only expired requests. The launch's record
// of the group loses its TTL, so that the end finds the group.
func TestRequestAfterExpiry(t *testing.T) {
	onEach(t, func(b *bench) {
		expired := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		b.claims(expired, true)
		if err := b.Expire(b.Context(), expired, at(5)); err != nil {
			b.Fatal(err)
		}
		b.archives(5)
		if got := b.get(launchPK, "G"+ofGroup)["ttl"]; got != ttlOf(5) {
			b.Errorf("the record of the launch has the ttl %q, want %q", got, ttlOf(5))
		}
		b.claims(ask(launch, at(9), "tcp 8002 from 0.0.0.0/0"), true)
		if got := b.get(launchPK, "G"+ofGroup)["ttl"]; got != "" {
			b.Errorf("the record still has the ttl %q after another request", got)
		}
	})
}

// TestArchiveMany archives the requests of many launches.
func TestArchiveMany(t *testing.T) {
	onEach(t, func(b *bench) {
		for i := range int64(120) {
			r, q := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"),
				ask(fmt.Sprint("short-", i), at(0), "tcp 8000 from 0.0.0.0/0")
			r = expiring(r, at(i))
			b.claims(r, true)
			b.claims(q, true)
			if err := b.EndIn(b.Context(), q.Launch, group, at(6)); err != nil {
				b.Fatal(err)
			}
		}
		b.endsIn(5)
		b.loads(240)
		b.archives(9)
		b.nothingIsOver()
		b.loads(0)
	})
}

// TestArchiveAgain: a repeated end is written without a TTL.
func TestArchiveAgain(t *testing.T) {
	onEach(t, func(b *bench) {
		b.claims(ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), true)
		b.endsIn(5)
		b.archives(5)
		b.endsIn(9_000)
		b.item(groupPK, rxSK, map[string]string{"v": "N 1", "at": "N 1790000009000"})
		b.isOver(9_000)
		b.archives(9_000)
		b.item(groupPK, rxSK, map[string]string{"v": "N 1", "at": "N 1790000009000",
			"ttl": secondsOf(9_000, time.Hour)})
	})
}

// TestArchiveMeetsAnEnd leaves the end's item to the next sweep if the launch has ended again
// meanwhile.
func TestArchiveMeetsAnEnd(t *testing.T) {
	onEach(t, func(b *bench) {
		b.claims(ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), true)
		b.endsIn(5)
		b.link.before("UpdateItem", func() { b.endsIn(7) })
		b.archives(5)
		b.isOver(7)
	})
}

// TestArchiveIsCutShort repeats an Archive that failed halfway.
func TestArchiveIsCutShort(t *testing.T) {
	b := newBench(t, 3)
	r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
	b.claims(r, true)
	b.endsIn(5)
	b.cancel(100, "TransactionConflict")
	err := b.archive(5)
	wantError(b, "Archive", err, "archive "+launchPK+" in "+groupPK, "TransactionCanceledException")
	b.isOver(5)
	b.cancel(0, "")
	b.archives(5)
	b.nothingIsOver()
	b.loads(0)
}

// TestEndIsLeftOver: an earlier launch of the same name has an end that DynamoDB has not deleted
// yet. It does not end the requests that were recorded after END was deleted.
func TestEndIsLeftOver(t *testing.T) {
	onEach(t, func(b *bench) {
		b.endsIn(0)
		b.put(groupPK, rxSK, map[string]types.AttributeValue{"v": number(1), "at": number(at(0).UnixMilli())})
		b.archives(0)
		b.remove(launchPK, "END"+ofGroup)
		r := ask(launch, at(46*24*3_600_000), "tcp 8000 from 0.0.0.0/0")
		b.claims(r, true)
		b.holds(r)
		b.nothingIsOver()
		b.endsIn(47 * 24 * 3_600_000)
		r.Status, r.Finished = claim.Ended, at(47*24*3_600_000)
		b.holds(r)
		b.archives(47 * 24 * 3_600_000)
		if got := b.get(groupPK, "A#"+r.Key())["st"]; got != "S ended" {
			b.Errorf("the request is archived as %q, want as ended", got)
		}
	})
}
