package dynamo

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// Due returns up to limit groups that are due at the given time, of each shard
// those longest due first. The index lags behind the table a little.
func (t *Table) Due(ctx context.Context, now time.Time, limit int) ([]claim.Group, error) {
	var groups []claim.Group
	err := t.due(ctx, "", now, limit, 4, func(part []string) {
		groups = append(groups, claim.Group{Account: part[1], Region: part[2], ID: part[3]})
	})
	return groups, err
}

// Unfinished returns up to limit launches whose end is due to be finished at the
// given time, as Due does groups.
func (t *Table) Unfinished(ctx context.Context, now time.Time, limit int) ([]events.Launch, error) {
	var launches []events.Launch
	err := t.due(ctx, endShard, now, limit, 3, func(part []string) {
		launches = append(launches, events.Launch{Account: part[1], Name: part[2]})
	})
	return launches, err
}

// due reads the shards of one kind, whose partition keys have so many parts.
func (t *Table) due(ctx context.Context, kind string, now time.Time, limit, parts int, each func(part []string)) error {
	for n := range shards {
		shard := kind + strconv.Itoa(n)
		out, err := t.client.Query(ctx, &dynamodb.QueryInput{
			TableName:                 &t.name,
			IndexName:                 aws.String(DueIndex),
			KeyConditionExpression:    aws.String("#shard = :shard AND due <= :now"),
			ExpressionAttributeNames:  map[string]string{"#shard": "shard"},
			ExpressionAttributeValues: item{":shard": text(shard), ":now": millis(now)},
			Limit:                     aws.Int32(int32(max(1, limit/shards))),
		})
		if err != nil {
			return fmt.Errorf("what is due in shard %s: %w", shard, err)
		}
		for _, it := range out.Items {
			part := strings.Split(keyOf(it).pk, "#")
			if len(part) != parts {
				return fmt.Errorf("item %s: want a key of %d parts in shard %s", keyOf(it), parts, shard)
			}
			each(part)
		}
	}
	return nil
}

// Freeze has sgkeeper write nothing to a group, for the reason given, until it
// is thawed. Requests are recorded meanwhile. A holder in the middle of a round
// ends it first.
func (t *Table) Freeze(ctx context.Context, g claim.Group, why string) error {
	return t.setFrozen(ctx, "freeze", g, why)
}

// Thaw ends a freeze. The group is due at once.
func (t *Table) Thaw(ctx context.Context, g claim.Group) error {
	return t.setFrozen(ctx, "thaw", g, "")
}

func (t *Table) setFrozen(ctx context.Context, what string, g claim.Group, why string) error {
	k := headKey(g)
	_, failed, err := t.update(ctx, k, freeze(k, why))
	switch {
	case err != nil:
		return fmt.Errorf("%s %s: %w", what, k, err)
	case failed:
		return fmt.Errorf("%s %s: the item is of a newer schema than this sgkeeper knows; use a newer one", what, k)
	}
	return nil
}
