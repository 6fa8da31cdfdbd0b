package dynamo

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

const (
	maxRetire      = 100 // launches at a time
	maxTransaction = 100 // items that DynamoDB writes in one
)

// Retire implements ensure.Ends, a transaction or more for each launch. It reads
// the ends before the requests: a launch that has ended here asks no more, so
// no request of it is missed.
func (t *Table) Retire(ctx context.Context, g claim.Group) error {
	var asked asked
	if err := t.read(ctx, groupPK(g), askPrefix, false, asked.add); err != nil {
		return fmt.Errorf("retire in %s: %w", groupPK(g), err)
	}
	requests := make(map[events.Launch][]claim.Request)
	for _, r := range asked.requests {
		if end, ended := asked.ended[r.Launch]; ended && end.ends(r) && asked.undated[requestKey(r)] {
			requests[r.Launch] = append(requests[r.Launch], r)
		}
	}
	retired := 0
	for _, l := range slices.SortedFunc(maps.Keys(asked.ended), compareLaunches) {
		end := asked.ended[l]
		if end.dated && len(requests[l]) == 0 {
			continue
		}
		if retired++; retired > maxRetire {
			break
		}
		if err := t.retire(ctx, l, g, end, requests[l]); err != nil {
			return fmt.Errorf("retire %s: %w", endedKey(l, g), err)
		}
	}
	return nil
}

func compareLaunches(a, b events.Launch) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Name, b.Name))
}

// retire marks a launch's requests, and with the last of them or after them its
// end. A transaction that meets another end of the launch, or an item that is
// gone, is left to the next sweep.
func (t *Table) retire(ctx context.Context, l events.Launch, g claim.Group, e ending, requests []claim.Request) error {
	var items []types.TransactWriteItem
	for _, r := range requests {
		items = append(items, types.TransactWriteItem{Update: t.updateEnded(r, e)})
	}
	items = append(items, types.TransactWriteItem{Update: t.dateEnd(l, g, e)})
	for some := range slices.Chunk(items, maxTransaction) {
		err := t.transact(ctx, some...)
		if canceled := cancellation(err); canceled != nil && !canceled.transient() {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *Table) updateEnded(r claim.Request, e ending) *types.Update {
	return &types.Update{
		TableName:                &t.name,
		Key:                      requestKey(r).item(),
		UpdateExpression:         aws.String("SET st = :ended, settled = :at, #ttl = :ttl"),
		ConditionExpression:      aws.String("attribute_exists(pk)"),
		ExpressionAttributeNames: map[string]string{"#ttl": TTL},
		ExpressionAttributeValues: item{
			":ended": text(string(claim.Ended)), ":at": millis(e.at), ":ttl": ttl(e.at),
		},
	}
}

// dateEnd is on condition that the launch has not ended once more since.
func (t *Table) dateEnd(l events.Launch, g claim.Group, e ending) *types.Update {
	return &types.Update{
		TableName:                 &t.name,
		Key:                       endedKey(l, g).item(),
		UpdateExpression:          aws.String("SET #ttl = :ttl"),
		ConditionExpression:       aws.String("#at = :at"),
		ExpressionAttributeNames:  map[string]string{"#at": "at", "#ttl": TTL},
		ExpressionAttributeValues: item{":at": millis(e.at), ":ttl": ttl(e.at)},
	}
}
