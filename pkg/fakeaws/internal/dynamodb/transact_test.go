package dynamodb_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// claim returns the transaction of a request. It checks that the launch has no END and that
// the request is absent. It also writes the launch's record of the group.
func claim() []types.TransactWriteItem {
	allOld := types.ReturnValuesOnConditionCheckFailureAllOld
	return []types.TransactWriteItem{
		{ConditionCheck: &types.ConditionCheck{
			TableName: aws.String(tableName), Key: key("L#1", "END"),
			ConditionExpression:                 aws.String("attribute_not_exists(pk)"),
			ReturnValuesOnConditionCheckFailure: allOld,
		}},
		{Put: &types.Put{
			TableName: aws.String(tableName), Item: item("pk", "SG#1", "sk", "R#1", "st", "O"),
			ConditionExpression:                 aws.String("attribute_not_exists(pk)"),
			ReturnValuesOnConditionCheckFailure: allOld,
		}},
		{Update: &types.Update{
			TableName: aws.String(tableName), Key: key("L#1", "SG#1"),
			UpdateExpression:          aws.String("ADD n :1"),
			ExpressionAttributeValues: item(":1", 1),
		}},
	}
}

func (b *bench) transact(items []types.TransactWriteItem) error {
	_, err := b.client.TransactWriteItems(b.Context(), &sdk.TransactWriteItemsInput{TransactItems: items})
	return err
}

func TestTransactWriteItems(t *testing.T) {
	b := newBench(t)
	b.must(b.transact(claim()))
	if d := diff(item("pk", "SG#1", "sk", "R#1", "st", "O"), b.get("SG#1", "R#1")); d != "" {
		t.Errorf("the request (-want +got):\n%s", d)
	}

	b.put(item("pk", "L#1", "sk", "END", "at", 7))
	err := b.transact(claim())
	canceled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok {
		t.Fatalf("TransactWriteItems = %v, want a TransactionCanceledException", err)
	}
	failed, message := aws.String("ConditionalCheckFailed"), aws.String("The conditional request failed")
	want := []types.CancellationReason{
		{Code: failed, Message: message, Item: item("pk", "L#1", "sk", "END", "at", 7)},
		{Code: failed, Message: message, Item: item("pk", "SG#1", "sk", "R#1", "st", "O")},
		{Code: aws.String("None")},
	}
	if d := diff(want, canceled.CancellationReasons); d != "" {
		t.Errorf("CancellationReasons (-want +got):\n%s", d)
	}
	if want := "Transaction cancelled, please refer cancellation reasons for specific reasons " +
		"[ConditionalCheckFailed, ConditionalCheckFailed, None]"; canceled.ErrorMessage() != want {
		t.Errorf("message = %s, want %s", canceled.ErrorMessage(), want)
	}
	if d := diff(item("pk", "L#1", "sk", "SG#1", "n", 1), b.get("L#1", "SG#1")); d != "" {
		t.Errorf("the launch's record after a canceled transaction (-want +got):\n%s", d)
	}
}

// A mistake that only the existing item reveals cancels the transaction with a reason, like a
// failed condition.
func TestTransactWriteItemsValidationError(t *testing.T) {
	b := newBench(t)
	err := b.transact([]types.TransactWriteItem{
		{Delete: &types.Delete{TableName: aws.String(tableName), Key: key("a", "1")}},
		{Update: &types.Update{TableName: aws.String(tableName), Key: key("a", "2"),
			UpdateExpression: aws.String("SET n = zz")}},
	})
	canceled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok {
		t.Fatalf("TransactWriteItems = %v, want a TransactionCanceledException", err)
	}
	want := []types.CancellationReason{{Code: aws.String("None")}, {
		Code:    aws.String("ValidationError"),
		Message: aws.String("The provided expression refers to an attribute that does not exist in the item"),
	}}
	if d := diff(want, canceled.CancellationReasons); d != "" {
		t.Errorf("CancellationReasons (-want +got):\n%s", d)
	}
}

