package dynamo_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/await"
	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// in returns the request for another group.
func in(g claim.Group, r claim.Request) claim.Request {
	r.Group = g
	return r
}

var otherGroup = claim.Group{Account: group.Account, Region: "eu-west-1", ID: "sg-0fffffffffffffff0"}

func TestAllRequests(t *testing.T) {
	onEach(t, func(b *bench) {
		live := ask("live", at(0), "tcp 8000 from 0.0.0.0/0")
		over := ask("over", at(1), "tcp 8000 from 0.0.0.0/0")
		elsewhere := in(otherGroup, ask("over", at(2), "tcp 22 from 10.0.0.0/8"))
		past := in(otherGroup, ask("past", at(3), "tcp 22 from 10.0.0.0/8"))
		for _, r := range []claim.Request{live, over, elsewhere, past} {
			b.claims(r, true)
		}
		b.ring(alice)
		if err := b.EndIn(b.Context(), over.Launch, group, at(10)); err != nil {
			b.Fatal(err)
		}
		if err := b.Expire(b.Context(), past, at(11)); err != nil {
			b.Fatal(err)
		}
		over.Status, over.Finished = claim.Ended, at(10)
		past.Status, past.Finished = claim.Expired, at(11)
		for _, b.PageSize = range []int32{0, 1, 2} {
			got, err := b.AllRequests(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			slices.SortFunc(got, claim.Request.Compare)
			if diff := cmp.Diff([]claim.Request{live, over, elsewhere, past}, got, values); diff != "" {
				b.Errorf("AllRequests, in pages of %d (-want +got):\n%s", b.PageSize, diff)
			}
		}
	})
}

func TestAllRequestsOfNone(t *testing.T) {
	onEach(t, func(b *bench) {
		b.ring(alice)
		if got, err := b.AllRequests(b.Context()); err != nil || len(got) > 0 {
			b.Errorf("AllRequests = %v, %v, want none", got, err)
		}
	})
}

func TestAllRequestsUnreadable(t *testing.T) {
	onEach(t, func(b *bench) {
		r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		b.claims(r, true)
		b.set(groupPK, "R#"+r.Key(), "v", number(2))
		_, err := b.AllRequests(b.Context())
		wantError(b, "AllRequests", err, "requests of all groups: item "+groupPK, "schema version 2")
	})
}

func TestAllHeads(t *testing.T) {
	onEach(t, func(b *bench) {
		if got, err := b.AllHeads(b.Context()); err != nil || len(got) > 0 {
			b.Errorf("AllHeads of nothing = %v, %v", got, err)
		}
		b.claims(ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), true)
		b.ring(alice)
		if err := b.Freeze(b.Context(), otherGroup, claim.Freeze{Reason: "incident 12"}); err != nil {
			b.Fatal(err)
		}
		for _, b.PageSize = range []int32{0, 1} {
			got, err := b.AllHeads(b.Context())
			if err != nil || len(got) != 2 {
				b.Fatalf("AllHeads = %v, %v, want two", got, err)
			}
			slices.SortFunc(got, func(g, h dynamo.Headed) int {
				return strings.Compare(g.Group.String(),
					h.Group.String())
			})
			frozen, rung := got[0], got[1]
			if frozen.Group != otherGroup || frozen.Ledger.Frozen.Reason != "incident 12" {
				b.Errorf("the frozen group is %+v", frozen)
			}
			if rung.Group != group || rung.Head.Owner != alice || rung.Head.Want != 1 || rung.Due.UnixMilli() != 0 {
				b.Errorf("the group with a ticket is %+v, want held by %v and due at once", rung, alice)
			}
		}
		b.set(groupPK, "HEAD", "v", number(3))
		_, err := b.AllHeads(b.Context())
		wantError(b, "AllHeads", err, "leases of all groups: item "+groupPK, "schema version 3")
	})
}

func TestKnown(t *testing.T) {
	onEach(t, func(b *bench) {
		r := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		r.Instance = true
		known := func(want bool) {
			b.Helper()
			if got, err := b.Known(b.Context(), r.Launch); err != nil || got != want {
				b.Errorf("Known = %v, %v, want %v", got, err, want)
			}
		}
		known(false)
		b.claims(ask(launch+"-2", at(0), "tcp 8000 from 0.0.0.0/0"), true)
		known(false)
		b.claims(r, true)
		known(true)
		b.holds(ask(launch+"-2", at(0), "tcp 8000 from 0.0.0.0/0"), r) // as an instance's
	})
}

