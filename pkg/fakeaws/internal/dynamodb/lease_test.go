package dynamodb_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// These are the conditional writes of the project's protocol.

// update runs an update of the group's HEAD.
func (b *bench) update(text, condition string,
	values map[string]types.AttributeValue) (map[string]types.AttributeValue, error) {
	in := &sdk.UpdateItemInput{
		TableName:                           aws.String(tableName),
		Key:                                 key("SG#1", "HEAD"),
		UpdateExpression:                    aws.String(text),
		ExpressionAttributeValues:           values,
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if condition != "" {
		in.ConditionExpression = aws.String(condition)
	}
	out, err := b.client.UpdateItem(b.Context(), in)
	if err != nil {
		return nil, err
	}
	return out.Attributes, nil
}

func (b *bench) ring(me string) (map[string]types.AttributeValue, error) {
	return b.update("SET own = if_not_exists(own, :me), exp = if_not_exists(exp, :exp), due = :zero ADD want :one", "",
		item(":me", me, ":exp", 900, ":zero", 0, ":one", 1))
}

func (b *bench) release(me string, seen int) error {
	_, err := b.update("REMOVE own, exp SET applied = :seen", "own = :me AND want = :seen",
		item(":me", me, ":seen", seen))
	return err
}

func head(pairs ...any) map[string]types.AttributeValue {
	return item(append([]any{"pk", "SG#1", "sk", "HEAD"}, pairs...)...)
}

func TestLeaseRingAndRelease(t *testing.T) {
	b := newBench(t)
	got, err := b.ring("a1")
	b.must(err)
	if d := diff(head("own", "a1", "exp", 900, "due", 0, "want", 1), got); d != "" {
		t.Errorf("first ring (-want +got):\n%s", d)
	}
	got, err = b.ring("b2")
	b.must(err)
	if d := diff(head("own", "a1", "exp", 900, "due", 0, "want", 2), got); d != "" {
		t.Errorf("second ring (-want +got):\n%s", d)
	}

	err = b.release("a1", 1) // another function rang meanwhile
	failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err)
	if !ok {
		t.Fatalf("release of ticket 1 = %v, want a ConditionalCheckFailedException", err)
	}
	if d := diff(head("own", "a1", "exp", 900, "due", 0, "want", 2), failed.Item); d != "" {
		t.Errorf("the error's Item (-want +got):\n%s", d)
	}
	b.must(b.release("a1", 2))
	if d := diff(head("due", 0, "want", 2, "applied", 2), b.get("SG#1", "HEAD")); d != "" {
		t.Errorf("released (-want +got):\n%s", d)
	}
	wantCode(t, b.release("a1", 2), "ConditionalCheckFailedException") // the retry after a lost reply
}

func TestLeaseTakeOver(t *testing.T) {
	b := newBench(t)
	b.put(head("own", "a1", "exp", 900, "want", 3, "cond", []string{"sgr-1"}))
	takeOver := func(me string) error {
		_, err := b.update("SET own = :me, exp = :until", "own = :seen AND exp = :seenExp",
			item(":me", me, ":until", 1800, ":seen", "a1", ":seenExp", 900))
		return err
	}
	b.must(takeOver("b2"))
	wantCode(t, takeOver("c3"), "ConditionalCheckFailedException")
	if d := diff(head("own", "b2", "exp", 1800, "want", 3, "cond", []string{"sgr-1"}), b.get("SG#1", "HEAD")); d != "" {
		t.Errorf("taken over (-want +got):\n%s", d)
	}
}

func TestLeaseRecord(t *testing.T) {
	b := newBench(t)
	b.put(head("own", "a1", "want", 1))
	record := func(me string, ids ...string) error {
		_, err := b.update("ADD cond :ids", "own = :me", item(":ids", ids, ":me", me))
		return err
	}
	b.must(record("a1", "sgr-2"))
	b.must(record("a1", "sgr-1", "sgr-2"))
	wantCode(t, record("b2", "sgr-3"), "ConditionalCheckFailedException")
	if d := diff(head("own", "a1", "want", 1, "cond", []string{"sgr-1", "sgr-2"}), b.get("SG#1", "HEAD")); d != "" {
		t.Errorf("pending (-want +got):\n%s", d)
	}
	_, err := b.update("REMOVE own, exp, cond SET applied = :seen, due = :next", "own = :me AND want = :seen",
		item(":me", "a1", ":seen", 1, ":next", 777))
	b.must(err)
	if d := diff(head("want", 1, "applied", 1, "due", 777), b.get("SG#1", "HEAD")); d != "" {
		t.Errorf("released (-want +got):\n%s", d)
	}
}

// A request expires only by a conditional write. An extension makes the condition fail.
func TestLeaseExpire(t *testing.T) {
	b := newBench(t)
	expire := func(now int) error {
		_, err := b.client.UpdateItem(t.Context(), &sdk.UpdateItemInput{
			TableName:                 aws.String(tableName),
			Key:                       key("SG#1", "R#l#1"),
			UpdateExpression:          aws.String("SET st = :X"),
			ConditionExpression:       aws.String("st = :O AND expiresAt < :limit"),
			ExpressionAttributeValues: item(":X", "X", ":O", "O", ":limit", now-60_000),
		})
		return err
	}
	b.put(item("pk", "SG#1", "sk", "R#l#1", "st", "O", "expiresAt", 1_000_000))
	wantCode(t, expire(1_060_000), "ConditionalCheckFailedException")
	b.must(expire(1_060_001))
	wantCode(t, expire(1_060_001), "ConditionalCheckFailedException")
}

// Many rings at once give one owner, and count every ticket once.
func TestLeaseConcurrentRings(t *testing.T) {
	b := newBench(t)
	const actors = 16
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		tickets = make(map[string]bool)
		owners  = make(map[string]bool)
	)
	for i := range actors {
		wg.Go(func() {
			got, err := b.ring(fmt.Sprint("actor-", i))
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			tickets[got["want"].(*types.AttributeValueMemberN).Value] = true
			owners[got["own"].(*types.AttributeValueMemberS).Value] = true
		})
	}
	wg.Wait()
	if len(tickets) != actors || len(owners) != 1 {
		t.Errorf("%d rings gave %d tickets and %d owners, want %d and 1", actors, len(tickets), len(owners), actors)
	}
}
