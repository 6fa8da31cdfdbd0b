package dynamo_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// The contract of ensure.Leases.

var ledger = claim.Ledger{
	Made: []claim.Made{
		{Rule: secgroup.MustParseRule("tcp 8000 from 0.0.0.0/0"), ID: "sgr-0aaaaaaaaaaaaaaaa", At: at(1)},
		{Rule: secgroup.MustParseRule("icmp 3/4 to pl-0bbbbbbbbbbbbbbbb"), ID: "sgr-0bbbbbbbbbbbbbbbb", At: at(2)},
	},
	Served: claim.Served{Through: at(3), Recent: []claim.Mark{1, 1 << 63}},
	Due:    at(4),
}

const expires = deadline + lease.Guard

func TestPeekBeforeAnyRing(t *testing.T) {
	onEach(t, func(b *bench) {
		if head, l := b.peek(); head != (lease.Head{}) || !cmp.Equal(l, claim.Ledger{}) {
			b.Errorf("Peek = %+v, %+v; want nothing", head, l)
		}
		b.item(groupPK, "HEAD", nil)
	})
}

func TestRing(t *testing.T) {
	onEach(t, func(b *bench) {
		b.rings(alice, lease.Head{Owner: alice, Expires: expires, Want: 1})
		b.rings(bob, lease.Head{Owner: alice, Expires: expires, Want: 2})
		late := lease.State{Op: lease.Ring, Owner: alice, Deadline: deadline + 1}
		if got, want := b.does(late).Head, (lease.Head{Owner: alice, Expires: expires, Want: 3}); got != want {
			b.Errorf("a second Ring = %+v, want %+v: it must not extend the lease", got, want)
		}
		b.item(groupPK, "HEAD", map[string]string{
			"v": "N 2", "own": "S aaaa.1.0", "exp": "N 1790000062000", "want": "N 3", "keyed": "N 3", "due": "N 0",
			"shard": "S 1",
		})
	})
}

func TestRingKeepsTheLedger(t *testing.T) {
	onEach(t, func(b *bench) {
		b.ring(alice)
		b.records(lease.State{Op: lease.Release, Owner: alice, Seen: 1}, ledger)
		b.rings(bob, lease.Head{Owner: bob, Expires: expires, Want: 2, Applied: 1, Last: alice})
		want := ledger
		want.Due = time.UnixMilli(0).UTC() // due at once
		_, got := b.peek()
		if got.Stored = want.Stored; !cmp.Equal(got, want, values) {
			b.Errorf("after a ring the ledger is %+v, want %+v", got, want)
		}
	})
}

func TestRingRacing(t *testing.T) {
	onEach(t, func(b *bench) {
		const rings = 30
		var heads [rings]lease.Head
		var all sync.WaitGroup
		for i := range heads {
			all.Go(func() { heads[i] = b.ring(lease.Owner{Nonce: "n", Entry: i}) })
		}
		all.Wait()
		tickets := make(map[lease.Ticket]bool)
		for _, h := range heads {
			tickets[h.Want] = true
			if h.Owner != heads[0].Owner {
				b.Fatalf("two holders at once: %s and %s", h.Owner, heads[0].Owner)
			}
		}
		if len(tickets) != rings || !tickets[1] || !tickets[rings] {
			b.Errorf("%d rings gave the tickets %v", rings, tickets)
		}
	})
}

func TestTakeOver(t *testing.T) {
	onEach(t, func(b *bench) {
		b.ring(alice)
		b.records(lease.State{Op: lease.Release, Owner: alice, Seen: 1}, ledger)
		found := b.ring(alice)
		b.set(groupPK, "HEAD", "cond", &types.AttributeValueMemberSS{Value: []string{"sgr-1"}})
		want := b.get(groupPK, "HEAD")
		s := lease.State{Op: lease.TakeOver, Owner: bob, Deadline: deadline + 1000, Found: found}
		reply := b.does(s)
		head := lease.Head{Owner: bob, Expires: expires + 1000, Want: 2, Applied: 1, Last: alice}
		if reply.Failed || reply.Head != head {
			b.Errorf("TakeOver = %+v, want %+v", reply, head)
		}
		want["own"], want["exp"] = "S bbbb.2", "N 1790000063000"
		if diff := cmp.Diff(want, b.get(groupPK, "HEAD")); diff != "" {
			b.Errorf("the head taken over (-want +got):\n%s", diff)
		}
		b.leaves(s, head) // a repeat finds itself the owner
	})
}

