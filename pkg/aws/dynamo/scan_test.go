package dynamo_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

var (
	_ audit.Table  = (*dynamo.Table)(nil)
	_ audit.Ringer = (*dynamo.Table)(nil)
)

func (b *bench) scanned() map[claim.Group]audit.TableGroup {
	b.Helper()
	all := make(map[claim.Group]audit.TableGroup)
	err := b.Scan(b.Context(), func(k audit.TableGroup) error {
		if _, twice := all[k.Group]; twice {
			b.Errorf("%s is reported twice", k.Group)
		}
		all[k.Group] = k
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return all
}

// TestScan reports each group once and complete, with pages of any size.
func TestScan(t *testing.T) {
	onEach(t, func(b *bench) {
		type counts struct{ requests, tickets int }
		want := make(map[claim.Group]counts)
		for n := range 40 {
			g := claim.Group{Account: account, Region: "us-east-1", ID: fmt.Sprintf("sg-%017x", n)}
			for i := range n%5 + 1 {
				b.claims(in(g, ask(fmt.Sprint("launch-", i), at(int64(i)), "tcp 80 from 10.0.0.0/8",
					"tcp 90 from 10.0.0.0/8")), true)
			}
			want[g] = counts{n%5 + 1, 0}
			if n%4 == 0 {
				if err := b.Table.Ring(b.Context(), g); err != nil {
					b.Fatal(err)
				}
				want[g] = counts{n%5 + 1, 1}
			}
		}
		for _, b.PageSize = range []int32{0, 1, 3} {
			got := b.scanned()
			for g, n := range want {
				if k := got[g]; k.Unreadable != "" || (counts{len(k.Requests), int(k.Lease.Want)}) != n {
					b.Errorf("pages of %d, %s: %d requests, %d tickets, %s, want %v", b.PageSize, g, len(k.Requests),
						k.Lease.Want, k.Unreadable, n)
				}
			}
			if len(got) != len(want) {
				b.Errorf("pages of %d: %d groups, want %d", b.PageSize, len(got), len(want))
			}
		}
	})
}

// TestScanAndOf: both report the same, ends included.
func TestScanAndOf(t *testing.T) {
	onEach(t, func(b *bench) {
		live, over := ask("live", at(0), "tcp 8000 from 0.0.0.0/0"), ask("over", at(1), "tcp 8000 from 0.0.0.0/0")
		b.claims(live, true)
		b.claims(over, true)
		b.ring(alice)
		if err := b.Freeze(b.Context(), group, "incident"); err != nil {
			b.Fatal(err)
		}
		if err := b.EndIn(b.Context(), over.Launch, group, at(2)); err != nil {
			b.Fatal(err)
		}
		of, err := b.Of(b.Context(), group)
		if err != nil || len(of.Requests) != 2 || of.Requests[1].Status != claim.Ended ||
			of.Ledger.Frozen != "incident" || of.Lease.Want != 1 {
			b.Errorf("Of = %+v, %v", of, err)
		}
		if diff := cmp.Diff(of, b.scanned()[group], values); diff != "" {
			b.Errorf("Scan differs from Of (-Of +Scan):\n%s", diff)
		}
	})
}

// TestScanUnreadable reports a group with an unreadable item as such, and the others in full.
func TestScanUnreadable(t *testing.T) {
	onEach(t, func(b *bench) {
		r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		b.claims(r, true)
		b.claims(in(otherGroup, r), true)
		b.set(groupPK, "R#"+r.Key(), "v", number(2))
		got := b.scanned()
		wantError(b, "Scan", errors.New(got[group].Unreadable), "schema version 2")
		if got[otherGroup].Unreadable != "" || len(got[otherGroup].Requests) != 1 {
			b.Errorf("the other group is %+v", got[otherGroup])
		}
		of, err := b.Of(b.Context(), group)
		if err != nil {
			b.Fatal(err)
		}
		wantError(b, "Of", errors.New(of.Unreadable), "schema version 2")
	})
}

// TestScanStops at the first error of its callback.
func TestScanStops(t *testing.T) {
	onEach(t, func(b *bench) {
		for n := range 20 {
			b.claims(in(claim.Group{Account: account, Region: "us-east-1", ID: fmt.Sprintf("sg-%017x", n)},
				ask("a", at(0), "tcp 80 from 10.0.0.0/8")), true)
		}
		stop, calls := errors.New("stop"), 0
		if err := b.Scan(b.Context(), func(audit.TableGroup) error { calls++; return stop }); !errors.Is(err, stop) ||
			calls != 1 {
			b.Errorf("Scan = %v after %d groups, want it to stop at the first", err, calls)
		}
	})
}

// TestRingForOthers makes a group due without taking its lease.
func TestRingForOthers(t *testing.T) {
	onEach(t, func(b *bench) {
		for want := 1; want <= 2; want++ {
			if err := b.Table.Ring(b.Context(), group); err != nil {
				b.Fatal(err)
			}
			head, _, err := b.Table.Head(b.Context(), group)
			if err != nil || int(head.Want) != want || head.Owner.Nonce != "" {
				b.Errorf("head %+v, %v, want %d tickets and no owner", head, err, want)
			}
		}
		due, err := b.Due(b.Context(), time.UnixMilli(0), 8)
		if err != nil || len(due) != 1 || due[0] != group {
			b.Errorf("due are %v, %v, want the group", due, err)
		}
		b.set(groupPK, "HEAD", "v", number(3))
		wantError(b, "Ring", b.Table.Ring(b.Context(), group), "ring for "+groupPK, "newer")
	})
}
