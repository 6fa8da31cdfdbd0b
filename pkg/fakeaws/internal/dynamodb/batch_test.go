package dynamodb_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestBatchWriteAndGet(t *testing.T) {
	b := newBench(t)
	b.put(key("a", "0"))
	out, err := b.client.BatchWriteItem(t.Context(), &sdk.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{tableName: {
			{PutRequest: &types.PutRequest{Item: item("pk", "a", "sk", "1", "n", 1)}},
			{PutRequest: &types.PutRequest{Item: item("pk", "a", "sk", "2", "n", 2)}},
			{DeleteRequest: &types.DeleteRequest{Key: key("a", "0")}},
		}},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	b.must(err)
	if len(out.UnprocessedItems) != 0 || *out.ConsumedCapacity[0].CapacityUnits != 3 {
		t.Errorf("BatchWriteItem = %v, want all done for 3 units", out)
	}
	got, err := b.client.BatchGetItem(t.Context(), &sdk.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{tableName: {
			Keys:                 []map[string]types.AttributeValue{key("a", "0"), key("a", "1"), key("a", "2")},
			ProjectionExpression: aws.String("n"),
			ConsistentRead:       aws.Bool(true),
		}},
	})
	b.must(err)
	want := []map[string]types.AttributeValue{item("n", 1), item("n", 2)} // absent items are left out
	if d := diff(want, got.Responses[tableName]); d != "" {
		t.Errorf("BatchGetItem (-want +got):\n%s", d)
	}
}

// many returns n JSON values, made by a format with a number.
func many(n int, format string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(list, ",")
}

func TestBatchRefuses(t *testing.T) {
	b := newBench(t)
	one := `{"pk":{"S":"a"},"sk":{"S":"1"}}`
	put, del := `{"PutRequest":{"Item":`+one+`}}`, `{"DeleteRequest":{"Key":`+one+`}}`
	for _, test := range []struct{ op, items, want string }{
		{"BatchGetItem", `{}`, "at 'requestItems'"},
		{"BatchGetItem", `{"sgkeeper":{"Keys":[]}}`, "at 'requestItems.sgkeeper.member.keys'"},
		{"BatchGetItem", `{"sgkeeper":{"Keys":[` + one + `,` + one + `]}}`,
			"Provided list of item keys contains duplicates"},
		{"BatchGetItem", `{"sgkeeper":{"Keys":[` + many(101, `{"pk":{"S":"%d"},"sk":{"S":"1"}}`) + `]}}`,
			"Too many items requested for the BatchGetItem call"},
		{"BatchGetItem", `{"sgkeeper":{"Keys":[{"pk":{"S":"a"}}]}}`,
			"The provided key element does not match the schema"},
		{"BatchGetItem", `{"nope":{"Keys":[` + one + `]}}`, "ResourceNotFoundException"},
		{"BatchWriteItem", `{}`, "at 'requestItems'"},
		{"BatchWriteItem", `{"sgkeeper":[]}`, "The batch write request list for a table cannot be null or empty"},
		{"BatchWriteItem", `{"sgkeeper":[{}]}`, "ValidationException"},
		{"BatchWriteItem", `{"sgkeeper":[` + put + `,` + del + `]}`, "Provided list of item keys contains duplicates"},
		{"BatchWriteItem", `{"sgkeeper":[` + many(26, `{"PutRequest":{"Item":{"pk":{"S":"%d"},"sk":{"S":"1"}}}}`) +
			`]}`, "Too many items requested for the BatchWriteItem call"},
		{"BatchWriteItem", `{"nope":[` + put + `]}`, "ResourceNotFoundException"},
		{"BatchWriteItem", `{"sgkeeper":[` + put + `,{"PutRequest":{"Item":{"pk":{"S":"b"}}}}]}`,
			"Missing the key sk in the item"},
	} {
		b.refuses(test.op, `{"RequestItems":`+test.items+`}`, test.want)
	}
	if got := b.get("a", "1"); got != nil {
		t.Errorf("a refused batch wrote %v", got)
	}
}
