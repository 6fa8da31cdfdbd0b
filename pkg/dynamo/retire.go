package dynamo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// maxRetire is how many launches one Retire takes.
const maxRetire = 100

// lingers is how long an end stays beside the requests after the last of them has
// gone: a scan that met one of them before meets the end too.
const lingers = 48 * time.Hour

// Retire implements ensure.Ends, by a transaction for each request. It reads the
// ends before the requests: a launch that has ended here asks no more, so no
// request of it is missed.
func (t *Table) Retire(ctx context.Context, g claim.Group, by time.Time) error {
	var asked asked
	if err := t.backwards(ctx, groupPK(g), askPrefix, asked.add); err != nil {
		return fmt.Errorf("retire in %s: %w", groupPK(g), err)
	}
	all := asked.over(by)
	for _, o := range all[:min(len(all), maxRetire)] {
		if err := t.retire(ctx, g, o, by); err != nil {
			return fmt.Errorf("retire %s in %s: %w", launchPK(o.launch), groupPK(g), err)
		}
	}
	return nil
}

// retire dates what the launch's partition says of the group, if nothing is left
// there, retires its requests, and then dates its end.
func (t *Table) retire(ctx context.Context, g claim.Group, o *over, by time.Time) error {
	if len(o.requests) > 0 && !o.lives {
		last := slices.MaxFunc(o.requests, func(r, q claim.Request) int { return r.Received.Compare(q.Received) })
		if err := t.date(ctx, askedKey(o.launch, g), "lastAsked", last.Received, last.Settled.Add(Kept)); err != nil {
			return err
		}
	}
	for _, r := range o.requests {
		kept := encodeRequest(r)
		kept["sk"], kept[TTL] = text(retiredKey(r).sk), ttl(r.Settled)
		err := t.transact(ctx,
			types.TransactWriteItem{Put: &types.Put{TableName: &t.name, Item: kept}},
			types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: requestKey(r).item()}},
		)
		if err != nil {
			return err
		}
	}
	if o.end.IsZero() {
		return nil
	}
	return t.date(ctx, endedKey(o.launch, g), "at", o.end, by.Add(lingers))
}

// date has the table forget an item, unless what it was given up for was done
// once more since: its attribute is later than was seen.
func (t *Table) date(ctx context.Context, k key, attribute string, seen, forget time.Time) error {
	_, _, err := t.update(ctx, k, change{
		"SET #ttl = :ttl",
		"#seen <= :seen",
		map[string]string{"#ttl": TTL, "#seen": attribute},
		item{":ttl": number(forget.Unix()), ":seen": millis(seen)},
	})
	return err
}