func TestTransactRefuses(t *testing.T) {
	b := newBench(t)
	at := `"TableName":"sgkeeper","Key":{"pk":{"S":"a"},"sk":{"S":"1"}}`
	del := `{"Delete":{` + at + `}}`
	check := `{"ConditionCheck":{` + at + `,"ConditionExpression":"attribute_exists(pk)"}}`
	for _, test := range []struct{ op, items, want string }{
		{"TransactWriteItems", ``, "at 'transactItems'"},
		{"TransactWriteItems", `{}`, "TransactItems can only contain one of Check, Put, Update or Delete"},
		{"TransactWriteItems", `{"Delete":{` + at + `},"Update":{` + at + `}}`,
			"TransactItems can only contain one of Check, Put, Update or Delete"},
		{"TransactWriteItems", del + `,` + check, "Transaction request cannot include multiple operations on one item"},
		{"TransactWriteItems", `{"ConditionCheck":{` + at + `}}`, "conditionCheck.conditionExpression"},
		{"TransactWriteItems", `{"Update":{` + at + `}}`, "update.updateExpression"},
		{"TransactWriteItems", many(101, `{"Delete":{"TableName":"sgkeeper","Key":{"pk":{"S":"%d"},"sk":{"S":"1"}}}}`),
			"length less than or equal to 100"},
		{"TransactGetItems", ``, "at 'transactItems'"},
		{"TransactGetItems", `{}`, "member.get"},
		{"TransactGetItems", `{"Get":{` + at + `}},{"Get":{` + at + `}}`,
			"Transaction request cannot include multiple operations on one item"},
	} {
		b.refuses(test.op, `{"TransactItems":[`+test.items+`]}`, "ValidationException: ")
		b.refuses(test.op, `{"TransactItems":[`+test.items+`]}`, test.want)
	}
	b.refuses("TransactWriteItems", `{"TransactItems":[`+del+
		`],"ClientRequestToken":"0123456789012345678901234567890123456"}`, "at 'clientRequestToken'")
}

func TestTransactWriteItemsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		write := func(n int) (*sdk.TransactWriteItemsOutput, error) {
			return b.client.TransactWriteItems(t.Context(), &sdk.TransactWriteItemsInput{
				ClientRequestToken:     aws.String("token"),
				ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
				TransactItems: []types.TransactWriteItem{{Update: &types.Update{
					TableName: aws.String(tableName), Key: key("a", "1"), UpdateExpression: aws.String("ADD n :n"),
					ExpressionAttributeValues: item(":n", n),
				}}},
			})
		}
		out, err := write(1)
		b.must(err)
		if c := out.ConsumedCapacity[0]; *c.WriteCapacityUnits != 2 || c.ReadCapacityUnits != nil {
			t.Errorf("the first costs %v, want 2 write units", c)
		}
		time.Sleep(10*time.Minute - time.Second)
		out, err = write(1)
		b.must(err)
		if c := out.ConsumedCapacity[0]; *c.ReadCapacityUnits != 2 || c.WriteCapacityUnits != nil {
			t.Errorf("the repeat costs %v, want 2 read units", c)
		}
		if d := diff(item("pk", "a", "sk", "1", "n", 1), b.get("a", "1")); d != "" {
			t.Errorf("after the repeat (-want +got):\n%s", d)
		}
		_, err = write(2)
		if _, ok := errors.AsType[*types.IdempotentParameterMismatchException](err); !ok {
			t.Errorf("another write under the token = %v, want an IdempotentParameterMismatchException", err)
		}
		time.Sleep(time.Second)
		_, err = write(2)
		b.must(err)
		if d := diff(item("pk", "a", "sk", "1", "n", 3), b.get("a", "1")); d != "" {
			t.Errorf("after ten minutes (-want +got):\n%s", d)
		}
	})
}