func TestTakeOverOfAnother(t *testing.T) {
	onEach(t, func(b *bench) {
		// The head has no lease.
		b.leaves(lease.State{Op: lease.TakeOver, Owner: bob, Found: lease.Head{Owner: alice, Expires: 1}}, lease.Head{})
		found := b.ring(alice)
		s := lease.State{Op: lease.TakeOver, Owner: bob, Deadline: deadline, Found: found}
		s.Found.Owner.Entry++
		b.leaves(s, found)
		s.Found = found
		s.Found.Expires++
		b.leaves(s, found)
		b.does(lease.State{Op: lease.Yield, Owner: alice})
		s.Found = found
		b.leaves(s, lease.Head{Want: 1}) // of a lease that is free
	})
}

func TestRelease(t *testing.T) {
	onEach(t, func(b *bench) {
		b.ring(alice)
		reply, got := b.records(lease.State{Op: lease.Release, Owner: alice, Seen: 1}, ledger)
		if want := (lease.Head{Want: 1, Applied: 1, Last: alice}); reply.Failed || reply.Head != want {
			b.Errorf("Release = %+v, want %+v", reply, want)
		}
		if diff := cmp.Diff(ledger, got, values); diff != "" {
			b.Errorf("the ledger after a Release (-want +got):\n%s", diff)
		}
		b.item(groupPK, "HEAD", map[string]string{
			"v": "N 2", "want": "N 1", "keyed": "N 1", "applied": "N 1", "last": "S " + alice.String(),
			"due": "N 1790000000004", "shard": "S 1", "through": "N 1790000000003",
			"recent": "B 00000000000000018000000000000000", "pages": "N 1", "writes": "N 1",
		})
		b.item(groupPK, "LEDGER#0", map[string]string{
			"v": "N 2", "lines": "SS m sgr-0aaaaaaaaaaaaaaaa mubbs7i9 - tcp 8000 from 0.0.0.0/0,m " +
				"sgr-0bbbbbbbbbbbbbbbb mubbs7ia - icmp 3/4 to pl-0bbbbbbbbbbbbbbbb",
		})
	})
}

func TestReleaseEmptiesTheLedger(t *testing.T) {
	onEach(t, func(b *bench) {
		b.ring(alice)
		b.records(lease.State{Op: lease.Release, Owner: alice, Seen: 1}, ledger)
		b.ring(alice)
		b.does(lease.State{Op: lease.Release, Owner: alice, Seen: 2})
		b.item(groupPK, "HEAD", map[string]string{
			"v": "N 2", "want": "N 2", "keyed": "N 2", "applied": "N 2", "last": "S " + alice.String(), "writes": "N 2",
		})
	})
}

func TestReleaseRefused(t *testing.T) {
	onEach(t, func(b *bench) {
		release := lease.State{Op: lease.Release, Owner: alice, Seen: 1}
		b.leaves(release, lease.Head{}) // the head was deleted
		b.ring(alice)
		head := b.ring(bob)
		b.leaves(release, head) // a ticket was counted meanwhile
		release.Seen, release.Owner = 2, bob
		b.leaves(release, head) // another's lease
		release.Owner = alice
		b.does(release)
		b.leaves(release, lease.Head{Want: 2, Applied: 2, Last: alice}) // released before
	})
}

