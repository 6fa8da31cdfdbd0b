package dynamo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Archive implements ensure.Ends, with one transaction for each request.
func (t *Table) Archive(ctx context.Context, g claim.Group, parts []claim.Archive, by time.Time) error {
	for _, a := range parts {
		if err := t.archive(ctx, g, a, by); err != nil {
			return fmt.Errorf("archive %s in %s: %w", launchPK(a.Launch), groupPK(g), err)
		}
	}
	return nil
}

// archive renames the launch's requests and then sets the TTL of its end. First, it sets the
// TTL of the launch's record of the group if no live request remains there.
func (t *Table) archive(ctx context.Context, g claim.Group, a claim.Archive, by time.Time) error {
	if len(a.Requests) > 0 && !a.Lives {
		last := slices.MaxFunc(a.Requests, func(r, q claim.Request) int { return r.Received.Compare(q.Received) })
		if err := t.expireItem(ctx, launchGroupKey(a.Launch, g), "lastAsked", last.Received,
			last.Finished.Add(claim.Kept)); err != nil {
			return err
		}
	}
	for _, r := range a.Requests {
		writes := []types.TransactWriteItem{{Delete: &types.Delete{TableName: &t.name, Key: requestKey(r).item()}}}
		if len(r.Rules) > 0 { // else the refusal has archived it
			writes = append(writes, t.putAll([]item{archivedRequest(r)})...)
		}
		if err := t.transact(ctx, writes...); err != nil {
			return err
		}
	}
	switch {
	case a.Forget:
		_, err := t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &t.name,
			Key: endedKey(a.Launch, g).item()})
		return err
	case a.End.IsZero():
		return nil
	}
	return t.expireItem(ctx, endedKey(a.Launch, g), "at", a.End, by.Add(claim.EndLingers))
}

// archivedRequest returns the item of an archived request. No round reads it.
func archivedRequest(r claim.Request) item {
	it := encodeRequest(r)
	it["sk"], it[TTL] = text(archivedKey(r).sk), ttl(r.Finished)
	return it
}

// expireItem sets the item's TTL, unless the item changed after we read it. The item changed
// if its attribute is later than seen.
func (t *Table) expireItem(ctx context.Context, k key, attribute string, seen, expires time.Time) error {
	_, _, err := t.update(ctx, k, change{
		"SET #ttl = :ttl",
		"#seen <= :seen",
		map[string]string{"#ttl": TTL, "#seen": attribute},
		item{":ttl": number(expires.Unix()), ":seen": millis(seen)},
	})
	return err
}
