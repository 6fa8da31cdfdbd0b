package dynamo_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// page writes a page of the ledger without the Table, and makes the head count it.
func (b *bench) page(n int, v int64, lines ...string) {
	b.Helper()
	b.put(groupPK, fmt.Sprint("LEDGER#", n), map[string]types.AttributeValue{
		"v": number(v), "lines": &types.AttributeValueMemberSS{Value: lines},
	})
	b.set(groupPK, "HEAD", "pages", number(int64(n+1)))
}

// reads returns the ways to read a whole ledger.
func (b *bench) reads() map[string]error {
	_, err := b.Load(b.Context(), group)
	_, _, head := b.Head(b.Context(), group)
	return map[string]error{"Load": err, "Head": head}
}

const good = "g sgr-0 1"

// TestPageMalformed: a page holds one malformed line. The error names the item and the line.
func TestPageMalformed(t *testing.T) {
	const rule = "tcp 8000 from 0.0.0.0/0"
	for _, line := range []string{
		"m", "m sgr-1", "m sgr-1 1 dl", "m sgr-1 ! dl " + rule, "m sgr-1 1 dl tcp 8000 from nowhere",
		"g", "g sgr-1", "g sgr-1 !", "g sgr-1 1 1",
		"u", "u sgr-1", "u sgr-1 seal", "u sgr-1 seal !", "u sgr-1 seal 1 1",
		"r", "r xyz", "r -1", "r 1ffffffffffffffff",
		"w", "w xyz", "w -1",
		"x sgr-1 1", "M sgr-1 1 dl " + rule, " ",
	} {
		t.Run(line, func(t *testing.T) {
			onEach(t, func(b *bench) {
				b.ring(alice)
				b.page(0, 2, good)
				b.page(1, 2, line, good)
				for what, err := range b.reads() {
					wantError(b, what, err, "item "+groupPK+"/LEDGER#1", fmt.Sprintf("line %q", line))
				}
			})
		})
	}
}

// TestPageNewer gives a page, or the item LEDGER, a newer schema. Its lines are not read, and
// the error says how to proceed.
func TestPageNewer(t *testing.T) {
	for _, sk := range []string{"LEDGER#0", "LEDGER"} {
		t.Run(sk, func(t *testing.T) {
			onEach(t, func(b *bench) {
				b.ring(alice)
				b.page(0, 2, good)
				b.put(groupPK, sk, map[string]types.AttributeValue{
					"v": number(3), "lines": &types.AttributeValueMemberSS{Value: []string{"z of the future"}},
				})
				for what, err := range b.reads() {
					wantError(b, what, err, "item "+groupPK+"/"+sk, "schema version 3", "deploy a newer one")
				}
			})
		})
	}
}

// TestPageOtherType: the lines are not a set of strings.
func TestPageOtherType(t *testing.T) {
	onEach(t, func(b *bench) {
		b.ring(alice)
		b.page(0, 2, good)
		b.set(groupPK, "LEDGER#0", "lines", text(good))
		for what, err := range b.reads() {
			wantError(b, what, err, "item "+groupPK+"/LEDGER#0", "lines")
		}
	})
}

// revoked returns a ledger of n recently revoked rules.
func revoked(n int) (l claim.Ledger) {
	for i := range n {
		l.Revoked = append(l.Revoked, claim.Revoked{ID: fmt.Sprintf("sgr-%017x", i), At: at(int64(i))})
	}
	return l
}

// turns writes a ledger with a release or a yield, like a round that has loaded the table. It
// fails the test unless the table then holds the ledger.
func (b *bench) turns(op lease.Op, l claim.Ledger) {
	b.Helper()
	head := b.ring(alice)
	if reply, _ := b.records(lease.State{Op: op, Owner: alice, Seen: head.Want}, l); reply.Failed {
		b.Fatalf("%s failed: %+v", op, reply)
	}
	_, got := b.peek()
	if diff := cmp.Diff(l.Untagged, got.Untagged); diff != "" {
		b.Errorf("%s of %d rules reads back (-want +got):\n%s", op, len(l.Untagged), diff)
	}
}

