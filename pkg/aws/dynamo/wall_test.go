package dynamo_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// TestWallNewerItem gives one group an item of a newer schema. The error names it, and the
// call still returns the other groups.
func TestWallNewerItem(t *testing.T) {
	onEach(t, func(b *bench) {
		r := ask("live", at(0), "tcp 8000 from 0.0.0.0/0")
		b.claims(r, true)
		b.claims(in(otherGroup, r), true)
		b.ring(alice)
		otherPK := "SG#" + otherGroup.Account + "#" + otherGroup.Region + "#" + otherGroup.ID
		b.set(otherPK, "R#"+r.Key(), "v", number(1000))
		b.put(otherPK, "HEAD", map[string]types.AttributeValue{"v": number(1000)})
		requests, err := b.AllRequests(b.Context())
		b.Logf("AllRequests returns %d requests, %v", len(requests), err)
		wantError(b, "AllRequests", err, otherPK, "schema version 1000")
		if len(requests) != 1 || requests[0].Group != group {
			b.Errorf("AllRequests = %v, want the one of %s", requests, group)
		}
		heads, err := b.AllHeads(b.Context())
		b.Logf("AllHeads returns %d heads, %v", len(heads), err)
		wantError(b, "AllHeads", err, otherPK, "schema version 1000")
		readable := 0
		for _, h := range heads {
			if h.Group == group && h.Head.Owner == alice {
				readable++
			}
		}
		if readable != 1 {
			b.Errorf("AllHeads = %v, want that of %s among them", heads, group)
		}
	})
}

// TestWallOddKeyOfALaunch: one record of a launch's groups has a key that names no group. The
// error names it and the remedy, and the call still returns the other groups.
func TestWallOddKeyOfALaunch(t *testing.T) {
	onEach(t, func(b *bench) {
		b.claims(ask(launch, at(0), "tcp 8000 from 0.0.0.0/0"), true)
		b.put(launchPK, "G#odd", nil)
		groups, err := b.Table.End(b.Context(), ourLaunch, at(5))
		wantError(b, "End", err, ensure.ErrUnreadable, "item "+launchPK+"/G#odd", "delete the item")
		if !slices.Equal(groups, []claim.Group{group}) {
			b.Errorf("End = %v, want %v", groups, group)
		}
		trace, err := b.Trace(b.Context(), ourLaunch)
		wantError(b, "Trace", err, ensure.ErrUnreadable, "item "+launchPK+"/G#odd")
		if !trace.Ended || !slices.Equal(trace.Groups, []claim.Group{group}) {
			b.Errorf("Trace = %+v, want it ended in %v", trace, group)
		}
	})
}

// TestWallOddKey has one key in the index that names no group. The error names it, and the
// call still returns all due groups, those of its shard included.
func TestWallOddKey(t *testing.T) {
	onEach(t, func(b *bench) {
		var want []claim.Group
		for _, id := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
			g := claim.Group{Account: account, Region: "us-east-1", ID: "sg-0000000000000000" + id}
			want = append(want, g)
			ring := lease.State{Op: lease.Ring, Owner: alice, Deadline: deadline}
			if _, _, err := b.Perform(b.Context(), g, ring, nil); err != nil {
				b.Fatal(err)
			}
		}
		for _, shard := range []string{"0", "1", "2", "3", "4", "5", "6", "7"} {
			b.put("SG#odd", "HEAD"+shard, map[string]types.AttributeValue{"shard": text(shard), "due": number(0)})
		}
		got, err := b.Due(b.Context(), at(0), 100)
		b.Logf("Due returns %d of %d groups, %v", len(got), len(want), err)
		wantError(b, "Due", err, "SG#odd/HEAD")
		slices.SortFunc(got, func(a, b claim.Group) int { return strings.Compare(a.ID, b.ID) })
		if !slices.Equal(got, want) {
			b.Errorf("Due = %v, want %v", got, want)
		}
	})
}