func TestTrace(t *testing.T) {
	onEach(t, func(b *bench) {
		b.traces(launch, await.Trace{})
		first := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		b.claims(first, true)
		b.claims(in(otherGroup, first), true)
		b.claims(ask(launch+"-2", at(0), "tcp 8000 from 0.0.0.0/0"), true)
		b.traces(launch, await.Trace{Groups: []claim.Group{group, otherGroup}})
		if err := b.EndIn(b.Context(), first.Launch, otherGroup, at(1)); err != nil {
			b.Fatal(err)
		}
		b.traces(launch, await.Trace{Groups: []claim.Group{group, otherGroup},
			EndedIn: map[claim.Group]time.Time{otherGroup: at(1)}})
		if _, err := b.End(b.Context(), first.Launch, at(2)); err != nil {
			b.Fatal(err)
		}
		b.traces(launch, await.Trace{Ended: true, Groups: []claim.Group{group, otherGroup},
			EndedIn: map[claim.Group]time.Time{otherGroup: at(1)}})
		b.traces(launch+"-2", await.Trace{Groups: []claim.Group{group}})
	})
}

func (b *bench) traces(name string, want await.Trace) {
	b.Helper()
	got, err := b.Trace(b.Context(), claim.Launch{Account: account, Name: name})
	if err != nil {
		b.Fatal(err)
	}
	if want.EndedIn == nil {
		want.EndedIn = map[claim.Group]time.Time{}
	}
	slices.SortFunc(got.Groups, func(g, h claim.Group) int { return -strings.Compare(g.Region, h.Region) })
	if diff := cmp.Diff(want, got); diff != "" {
		b.Errorf("Trace of %s (-want +got):\n%s", name, diff)
	}
}

func TestTraceUnreadable(t *testing.T) {
	onEach(t, func(b *bench) {
		b.put("L#444455556666#llama4-7f3a", "END#sg-1", nil)
		_, err := b.Trace(b.Context(), claim.Launch{Account: account, Name: launch})
		wantError(b, "Trace", err, "item L#444455556666#llama4-7f3a/END#sg-1: no version of sgkeeper writes this key")
		b.set("L#444455556666#llama4-7f3a", "END#sg-1", "v", number(2))
		_, err = b.Trace(b.Context(), claim.Launch{Account: account, Name: launch})
		wantError(b, "Trace", err, "schema version 2")
	})
}

func TestHead(t *testing.T) {
	onEach(t, func(b *bench) {
		if head, ledger, err := b.Table.Head(b.Context(), group); err != nil || head.Want != 0 ||
			ledger.Frozen.Reason != "" {
			b.Errorf("Head of no group = %+v, %+v, %v, want none", head, ledger, err)
		}
		want := b.ring(alice)
		if err := b.Freeze(b.Context(), group, claim.Freeze{Reason: "incident 12"}); err != nil {
			b.Fatal(err)
		}
		head, ledger, err := b.Table.Head(b.Context(), group)
		if err != nil || head != want || ledger.Frozen.Reason != "incident 12" {
			b.Errorf("Head = %+v, %+v, %v, want %+v, frozen", head, ledger, err, want)
		}
		if err := b.Thaw(b.Context(), group); err != nil {
			b.Fatal(err)
		}
		if _, ledger, _ := b.Table.Head(b.Context(), group); ledger.Frozen.Reason != "" {
			b.Errorf("Head is frozen after Thaw: %q", ledger.Frozen)
		}
	})
}

// TestFreezeFails: the errors of a freeze and a thaw name the operation.
func TestFreezeFails(t *testing.T) {
	onEach(t, func(b *bench) {
		b.put(groupPK, "HEAD", map[string]types.AttributeValue{"v": number(3)})
		wantError(b, "Freeze", b.Freeze(b.Context(), group, claim.Freeze{Reason: "x"}), "freeze "+groupPK,
			"newer schema")
		wantError(b, "Thaw", b.Thaw(b.Context(), group), "thaw "+groupPK, "newer schema")
	})
}

// TestAdopt: an adoption adds its rules to the recorded ones. A holder that read the ledger before
// it cannot release.
func TestAdopt(t *testing.T) {
	onEach(t, func(b *bench) {
		rule := func(id string) claim.Untagged { return claim.Untagged{ID: id, Seal: "AbCdEfGh", At: at(0).UTC()} }
		head := b.ring(alice)
		if err := b.Adopt(b.Context(), group, []claim.Untagged{rule("sgr-1")}); err != nil {
			b.Fatal(err)
		}
		if err := b.Adopt(b.Context(), group, []claim.Untagged{rule("sgr-2")}); err != nil {
			b.Fatal(err)
		}
		after, ledger, err := b.Head(b.Context(), group)
		if err != nil || after.Want != head.Want+2 || after.Owner != alice {
			b.Errorf("Head = %+v, %v, want two tickets more, still held by %v", after, err, alice)
		}
		if diff := cmp.Diff([]claim.Untagged{rule("sgr-1"), rule("sgr-2")}, ledger.Untagged); diff != "" {
			b.Errorf("Untagged (-want +got):\n%s", diff)
		}
		b.set(groupPK, "HEAD", "v", number(3))
		wantError(b, "Adopt", b.Adopt(b.Context(), group, []claim.Untagged{rule("sgr-3")}), "use a newer one")
	})
}
