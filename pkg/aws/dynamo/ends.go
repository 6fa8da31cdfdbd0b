package dynamo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// present is the condition that an item exists; see absent.
const present = "attribute_exists(pk)"

// unfinished is how long after an end only the function that ended the launch serves its
// groups.
const unfinished = 2 * time.Minute

// ttl returns the time after which DynamoDB may delete an item that ended at the given time.
func ttl(at time.Time) types.AttributeValue { return number(at.Add(claim.Kept).Unix()) }

// End implements ensure.Ends. It writes the end, and then returns the groups of the launch's
// requests, without those that Progress has finished. No request is lost: a request after the
// end is refused, and the group of an earlier one is returned.
func (t *Table) End(ctx context.Context, l claim.Launch, at time.Time) ([]claim.Group, error) {
	end := t.setEnded(endKey(l), at)
	end.ExpressionAttributeNames["#shard"] = "shard"
	end.ExpressionAttributeValues[":due"] = millis(at.Add(unfinished))
	end.ExpressionAttributeValues[":shard"] = text(endShard + shardOf(launchPK(l)))
	_, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 end.TableName,
		Key:                       end.Key,
		UpdateExpression:          aws.String(*end.UpdateExpression + ", due = :due, #shard = :shard"),
		ExpressionAttributeNames:  end.ExpressionAttributeNames,
		ExpressionAttributeValues: end.ExpressionAttributeValues,
	}, retryConflicts)
	if err != nil {
		return nil, fmt.Errorf("end %s: %w", endKey(l), err)
	}
	var groups []claim.Group
	var odd unreadable
	err = t.query(ctx, launchPK(l), "G#", func(it item) error {
		group, ok := decodeGroup(keyOf(it).sk)
		if !ok {
			odd.add(oddKey(it))
			return nil
		}
		if r := (reader{item: it}); !r.has("finished") || r.time("finished").Before(r.time("lastAsked")) {
			groups = append(groups, group)
		}
		return nil
	})
	if err == nil {
		err = odd.err()
	}
	if err != nil {
		return groups, fmt.Errorf("groups of %s: %w", launchPK(l), err)
	}
	return groups, nil
}

// oddKey returns the error for an item with a key that should name a group.
func oddKey(it item) error {
	return fmt.Errorf("item %s: no version of sgkeeper writes this key, which should name a group; delete the item",
		keyOf(it))
}

// decodeGroup parses the group in a key that consists of a prefix and groupText.
func decodeGroup(s string) (g claim.Group, ok bool) {
	_, s, _ = strings.Cut(s, "#")
	account, s, _ := strings.Cut(s, "#")
	region, id, ok := strings.Cut(s, "#")
	if !ok || strings.Contains(id, "#") {
		return claim.Group{}, false
	}
	return claim.Group{Account: account, Region: region, ID: id}, true
}

// Finish implements ensure.Ends. It writes nothing if DynamoDB has deleted the end.
func (t *Table) Finish(ctx context.Context, l claim.Launch) error {
	_, _, err := t.update(ctx, endKey(l), change{
		"REMOVE due, #shard", "attribute_exists(pk)", map[string]string{"#shard": "shard"}, nil,
	})
	if err != nil {
		return fmt.Errorf("finish %s: %w", endKey(l), err)
	}
	return nil
}

// maxTransaction is how many items a transaction may hold (DynamoDB, TransactWriteItems).
const maxTransaction = 100

// Progress implements ensure.Ends, with one transaction for each 100 groups and then one
// update of the end. It does not reopen an end that another function has finished.
func (t *Table) Progress(ctx context.Context, l claim.Launch, finished []claim.Group, at, again time.Time) error {
	for part := range slices.Chunk(finished, maxTransaction) {
		items := make([]types.TransactWriteItem, len(part))
		for i, g := range part {
			items[i].Update = &types.Update{
				TableName:                 &t.name,
				Key:                       launchGroupKey(l, g).item(),
				UpdateExpression:          aws.String("SET finished = :at"),
				ConditionExpression:       aws.String(present),
				ExpressionAttributeValues: item{":at": millis(at)},
			}
		}
		if err := t.transact(ctx, items...); err != nil {
			return fmt.Errorf("progress of %s: %w", endKey(l), err)
		}
	}
	_, _, err := t.update(ctx, endKey(l), change{
		"SET due = :again", "attribute_exists(due)", nil, item{":again": millis(again)},
	})
	if err != nil {
		return fmt.Errorf("progress of %s: %w", endKey(l), err)
	}
	return nil
}

// endTries is how often EndIn tries its two transactions. Both fail only if the launch's
// record of the group is written or deleted between them.
const endTries = 3

// EndIn implements ensure.Ends. The launch's record of the group shows whether it has requests
// there, and Claim writes that record in a transaction that checks the end. If there is no
// record, the end alone refuses later requests. Each transaction may be repeated.
func (t *Table) EndIn(ctx context.Context, l claim.Launch, g claim.Group, at time.Time) (err error) {
	for range endTries {
		err = t.transact(ctx,
			types.TransactWriteItem{ConditionCheck: t.check(launchGroupKey(l, g), present, nil)},
			types.TransactWriteItem{Update: t.setEnded(groupEndKey(l, g), at)},
			types.TransactWriteItem{Update: t.setEndedIn(endedKey(l, g), at)},
		)
		if !cancellation(err).failed(0) {
			break
		}
		err = t.transact(ctx,
			types.TransactWriteItem{ConditionCheck: t.check(launchGroupKey(l, g), absent, nil)},
			types.TransactWriteItem{Update: t.setEnded(groupEndKey(l, g), at)},
		)
		if err == nil {
			err = ensure.ErrNoRequest
		}
		if !cancellation(err).failed(0) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("end %s: %w", groupEndKey(l, g), err)
	}
	return nil
}

// setEnded writes the end, and keeps the time of an existing one.
func (t *Table) setEnded(k key, at time.Time) *types.Update {
	return &types.Update{
		TableName: &t.name,
		Key:       k.item(),
		UpdateExpression: aws.String("SET v = :v, #at = if_not_exists(#at, :at), " +
			"#ttl = if_not_exists(#ttl, :ttl)"),
		ExpressionAttributeNames:  map[string]string{"#at": "at", "#ttl": TTL},
		ExpressionAttributeValues: item{":v": number(version), ":at": millis(at), ":ttl": ttl(at)},
	}
}

// setEndedIn writes the end for the group's requests. It has no TTL until Archive has renamed
// the requests, because it marks them as ended.
func (t *Table) setEndedIn(k key, at time.Time) *types.Update {
	return &types.Update{
		TableName:                 &t.name,
		Key:                       k.item(),
		UpdateExpression:          aws.String("SET v = :v, #at = :at REMOVE #ttl"),
		ExpressionAttributeNames:  map[string]string{"#at": "at", "#ttl": TTL},
		ExpressionAttributeValues: item{":v": number(version), ":at": millis(at)},
	}
}

// Expire implements ensure.Ends. It writes nothing if the request is no longer live.
func (t *Table) Expire(ctx context.Context, r claim.Request, at time.Time) error {
	_, _, err := t.update(ctx, requestKey(r), change{
		"SET st = :expired, settled = :at, #ttl = :ttl",
		"st = :open",
		map[string]string{"#ttl": TTL},
		item{":open": text(string(claim.Open)), ":expired": text(string(claim.Expired)), ":at": millis(at),
			":ttl": ttl(at)},
	})
	if err != nil {
		return fmt.Errorf("expire %s: %w", requestKey(r), err)
	}
	return nil
}