// pages returns the numbers of the pages in the table.
func (b *bench) pages() (numbers []int) {
	b.Helper()
	for _, it := range b.all() {
		if n, ok := strings.CutPrefix(show(it["sk"]), "S LEDGER#"); ok {
			number, err := strconv.Atoi(n)
			if err != nil {
				b.Fatal(err)
			}
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// empty removes the group's lease and ledger.
func (b *bench) empty() {
	b.Helper()
	for _, n := range b.pages() {
		b.remove(groupPK, fmt.Sprint("LEDGER#", n))
	}
	b.remove(groupPK, "LEDGER")
	b.remove(groupPK, "HEAD")
}

// untagged returns a ledger of n rules without tags.
func untagged(n int) (l claim.Ledger) {
	for i := range n {
		id := fmt.Sprintf("sgr-%017x", i)
		l.Untagged = append(l.Untagged, claim.Untagged{ID: id, Seal: "sealseal", At: at(0).Truncate(time.Second)})
	}
	return l
}

// TestPages writes ledgers that grow and shrink. A release or a yield leaves no page that
// it does not need.
func TestPages(t *testing.T) {
	for _, op := range []lease.Op{lease.Release, lease.Yield} {
		t.Run(op.String(), func(t *testing.T) {
			onEach(t, func(b *bench) {
				for _, n := range []int{1, 3000, 3001, 9000, 3100, 2, 0, 6001, 0} {
					b.turns(op, untagged(n))
					if got, most := len(b.pages()), 1+n/80; got > most {
						b.Errorf("%d rules are on %d pages, want at most %d", n, got, most)
					}
				}
				if got := b.pages(); len(got) != 0 {
					b.Errorf("an empty ledger leaves the pages %v", got)
				}
			})
		})
	}
}

// TestPagesOfAnyLedger releases a sequence of ledgers as rounds may leave them. Each is read
// back unchanged from any pages.
func TestPagesOfAnyLedger(t *testing.T) {
	proof.Checks(t, 100, 10, 10)
	rapid.Check(t, func(r *rapid.T) {
		b := newBench(t, 1)
		var l claim.Ledger
		now, next := at(0), 0
		for range rapid.IntRange(1, 6).Draw(r, "rounds") {
			now = now.Add(time.Duration(rapid.IntRange(0, 12).Draw(r, "minutes")) * time.Minute)
			l.Revoked = claim.Recent(l.Revoked, now)
			for range rapid.SampledFrom([]int{0, 1, 100, 2000}).Draw(r, "revoked") {
				l.Revoked = append(l.Revoked, claim.Revoked{ID: fmt.Sprintf("sgr-%017x", next), At: now})
				next++
			}
			l.Untagged = untagged(rapid.SampledFrom([]int{0, 1, 99, 3000}).Draw(r, "without tags")).Untagged
			l.Untagged = l.Untagged[min(rapid.SampledFrom([]int{0, 1, 500}).Draw(r, "first"), len(l.Untagged)):]
			head := b.ring(alice)
			if reply, _ := b.records(lease.State{Op: lease.Release, Owner: alice, Seen: head.Want}, l); reply.Failed {
				r.Fatalf("Release failed: %+v", reply)
			}
			_, got := b.peek()
			if revoked := claim.Recent(got.Revoked, now); !slices.Equal(revoked, l.Revoked) ||
				!slices.Equal(got.Untagged, l.Untagged) {
				r.Fatalf("%d revoked and %d untagged rules read back as %d and %d",
					len(l.Revoked), len(l.Untagged), len(revoked), len(got.Untagged))
			}
			if n := len(b.pages()); n > maxPages {
				r.Fatalf("the ledger has %d pages, want at most %d", n, maxPages)
			}
		}
	})
}

// TestExpiredPages: all rules of many pages expire at once. A release without additions
// deletes a few of the pages, and the others have a TTL.
func TestExpiredPages(t *testing.T) {
	onEach(t, func(b *bench) {
		b.turns(lease.Release, revoked(3000))
		before := b.pages()
		for _, n := range before {
			if got, last := b.get(groupPK, fmt.Sprint("LEDGER#", n)),
				at(3000).Add(25*time.Hour).Unix(); got["ttl"] == "" ||
				got["ttl"] > fmt.Sprint("N ", last) || got["ttl"] < fmt.Sprint("N ", at(0).Add(claim.Lag).Unix()) {
				b.Errorf("page %d has the ttl %q, want one after its rules expire and before %d", n, got["ttl"], last)
			}
		}
		b.turns(lease.Release, claim.Ledger{})
		if after := b.pages(); len(before)-len(after) < 1 || len(before)-len(after) > 8 {
			b.Errorf("%d of %d pages are left, want a few deleted", len(after), len(before))
		}
		for range before {
			b.turns(lease.Release, claim.Ledger{})
		}
		if after := b.pages(); len(after) > 0 {
			b.Errorf("pages %v are left, want none", after)
		}
	})
}

// TestReleaseOfAnotherLedger: a ledger is written after a holder read it, and a late ring
// restores that holder. Its release and the record of its yield are refused.
func TestReleaseOfAnotherLedger(t *testing.T) {
	onEach(t, func(b *bench) {
		b.turns(lease.Release, untagged(2))
		_, stale := b.peek()
		b.turns(lease.Yield, untagged(3))
		head := b.ring(alice)
		release := lease.State{Op: lease.Release, Owner: alice, Seen: head.Want}
		if reply, _ := b.perform(release, &stale); !reply.Failed || reply.Head.Owner != alice {
			b.Errorf("Release of a ledger that others have written since = %+v, want it refused", reply)
		}
		if reply, _ := b.perform(lease.State{Op: lease.Yield, Owner: alice, Seen: head.Want}, &stale); reply.Failed {
			b.Errorf("Yield = %+v, want the lease given back", reply)
		}
		if head, l := b.peek(); len(l.Untagged) != 3 || head.Owner != lease.Nobody {
			b.Errorf("the ledger holds %v and %v the lease, want the three of the last write and no holder", l.Untagged,
				head.Owner)
		}
	})
}

// TestPagesThatDoNotCount: the table has more pages than the head counts, or fewer, as an
// older version leaves it. A page beyond the count is not read, and the next release deletes
// or reuses it.
func TestPagesThatDoNotCount(t *testing.T) {
	onEach(t, func(b *bench) {
		b.turns(lease.Release, untagged(1))
		b.put(groupPK, "LEDGER#1", map[string]types.AttributeValue{
			"v": number(2), "lines": &types.AttributeValueMemberSS{Value: []string{"no line of ours"}},
		})
		if _, l := b.peek(); len(l.Untagged) != 1 {
			b.Errorf("the ledger holds %v, want the one rule of the page that counts", l.Untagged)
		}
		b.turns(lease.Release, untagged(2))
		b.set(groupPK, "HEAD", "pages", number(3))
		if _, l := b.peek(); len(l.Untagged) != 2 {
			b.Errorf("the ledger holds %v, want the two rules of the existing page", l.Untagged)
		}
	})
}
