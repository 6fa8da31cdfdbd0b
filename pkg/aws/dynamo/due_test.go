package dynamo_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// The contract of ensure.Dues.

var _ ensure.Dues = (*dynamo.Table)(nil)

func (b *bench) dueAt(ms int64, want ...claim.Group) {
	b.Helper()
	got, err := b.Due(b.Context(), at(ms), 100)
	slices.SortFunc(got, func(a, b claim.Group) int { return strings.Compare(a.ID, b.ID) })
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		b.Errorf("Due at %d: %v (-want +got):\n%s", ms, err, diff)
	}
}

func TestDueFollowsTheHead(t *testing.T) {
	onEach(t, func(b *bench) {
		b.dueAt(0)
		b.ring(alice)
		b.dueAt(0, group)
		b.does(lease.State{Op: lease.Yield, Owner: alice})
		b.dueAt(0, group) // the lease was released or yielded
		b.ring(alice)
		b.records(lease.State{Op: lease.Release, Owner: alice, Seen: 2}, claim.Ledger{Due: at(5)})
		b.dueAt(4)
		b.dueAt(5, group)
		b.ring(alice)
		b.does(lease.State{Op: lease.Release, Owner: alice, Seen: 3})
		b.dueAt(1 << 40)
	})
}

func TestFreezeIsDue(t *testing.T) {
	onEach(t, func(b *bench) {
		for i, step := range []func() error{
			func() error { return b.Freeze(b.Context(), group, "incident 12") },
			func() error { return b.Thaw(b.Context(), group) },
		} {
			if err := step(); err != nil {
				b.Fatal(err)
			}
			b.dueAt(0, group)
			if _, ledger := b.peek(); (ledger.Frozen == "incident 12") != (i == 0) {
				b.Errorf("step %d: frozen is %q", i, ledger.Frozen)
			}
			head := b.ring(alice)
			b.does(lease.State{Op: lease.Release, Owner: alice, Seen: head.Want})
			b.dueAt(1 << 40)
		}
		b.set(groupPK, "HEAD", "v", number(3))
		wantError(b, "Freeze", b.Freeze(b.Context(), group, "x"), "newer schema")
	})
}

// TestDueIsBounded reads the items that have been due longest, and only a share of the limit
// from each shard.
func TestDueIsBounded(t *testing.T) {
	onEach(t, func(b *bench) {
		var all []claim.Group
		for i := range 40 {
			g := group
			g.ID = fmt.Sprintf("sg-%017d", i)
			all = append(all, g)
			if _, _, err := b.Perform(b.Context(), g, lease.State{Op: lease.Ring, Owner: alice, Deadline: deadline},
				nil); err != nil {
				b.Fatal(err)
			}
		}
		b.dueAt(0, all...)
		for limit, most := range map[int]int{1: 8, 8: 8, 16: 16} {
			got, err := b.Due(b.Context(), at(0), limit)
			if err != nil || len(got) == 0 || len(got) > most {
				b.Errorf("Due with limit %d = %d groups, %v, want 1 to %d", limit, len(got), err, most)
			}
		}
	})
}

// TestUnfinishedIsApart: one index holds ends and groups, and each query returns only one
// kind.
func TestUnfinishedIsApart(t *testing.T) {
	onEach(t, func(b *bench) {
		var want []claim.Launch
		for i := range 20 {
			l := claim.Launch{Account: account, Name: fmt.Sprintf("l%02d/with:=+@-", i)}
			if _, err := b.End(b.Context(), l, at(int64(i))); err != nil {
				b.Fatal(err)
			}
			want = append(want, l)
		}
		b.ring(alice)
		b.dueAt(1_000_000, group)
		got, err := b.Unfinished(b.Context(), at(1_000_000), 160)
		slices.SortFunc(got, func(a, b claim.Launch) int { return strings.Compare(a.Name, b.Name) })
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			b.Errorf("Unfinished: %v (-want +got):\n%s", err, diff)
		}
		if got, err := b.Unfinished(b.Context(), at(1_000_000), 8); err != nil || len(got) == 0 || len(got) > 8 {
			b.Errorf("Unfinished with limit 8 = %d, %v", len(got), err)
		}
	})
}

func TestDueOfAStrangeKey(t *testing.T) {
	onEach(t, func(b *bench) {
		b.ring(alice)
		shard := b.get(groupPK, "HEAD")["shard"]
		b.put("SG#odd", "HEAD", map[string]types.AttributeValue{
			"shard": text(strings.TrimPrefix(shard, "S ")), "due": number(0),
		})
		got, err := b.Due(b.Context(), at(0), 100)
		wantError(b, "Due", err, "SG#odd/HEAD")
		if !slices.Equal(got, []claim.Group{group}) {
			b.Errorf("Due = %v, want the other item of the shard", got)
		}
	})
}