// TestServedByOthers: a repeated ring may restore a former holder after others have served its
// tickets. That holder may not record, refuse or release.
func TestServedByOthers(t *testing.T) {
	onEach(t, func(b *bench) {
		b.ring(bob)
		b.does(lease.State{Op: lease.Release, Owner: bob, Seen: 1})
		head := b.ring(alice)
		pending := &claim.Ledger{PendingRevokes: pendingOf("sgr-0aaaaaaaaaaaaaaaa")}
		if reply, _, err := b.Perform(b.Context(), group, lease.State{Op: lease.Pend, Owner: alice, Seen: 1},
			pending); err != nil || !reply.Failed {
			b.Errorf("Record for a ticket that others served: %+v, %v, want it failed", reply, err)
		}
		b.leaves(lease.State{Op: lease.Release, Owner: alice, Seen: 1}, head)
		r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		if _, _, err := b.Claim(b.Context(), r); err != nil {
			b.Fatal(err)
		}
		if err := b.Refuse(b.Context(), r, lease.State{Owner: alice, Seen: 1}); !errors.Is(err, ensure.ErrFenced) {
			b.Errorf("Refuse for a ticket that others served: %v, want ErrFenced", err)
		}
	})
}

// TestLoad reads the head after the requests, on the last page.
func TestLoad(t *testing.T) {
	onEach(t, func(b *bench) {
		head := b.ring(alice)
		r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		if _, _, err := b.Claim(b.Context(), r); err != nil {
			b.Fatal(err)
		}
		for _, size := range []int32{0, 1} {
			b.PageSize = size
			got, err := b.Load(b.Context(), group)
			if err != nil || got.Head != head || len(got.Requests) != 1 || got.Requests[0].Key() != r.Key() {
				b.Errorf("Load in pages of %d = %+v, %v, want the request and %+v", size, got, err, head)
			}
		}
	})
}

func TestYield(t *testing.T) {
	onEach(t, func(b *bench) {
		b.ring(alice)
		b.records(lease.State{Op: lease.Release, Owner: alice, Seen: 1}, ledger)
		head := b.ring(alice)
		b.leaves(lease.State{Op: lease.Yield, Owner: bob}, head)
		want := b.get(groupPK, "HEAD")
		reply := b.does(lease.State{Op: lease.Yield, Owner: alice})
		if reply.Failed || reply.Head != (lease.Head{Want: 2, Applied: 1, Last: alice}) {
			b.Errorf("Yield = %+v, want a free lease", reply)
		}
		delete(want, "own")
		delete(want, "exp")
		if diff := cmp.Diff(want, b.get(groupPK, "HEAD")); diff != "" {
			b.Errorf("the head after a Yield (-want +got):\n%s", diff)
		}
		b.leaves(lease.State{Op: lease.Yield, Owner: alice}, lease.Head{Want: 2, Applied: 1, Last: alice})
	})
}

func TestYieldOfNoHead(t *testing.T) {
	onEach(t, func(b *bench) { b.leaves(lease.State{Op: lease.Yield, Owner: alice}, lease.Head{}) })
}

func TestDueIsIndexed(t *testing.T) {
	onEach(t, func(b *bench) {
		b.due()
		b.ring(alice)
		b.due("0")
		b.records(lease.State{Op: lease.Release, Owner: alice, Seen: 1}, ledger)
		b.due("1790000000004")
		b.ring(alice)
		b.does(lease.State{Op: lease.Release, Owner: alice, Seen: 2})
		b.due()
	})
}

// due compares the due times in the index.
func (b *bench) due(want ...string) {
	b.Helper()
	out, err := b.client.Scan(b.Context(), &dynamodb.ScanInput{TableName: &b.name,
		IndexName: aws.String(dynamo.DueIndex)})
	if err != nil {
		b.Fatal(err)
	}
	var got []string
	for _, it := range out.Items {
		got = append(got, it["due"].(*types.AttributeValueMemberN).Value)
	}
	if !cmp.Equal(got, want) {
		b.Errorf("the index holds the due times %v, want %v", got, want)
	}
}

func (b *bench) rings(o lease.Owner, want lease.Head) {
	b.Helper()
	if got := b.ring(o); got != want {
		b.Errorf("Ring of %s = %+v, want %+v", o, got, want)
	}
}
