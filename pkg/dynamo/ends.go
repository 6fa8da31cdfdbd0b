package dynamo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// unfinished is how long after its end a launch's groups are taken to be served
// by the function that ended it.
const unfinished = 2 * time.Minute

// ttl is when DynamoDB may delete what ended at the given time.
func ttl(at time.Time) types.AttributeValue { return number(at.Add(claim.Kept).Unix()) }

// End implements ensure.Ends: the end first, then the groups that the launch
// asked anything of. Whoever asks after the end is refused, and whoever asked
// before is among the groups.
func (t *Table) End(ctx context.Context, l events.Launch, at time.Time) ([]claim.Group, error) {
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
	err = t.query(ctx, launchPK(l), "G#", func(it item) error {
		part := strings.Split(keyOf(it).sk, "#")
		if len(part) != 4 {
			return fmt.Errorf("item %s: want the key of a group", keyOf(it))
		}
		groups = append(groups, claim.Group{Account: part[1], Region: part[2], ID: part[3]})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("groups of %s: %w", launchPK(l), err)
	}
	return groups, nil
}

// Finish implements ensure.Ends. Nothing is left of an end that the table has
// forgotten meanwhile.
func (t *Table) Finish(ctx context.Context, l events.Launch) error {
	_, _, err := t.update(ctx, endKey(l), change{
		"REMOVE due, #shard", "attribute_exists(pk)", map[string]string{"#shard": "shard"}, nil,
	})
	if err != nil {
		return fmt.Errorf("finish %s: %w", endKey(l), err)
	}
	return nil
}

// EndIn implements ensure.Ends: one transaction without a condition, so that
// it may be repeated.
func (t *Table) EndIn(ctx context.Context, l events.Launch, g claim.Group, at time.Time) error {
	err := t.transact(ctx,
		types.TransactWriteItem{Update: t.setEnded(groupEndKey(l, g), at)},
		types.TransactWriteItem{Update: t.setEndedIn(endedKey(l, g), at)},
	)
	if err != nil {
		return fmt.Errorf("end %s: %w", groupEndKey(l, g), err)
	}
	return nil
}

// setEnded writes the end if it is not there, and else leaves its time.
func (t *Table) setEnded(k key, at time.Time) *types.Update {
	return &types.Update{
		TableName:                 &t.name,
		Key:                       k.item(),
		UpdateExpression:          aws.String("SET v = :v, #at = if_not_exists(#at, :at), #ttl = if_not_exists(#ttl, :ttl)"),
		ExpressionAttributeNames:  map[string]string{"#at": "at", "#ttl": TTL},
		ExpressionAttributeValues: item{":v": number(version), ":at": millis(at), ":ttl": ttl(at)},
	}
}

// setEndedIn writes the end for the group's requests, without a ttl: it tells of
// their end until Archive has renamed them.
func (t *Table) setEndedIn(k key, at time.Time) *types.Update {
	return &types.Update{
		TableName:                 &t.name,
		Key:                       k.item(),
		UpdateExpression:          aws.String("SET v = :v, #at = :at REMOVE #ttl"),
		ExpressionAttributeNames:  map[string]string{"#at": "at", "#ttl": TTL},
		ExpressionAttributeValues: item{":v": number(version), ":at": millis(at)},
	}
}

// Expire implements ensure.Ends. Nothing is left of a request that is settled.
func (t *Table) Expire(ctx context.Context, r claim.Request, at time.Time) error {
	_, _, err := t.update(ctx, requestKey(r), change{
		"SET st = :expired, settled = :at, #ttl = :ttl",
		"st = :open",
		map[string]string{"#ttl": TTL},
		item{":open": text(string(claim.Open)), ":expired": text(string(claim.Expired)), ":at": millis(at), ":ttl": ttl(at)},
	})
	if err != nil {
		return fmt.Errorf("expire %s: %w", requestKey(r), err)
	}
	return nil
}
