package dynamo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// TestProgress ends a launch in 250 groups, part by part. A repeated end leaves out the
// finished groups.
func TestProgress(t *testing.T) {
	onEach(t, func(b *bench) {
		var groups []claim.Group
		for i := range 250 {
			g := group
			g.ID = fmt.Sprintf("sg-%017d", i)
			groups = append(groups, g)
			b.claims(in(g, ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")), true)
		}
		b.ends(5, groups...)
		if err := b.Progress(b.Context(), ourLaunch, groups[:120], at(6), at(50)); err != nil {
			b.Fatal(err)
		}
		b.unfinished(49)
		b.unfinished(50, ourLaunch)
		b.ends(60, groups[120:]...)
		if err := b.Progress(b.Context(), ourLaunch, groups[120:], at(61), at(61)); err != nil {
			b.Fatal(err)
		}
		b.ends(70)
		b.finishes()
		if err := b.Progress(b.Context(), ourLaunch, nil, at(80), at(80)); err != nil { // late
			b.Fatal(err)
		}
		b.unfinished(1_000_000)
	})
}

// TestProgressOfANameUsedAgain adds a request after DynamoDB has deleted the launch's end. The
// next end returns that group, although the first end has finished it.
func TestProgressOfANameUsedAgain(t *testing.T) {
	onEach(t, func(b *bench) {
		b.claims(ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), true)
		b.ends(5, group)
		if err := b.Progress(b.Context(), ourLaunch, []claim.Group{group}, at(6), at(6)); err != nil {
			b.Fatal(err)
		}
		b.remove(launchPK, "END")
		b.claims(ask(launch, at(9), "tcp 8000 from 0.0.0.0/0", "tcp 22 from 10.0.0.0/8"), true)
		b.ends(10, group)
	})
}

// TestEndInOfAnUnknownGroup writes only the launch's end, which refuses the later request.
// With a request in the group, EndIn writes more.
func TestEndInOfAnUnknownGroup(t *testing.T) {
	onEach(t, func(b *bench) {
		for range 2 {
			wantError(b, "EndIn", b.Table.EndIn(b.Context(), ourLaunch, group, at(5)), ensure.ErrNoRequest)
		}
		b.item(groupPK, rxSK, nil)
		b.item(launchPK, "END"+ofGroup, map[string]string{"v": "N 1", "at": "N 1790000000005", "ttl": ttlOf(5)})
		_, _, err := b.Claim(b.Context(), ask(launch, at(9), "tcp 8000 from 0.0.0.0/0"))
		wantError(b, "Claim after EndIn", err, ensure.ErrEnded)

		other := ask("another", at(0), "tcp 8000 from 0.0.0.0/0")
		b.claims(other, true)
		for range 2 { // the second delivery cannot know if the first one rang
			if err := b.Table.EndIn(b.Context(), other.Launch, group, at(5)); err != nil {
				b.Errorf("EndIn: %v", err)
			}
		}
	})
}

// TestEndInRaces claims a request and ends its launch concurrently. Either the request is
// refused, or the end finds it.
func TestEndInRaces(t *testing.T) {
	onEach(t, func(b *bench) {
		for i := range 20 {
			r := ask(fmt.Sprint("racer-", i), at(0), "tcp 8000 from 0.0.0.0/0")
			claimed := make(chan error, 1)
			go func() {
				_, _, err := b.Claim(b.Context(), r)
				claimed <- err
			}()
			ended := b.Table.EndIn(b.Context(), r.Launch, group, at(1))
			if err := <-claimed; (err == nil) != (ended == nil) {
				b.Errorf("Claim: %v, EndIn: %v, want both to succeed or neither", err, ended)
			}
		}
	})
}

// TestPostpone doubles the wait of a group that cannot be served, and keeps the reason until a
// ticket is served.
func TestPostpone(t *testing.T) {
	onEach(t, func(b *bench) {
		why := ensure.Failure{Reason: "describe: not allowed", Remedy: "allow it", Before: ensure.Unloaded}
		postpone := func(ms int64, since int64) {
			b.Helper()
			got, err := b.Postpone(b.Context(), group, why, at(ms))
			if err != nil || !got.Equal(at(since)) {
				b.Errorf("Postpone at %d = %v, %v, want %v", ms, got, err, at(since))
			}
		}
		minute := time.Minute.Milliseconds()
		b.ring(alice)
		postpone(0, 0) // alice is at work
		b.dueAt(0, group)
		b.does(lease.State{Op: lease.Yield, Owner: alice})
		postpone(0, 0)
		b.dueAt(-1)
		b.dueAt(0, group)
		postpone(minute, 0)
		b.dueAt(2*minute - 1)
		b.dueAt(2*minute, group)
		postpone(2*minute+1, 0)
		postpone(20*minute, 0)
		b.dueAt(25*minute - 1)
		b.dueAt(25*minute, group)
		heads, err := b.AllHeads(b.Context())
		if err != nil || len(heads) != 1 || heads[0].Stuck.Reason != why.Reason ||
			heads[0].Stuck.Remedy != why.Remedy || !heads[0].Stuck.Since.Equal(at(0)) {
			b.Errorf("AllHeads = %+v, %v, want why it is stuck", heads, err)
		}

		head := b.ring(alice) // a ring is served at once
		b.dueAt(20*minute, group)
		b.does(lease.State{Op: lease.Release, Owner: alice, Seen: head.Want})
		heads, err = b.AllHeads(b.Context())
		if err != nil || len(heads) != 1 || !heads[0].Stuck.Since.IsZero() {
			b.Errorf("AllHeads = %+v, %v, want it served", heads, err)
		}
		b.ring(alice)
		b.does(lease.State{Op: lease.Yield, Owner: alice})
		postpone(30*minute, 30*minute) // from the start
	})
}

// TestPostponeOfAReleasedRound releases rounds that may not describe the group. They serve
// tickets, and the group counts as stuck since the first of them.
func TestPostponeOfAReleasedRound(t *testing.T) {
	onEach(t, func(b *bench) {
		for i := range int64(3) {
			before := b.ring(alice)
			b.records(lease.State{Op: lease.Release, Owner: alice, Seen: before.Want},
				claim.Ledger{Due: at(300 * (i + 1))})
			why := ensure.Failure{Reason: "denied", Before: before.Applied}
			since, err := b.Postpone(b.Context(), group, why, at(300*i))
			if err != nil || !since.Equal(at(0)) {
				b.Errorf("Postpone %d = %v, %v, want since the first", i, since, err)
			}
			b.dueAt(300*(i+1) - 1)
			b.dueAt(300*(i+1), group)
		}
		head := b.ring(alice)
		b.records(lease.State{Op: lease.Release, Owner: alice, Seen: head.Want}, claim.Ledger{Due: at(5000)})
		heads, err := b.AllHeads(b.Context())
		if err != nil || len(heads) != 1 || !heads[0].Stuck.Since.IsZero() {
			b.Errorf("AllHeads = %+v, %v, want it served", heads, err)
		}
	})
}

// TestPostponeKeepsTickets loses the update of a Postpone, or its reply. The group stays due
// at once.
func TestPostponeKeepsTickets(t *testing.T) {
	b := newBench(t, 3)
	b.ring(alice)
	b.does(lease.State{Op: lease.Yield, Owner: alice})
	for _, lost := range []bool{true, false} {
		b.lose("UpdateItem", lost)
		if _, err := b.Postpone(b.Context(), group, ensure.Failure{}, at(0)); err != nil {
			b.Fatal(err)
		}
	}
	b.dueAt(0, group)
}

// TestDuePages reads a shard of more than one page, in order.
func TestDuePages(t *testing.T) {
	b := newBench(t, 3)
	for i := range 2500 {
		g := group
		g.ID = fmt.Sprintf("sg-%017d", i)
		b.put("SG#"+g.Account+"#"+g.Region+"#"+g.ID, "HEAD",
			map[string]types.AttributeValue{"shard": text("0"), "due": number(at(int64(i)).UnixMilli())})
	}
	due, err := b.Table.Due(b.Context(), at(1_000_000), 100_000)
	if err != nil || len(due) != 2500 {
		b.Fatalf("Due = %d groups, %v, want 2500", len(due), err)
	}
	for i, d := range due {
		if want := fmt.Sprintf("sg-%017d", i); d.Group.ID != want || !d.Since.Equal(at(int64(i))) {
			b.Fatalf("Due[%d] = %v, want %s, due at %v", i, d, want, at(int64(i)))
		}
	}
	if due, err = b.Table.Due(b.Context(), at(1_000_000), 8*1500); err != nil || len(due) != 1500 {
		b.Errorf("Due = %d groups, %v, want the first 1500", len(due), err)
	}
}