// A canceled transaction can run again with its token.
func TestTransactWriteItemsTokenAfterCancel(t *testing.T) {
	b := newBench(t)
	b.put(key("L#1", "END"))
	in := &sdk.TransactWriteItemsInput{ClientRequestToken: aws.String("token"), TransactItems: claim()}
	_, err := b.client.TransactWriteItems(t.Context(), in)
	wantCode(t, err, "TransactionCanceledException")
	_, err = b.client.DeleteItem(t.Context(), &sdk.DeleteItemInput{TableName: aws.String(tableName),
		Key: key("L#1", "END")})
	b.must(err)
	_, err = b.client.TransactWriteItems(t.Context(), in)
	b.must(err)
}

// Of many transactions that write one item if it is absent, exactly one succeeds.
func TestTransactWriteItemsConcurrently(t *testing.T) {
	b := newBench(t)
	var (
		wg   sync.WaitGroup
		done atomic.Int32
	)
	for range 16 {
		wg.Go(func() {
			err := b.transact(claim())
			if err == nil {
				done.Add(1)
				return
			}
			wantCode(t, err, "TransactionCanceledException")
		})
	}
	wg.Wait()
	if done.Load() != 1 {
		t.Errorf("%d transactions were done, want 1", done.Load())
	}
	if d := diff(item("pk", "L#1", "sk", "SG#1", "n", 1), b.get("L#1", "SG#1")); d != "" {
		t.Errorf("the launch's record (-want +got):\n%s", d)
	}
}

func TestTransactGetItems(t *testing.T) {
	b := newBench(t)
	b.put(item("pk", "a", "sk", "1", "n", 5))
	out, err := b.client.TransactGetItems(t.Context(), &sdk.TransactGetItemsInput{
		TransactItems: []types.TransactGetItem{
			{Get: &types.Get{TableName: aws.String(tableName), Key: key("a", "1"),
				ProjectionExpression: aws.String("n")}},
			{Get: &types.Get{TableName: aws.String(tableName), Key: key("a", "2")}},
		},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	b.must(err)
	if d := diff([]types.ItemResponse{{Item: item("n", 5)}, {}}, out.Responses); d != "" {
		t.Errorf("TransactGetItems (-want +got):\n%s", d)
	}
	if got := *out.ConsumedCapacity[0].CapacityUnits; got != 4 {
		t.Errorf("TransactGetItems costs %v units, want 4", got)
	}
}

// TestTransactionMegabytes puts items of valid size into a transaction that is too large. None
// is written.
func TestTransactionMegabytes(t *testing.T) {
	b := newBench(t)
	const large = 390 << 10
	var puts []types.TransactWriteItem
	var gets []types.TransactGetItem
	for n := range 11 {
		sk := fmt.Sprint(n)
		puts = append(puts, types.TransactWriteItem{Put: &types.Put{
			TableName: aws.String(tableName), Item: item("pk", "a", "sk", sk, "x", strings.Repeat("x", large)),
		}})
		gets = append(gets, types.TransactGetItem{Get: &types.Get{TableName: aws.String(tableName), Key: key("a", sk)}})
	}
	wantCode(t, b.transact(puts), "ValidationException")
	if got := b.get("a", "0"); got != nil {
		t.Error("an item of a transaction over 4 MB was written")
	}
	b.must(b.transact(puts[:10]))
	b.must(b.transact(puts[10:]))
	_, err := b.client.TransactGetItems(b.Context(), &sdk.TransactGetItemsInput{TransactItems: gets})
	wantCode(t, err, "ValidationException")
	_, err = b.client.TransactGetItems(b.Context(), &sdk.TransactGetItemsInput{TransactItems: gets[:10]})
	b.must(err)
}

// TestTransactionItemTooLarge checks that a transaction refuses an update past 400 KB.
func TestTransactionItemTooLarge(t *testing.T) {
	b := newBench(t)
	err := b.transact([]types.TransactWriteItem{{Update: &types.Update{
		TableName: aws.String(tableName), Key: key("a", "1"), UpdateExpression: aws.String("SET x = :x"),
		ExpressionAttributeValues: item(":x", strings.Repeat("x", 400<<10)),
	}}})
	canceled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok || *canceled.CancellationReasons[0].Code != "ValidationError" {
		t.Errorf("an item over 400 KB: %v, want the transaction canceled with a ValidationError", err)
	}
}
