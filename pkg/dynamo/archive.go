package dynamo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// endLingers is how long an end is kept beside the requests after the last of them was
// archived: a scan that read one of them before reads the end, too.
const endLingers = 48 * time.Hour

// Archive implements ensure.Ends, with one transaction for each request.
func (t *Table) Archive(ctx context.Context, g claim.Group, parts []claim.Archive, by time.Time) error {
	for _, a := range parts {
		if err := t.archive(ctx, g, a, by); err != nil {
			return fmt.Errorf("archive %s in %s: %w", launchPK(a.Launch), groupPK(g), err)
		}
	}
	return nil
}

// archive sets the TTL of the launch's record of the group if nothing is left there,
// renames its requests, and then sets the TTL of its end.
func (t *Table) archive(ctx context.Context, g claim.Group, a claim.Archive, by time.Time) error {
	if len(a.Requests) > 0 && !a.Lives {
		last := slices.MaxFunc(a.Requests, func(r, q claim.Request) int { return r.Received.Compare(q.Received) })
		if err := t.expireItem(ctx, askedKey(a.Launch, g), "lastAsked", last.Received, last.Settled.Add(claim.Kept)); err != nil {
			return err
		}
	}
	for _, r := range a.Requests {
		kept := encodeRequest(r)
		kept["sk"], kept[TTL] = text(archivedKey(r).sk), ttl(r.Settled)
		err := t.transact(ctx,
			types.TransactWriteItem{Put: &types.Put{TableName: &t.name, Item: kept}},
			types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: requestKey(r).item()}},
		)
		if err != nil {
			return err
		}
	}
	if a.End.IsZero() {
		return nil
	}
	return t.expireItem(ctx, endedKey(a.Launch, g), "at", a.End, by.Add(endLingers))
}

// expireItem sets the item's TTL, unless the item changed after we read it: its
// attribute is later than the one seen.
func (t *Table) expireItem(ctx context.Context, k key, attribute string, seen, expires time.Time) error {
	_, _, err := t.update(ctx, k, change{
		"SET #ttl = :ttl",
		"#seen <= :seen",
		map[string]string{"#ttl": TTL, "#seen": attribute},
		item{":ttl": number(expires.Unix()), ":seen": millis(seen)},
	})
	return err
}
