package dynamo_test

import (
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// A retry by the SDK or the caller completes a write with a lost request or reply, with the
// same outcome.

func TestClaimReplyLost(t *testing.T) {
	for _, applied := range []bool{true, false} {
		onEach(t, func(b *bench) {
			r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
			b.lose("TransactWriteItems", applied)
			b.claims(r, true) // the SDK's token makes the retry a success
			b.holds(r)
		})
	}
}

func TestClaimReplyLostToTheCaller(t *testing.T) {
	for _, applied := range []bool{true, false} {
		onEachTrying(t, 1, func(b *bench) {
			r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
			b.lose("TransactWriteItems", applied)
			_, fresh, err := b.Claim(b.Context(), r)
			wantError(b, "Claim", err, "claim "+groupPK+"/R#"+r.Key(), "InternalServerError")
			if fresh {
				b.Error("a Claim that failed is fresh")
			}
			b.claims(r, !applied)
			b.holds(r)
		})
	}
}

func TestRefuseReplyLost(t *testing.T) {
	for _, applied := range []bool{true, false} {
		for _, attempts := range []int{1, 3} {
			onEachTrying(t, attempts, func(b *bench) {
				r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
				b.claims(r, true)
				b.ring(alice)
				r.Finished, r.Reasons = at(1), claim.Faults{{Field: "/rules", Problem: "full"}}
				b.lose("TransactWriteItems", applied)
				if err := b.Refuse(b.Context(), r, lease.State{Owner: alice, Seen: 1}); (err == nil) != (attempts > 1) {
					b.Errorf("Refuse with %d attempts: %v", attempts, err)
				}
				b.refuses(r, alice, nil)
				r.Status = claim.Refused
				b.holds(r)
			})
		}
	}
}

// TestLeaseReplyLost loses each write of a pass in turn. Package lease continues from the
// reply to the repeat, and the outcome equals success.
func TestLeaseReplyLost(t *testing.T) {
	for _, applied := range []bool{true, false} {
		for _, attempts := range []int{1, 3} {
			for nth := range 4 {
				onEachTrying(t, attempts, func(b *bench) {
					b.pass(nth, applied)
					head, _ := b.peek()
					if head.Owner != lease.Nobody || head.Applied < head.Want {
						b.Errorf("write %d applied %v, %d attempts: the head is %+v, want it served and free", nth,
							applied, attempts, head)
					}
				})
			}
		}
	}
}

// pass lets alice take over an expired lease, ring and release it. The nth update fails,
// applied or not.
func (b *bench) pass(nth int, applied bool) {
	b.Helper()
	b.does(lease.State{Op: lease.Ring, Owner: bob, Deadline: 1})
	b.link.lose("UpdateItem", nth, applied)
	s := lease.Step(lease.Start("alice", deadline), lease.Reply{Claimed: lease.SomeNew, Now: deadline - 60_000})
	for steps := 0; s.Op != lease.Done; steps++ {
		if steps > 20 {
			b.Fatalf("the pass does not end: %+v", s)
		}
		s = lease.Step(s, b.reply(s))
	}
	b.link.lose("", 0, false)
	if s.Result != lease.Served {
		b.Errorf("write %d applied %v: the pass ended as %s", nth, applied, s.Result)
	}
}

func (b *bench) reply(s lease.State) lease.Reply {
	reply := lease.Reply{}
	switch s.Op {
	case lease.Ring, lease.TakeOver, lease.Release, lease.Yield:
		var err error
		reply, _, err = b.Perform(b.Context(), group, s, &claim.Ledger{})
		reply.Lost = err != nil
	}
	reply.Now = deadline - 50_000
	return reply
}

func TestYieldReplyLost(t *testing.T) {
	for _, applied := range []bool{true, false} {
		onEach(t, func(b *bench) {
			b.ring(alice)
			b.lose("UpdateItem", applied)
			b.does(lease.State{Op: lease.Yield, Owner: alice})
			if head, _ := b.peek(); head != (lease.Head{Want: 1}) {
				b.Errorf("after a Yield, applied %v: %+v", applied, head)
			}
		})
	}
}

// TestHeadDeletedUnderTheHolder: the head is deleted at every step. The holder stops, and no field
// is invented.
func TestHeadDeletedUnderTheHolder(t *testing.T) {
	for _, s := range effects {
		if s.Op == lease.Ring {
			continue // the first ring again
		}
		onEach(t, func(b *bench) {
			b.ring(alice)
			b.remove(groupPK, "HEAD")
			reply := b.does(s)
			if reply.Head != (lease.Head{}) || reply.Failed != (s.Op != lease.Peek) {
				b.Errorf("%s without a head: %+v", s.Op, reply)
			}
			b.item(groupPK, "HEAD", nil)
		})
	}
}

func TestExactlyOneCall(t *testing.T) {
	onEach(t, func(b *bench) {
		r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		once := func(what string, f func()) {
			b.Helper()
			if n := b.calls(f); n != 1 {
				b.Errorf("%s made %d calls, want 1", what, n)
			}
		}
		once("a claim", func() { b.claims(r, true) })
		once("a repeat", func() { b.claims(r, false) })
		once("requests", func() { b.holds(r) })
		once("fenced refuse", func() { b.refuses(r, alice, ensure.ErrFenced) })
		b.ring(alice)
		once("refuse", func() { b.refuses(r, alice, nil) })
		for _, s := range effects {
			var left *claim.Ledger
			if s.Op == lease.Release {
				left = &claim.Ledger{}
			}
			once(s.Op.String(), func() { b.perform(s, left) })
			once(s.Op.String()+" again", func() { b.perform(s, left) })
		}
		b.put("L#444455556666#llama4-7f3a", "END", nil)
		once("a claim after the end", func() {
			_, _, err := b.Claim(b.Context(), r)
			wantError(b, "Claim", err, ensure.ErrEnded)
		})
	})
}

// TestReadsAreConsistent: reads must be strongly consistent: an index or a replica would lose
// tickets and requests.
func TestReadsAreConsistent(t *testing.T) {
	b := newBench(t, 1)
	var reads, strong int
	b.account.Inject(func(o fakeaws.Op) (bool, error) {
		if o.Name == "GetItem" || o.Name == "Query" {
			reads++
			if isConsistent(o.Body) {
				strong++
			}
		}
		return true, nil
	})
	b.peek()
	b.holds()
	if reads != 2 || strong != 2 {
		b.Errorf("%d of %d reads are consistent, want 2 of 2", strong, reads)
	}
}
