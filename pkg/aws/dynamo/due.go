package dynamo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// Due implements ensure.Dues. It returns up to limit groups that are due at the given time,
// the longest due first within each shard. The index lags behind the table a little.
func (t *Table) Due(ctx context.Context, now time.Time, limit int) ([]ensure.Due, error) {
	var groups []ensure.Due
	err := t.due(ctx, "", now, limit, func(it item) bool {
		group, ok := decodeGroup(keyOf(it).pk)
		if ok {
			groups = append(groups, ensure.Due{Group: group, Since: dueOf(it)})
		}
		return ok
	})
	return groups, err
}

// Unfinished implements ensure.Dues. Like Due, it returns up to limit launches with an end
// that is due to be finished.
func (t *Table) Unfinished(ctx context.Context, now time.Time, limit int) ([]claim.Launch, error) {
	var launches []claim.Launch
	err := t.due(ctx, endShard, now, limit, func(it item) bool {
		part := strings.Split(keyOf(it).pk, "#")
		if len(part) != 3 {
			return false
		}
		launches = append(launches, claim.LaunchOf(part[1], part[2]))
		return true
	})
	return launches, err
}

// dueOf returns the time at which the index shows an item as due.
func dueOf(it item) time.Time {
	r := reader{item: it}
	return r.time("due")
}

// due queries the shards of one kind in parallel. Its error names each item that add rejects
// and each shard that cannot be read; add still gets the other items.
func (t *Table) due(ctx context.Context, kind string, now time.Time, limit int, add func(item) bool) error {
	items := make([][]item, shards)
	problems := make([]error, shards)
	var all sync.WaitGroup
	for n := range shards {
		all.Go(func() {
			name := kind + strconv.Itoa(n)
			var err error
			if items[n], err = t.dueIn(ctx, name, now, max(1, limit/shards)); err != nil {
				problems[n] = fmt.Errorf("the due groups of shard %s: %w", name, err)
			}
		})
	}
	all.Wait()
	var odd unreadable
	for _, shard := range items {
		for _, it := range shard {
			if !add(it) {
				odd.add(fmt.Errorf("item %s: the index lists a key of an unknown kind", keyOf(it)))
			}
		}
	}
	return errors.Join(append(problems, odd.err())...)
}

// dueIn reads up to limit items of one shard.
func (t *Table) dueIn(ctx context.Context, shard string, now time.Time, limit int) (items []item, err error) {
	pages := dynamodb.NewQueryPaginator(t.client, &dynamodb.QueryInput{
		TableName:                 &t.name,
		IndexName:                 aws.String(DueIndex),
		KeyConditionExpression:    aws.String("#shard = :shard AND due <= :now"),
		ExpressionAttributeNames:  map[string]string{"#shard": "shard"},
		ExpressionAttributeValues: item{":shard": text(shard), ":now": millis(now)},
		Limit:                     aws.Int32(int32(min(limit, maxDuePage))),
	})
	for len(items) < limit && pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return items, err
		}
		items = append(items, page.Items...)
	}
	return items[:min(limit, len(items))], nil
}

// maxDuePage is how many items of the index one query reads. At about 200 bytes an item, a
// page stays well below the 1 MB of a query.
const maxDuePage = 1000
