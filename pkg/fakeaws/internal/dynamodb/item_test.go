package dynamodb_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestPutGetDelete(t *testing.T) {
	b := newBench(t)
	want := item("pk", "a", "sk", "1", "n", 5, "ok", true, "tags", []string{"x", "y"})
	b.put(want)
	if d := diff(want, b.get("a", "1")); d != "" {
		t.Errorf("GetItem (-want +got):\n%s", d)
	}
	out, err := b.client.PutItem(t.Context(), &sdk.PutItemInput{
		TableName: aws.String(tableName), Item: key("a", "1"), ReturnValues: types.ReturnValueAllOld,
	})
	b.must(err)
	if d := diff(want, out.Attributes); d != "" {
		t.Errorf("PutItem's old item (-want +got):\n%s", d)
	}
	deleted, err := b.client.DeleteItem(t.Context(), &sdk.DeleteItemInput{
		TableName: aws.String(tableName), Key: key("a", "1"), ReturnValues: types.ReturnValueAllOld,
	})
	b.must(err)
	if d := diff(key("a", "1"), deleted.Attributes); d != "" {
		t.Errorf("DeleteItem's old item (-want +got):\n%s", d)
	}
	if got := b.get("a", "1"); got != nil {
		t.Errorf("GetItem after DeleteItem = %v, want none", got)
	}
}

func TestGetItemProjection(t *testing.T) {
	b := newBench(t)
	b.put(item("pk", "a", "sk", "1", "name", "x", "n", 5))
	out, err := b.client.GetItem(t.Context(), &sdk.GetItemInput{
		TableName:                aws.String(tableName),
		Key:                      key("a", "1"),
		ProjectionExpression:     aws.String("#name, zz"),
		ExpressionAttributeNames: map[string]string{"#name": "name"},
	})
	b.must(err)
	if d := diff(item("name", "x"), out.Item); d != "" {
		t.Errorf("GetItem (-want +got):\n%s", d)
	}
	b.want("GetItem", `{"TableName":"sgkeeper","Key":{"pk":{"S":"a"},"sk":{"S":"1"}},"ProjectionExpression":"zz"}`,
		`{"Item":{}}`)
	b.want("GetItem", `{"TableName":"sgkeeper","Key":{"pk":{"S":"b"},"sk":{"S":"1"}},"ProjectionExpression":"zz"}`,
		`{}`)
	b.want("GetItem",
		`{"TableName":"arn:aws:dynamodb:eu-west-1:111122223333:table/sgkeeper","Key":{"pk":{"S":"b"},"sk":{"S":"1"}}}`, `{}`)
}

func TestPutItemConditionFailed(t *testing.T) {
	b := newBench(t)
	old := item("pk", "a", "sk", "1", "own", "b2")
	b.put(old)
	in := &sdk.PutItemInput{
		TableName:                           aws.String(tableName),
		Item:                                key("a", "1"),
		ConditionExpression:                 aws.String("attribute_not_exists(pk)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	_, err := b.client.PutItem(t.Context(), in)
	failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err)
	if !ok {
		t.Fatalf("PutItem = %v, want a ConditionalCheckFailedException", err)
	}
	if d := diff(old, failed.Item); d != "" {
		t.Errorf("the error's Item (-want +got):\n%s", d)
	}

	in.ReturnValuesOnConditionCheckFailure = ""
	_, err = b.client.PutItem(t.Context(), in)
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); !ok || failed.Item != nil {
		t.Errorf("PutItem = %v, want a ConditionalCheckFailedException without Item", err)
	}
	if d := diff(old, b.get("a", "1")); d != "" {
		t.Errorf("the item after both (-want +got):\n%s", d)
	}
}

// An absent item has no old values, even if the request requests them.
func TestConditionFailedWithoutItem(t *testing.T) {
	b := newBench(t)
	_, err := b.client.DeleteItem(t.Context(), &sdk.DeleteItemInput{
		TableName:                           aws.String(tableName),
		Key:                                 key("a", "1"),
		ConditionExpression:                 aws.String("attribute_exists(pk)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); !ok || failed.Item != nil {
		t.Errorf("DeleteItem = %v, want a ConditionalCheckFailedException without Item", err)
	}
}

func TestPutItemRefuses(t *testing.T) {
	b := newBench(t)
	for _, test := range []struct{ item, want string }{
		{`{"pk":{"S":"a"}}`, "Missing the key sk in the item"},
		{`{"pk":{"S":"a"},"sk":{"N":"1"}}`, "Type mismatch for key sk expected: S actual: N"},
		{`{"pk":{"S":""},"sk":{"S":"1"}}`, "cannot contain an empty string value. Key: pk"},
		{`{"pk":{"S":"a"},"sk":{"S":"1"},"due":{"S":"x"}}`,
			"Type mismatch for Index Key due Expected: N Actual: S IndexName: due"},
		{`{"pk":{"S":"a"},"sk":{"S":"1"},"shard":{"S":""}}`, "IndexName: due, IndexKey: shard"},
		{`{"pk":{"S":"a"},"sk":{"S":"1"},"x":{"SS":[]}}`, "may not be empty"},
		{`{"pk":{"S":"a"},"sk":{"S":"1"},"x":{"NS":["1","1.0"]}}`, "contains duplicates"},
		{`{"pk":{"S":"a"},"sk":{"S":"1"},"x":{"N":"1e126"}}`, "Number overflow"},
		{`{"pk":{"S":"a"},"sk":{"S":"1"},"":{"N":"1"}}`, "Empty attribute name"},
		{`{"pk":{"S":"a"},"sk":{"S":"` + strings.Repeat("x", 1025) + `"}}`,
			"has exceeded the size limit of 1024 bytes"},
		{`{"pk":{"S":"` + strings.Repeat("x", 2049) + `"},"sk":{"S":"1"}}`,
			"has exceeded the maximum size limit of 2048 bytes"},
		{`{"pk":{"S":"a"},"sk":{"S":"1"},"x":{"S":"` + strings.Repeat("x", 400<<10-6) + `"}}`,
			"Item size has exceeded the maximum allowed size"},
	} {
		b.refuses("PutItem", `{"TableName":"sgkeeper","Item":`+test.item+`}`, "ValidationException: ")
		b.refuses("PutItem", `{"TableName":"sgkeeper","Item":`+test.item+`}`, test.want)
	}
	// Names count: pk, a, sk, 1 and x are 7 bytes. So one byte less fits.
	b.want("PutItem", `{"TableName":"sgkeeper","Item":{"pk":{"S":"a"},"sk":{"S":"1"},"x":{"S":"`+
		strings.Repeat("x", 400<<10-7)+`"}}}`, `{}`)
}

func TestKeyRefused(t *testing.T) {
	b := newBench(t)
	for _, key := range []string{
		`{}`,
		`{"pk":{"S":"a"}}`,
		`{"pk":{"S":"a"},"sk":{"N":"1"}}`,
		`{"pk":{"S":"a"},"sk":{"S":"1"},"z":{"S":"1"}}`,
	} {
		for _, op := range []string{"GetItem", "DeleteItem", "UpdateItem"} {
			b.refuses(op, `{"TableName":"sgkeeper","Key":`+key+`}`,
				"ValidationException: The provided key element does not match the schema")
		}
	}
	b.refuses("GetItem", `{"TableName":"sgkeeper","Key":{"pk":{"S":""},"sk":{"S":"1"}}}`,
		"cannot contain an empty string value. Key: pk")
}

func TestUnknownTable(t *testing.T) {
	b := newBench(t)
	_, err := b.client.GetItem(t.Context(), &sdk.GetItemInput{TableName: aws.String("nope"), Key: key("a", "1")})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("GetItem = %v, want a ResourceNotFoundException", err)
	}
}

// A member that is not implemented is refused by name, at any depth.
func TestUnknownParameter(t *testing.T) {
	b := newBench(t)
	for _, test := range []struct{ op, input, name string }{
		{"PutItem", `{"TableName":"sgkeeper","Item":{},"Expected":{}}`, "Expected"},
		{"UpdateItem", `{"TableName":"sgkeeper","Key":{},"AttributeUpdates":{}}`, "AttributeUpdates"},
		{"Query", `{"TableName":"sgkeeper","KeyConditions":{}}`, "KeyConditions"},
		{"Scan", `{"TableName":"sgkeeper","ScanFilter":{}}`, "ScanFilter"},
		{"GetItem", `{"TableName":"sgkeeper","Key":{},"AttributesToGet":["a"]}`, "AttributesToGet"},
		{"GetItem", `{"tablename":"sgkeeper"}`, "tablename"}, // names are case-sensitive
		{"CreateTable", `{"TableName":"sgkeeper","StreamSpecification":{}}`, "StreamSpecification"},
		{"TransactWriteItems", `{"TransactItems":[{"Put":{"ReturnValues":"ALL_OLD"}}]}`,
			"TransactItems.0.Put.ReturnValues"},
	} {
		b.refuses(test.op, test.input, "ValidationException: The embedded account does not support the parameter "+
			test.name)
	}
	b.refuses("RestoreTableToPointInTime", `{}`, "UnknownOperationException")
	b.refuses("GetItem", `{"TableName":5}`, "SerializationException: NUMBER_VALUE cannot be converted to string")
	b.refuses("GetItem", `{`, "SerializationException")
}

// Keys are scalars, so no path leads into one.
func TestPathIntoKey(t *testing.T) {
	b := newBench(t)
	want := "ValidationException: Key attributes must be scalars; list random access '[]' and map lookup " +
		"'.' are not allowed: "
	b.refuses("UpdateItem", updateA1+`"UpdateExpression":"REMOVE due.a"}`, want+"IndexKey: due")
	b.refuses("UpdateItem", updateA1+`"ConditionExpression":"attribute_exists(pk.a)"}`, want+"Key: pk")
	b.refuses("GetItem", updateA1+`"ProjectionExpression":"sk[0]"}`, want+"Key: sk")
	b.refuses("Scan", `{"TableName":"sgkeeper","FilterExpression":"attribute_exists(due.a)"}`, want+"IndexKey: due")
	b.refuses("DeleteItem", updateA1+`"ConditionExpression":"attribute_exists(pk.a)"}`, want+"Key: pk")
}

func TestPlaceholdersRefused(t *testing.T) {
	b := newBench(t)
	put := `{"TableName":"sgkeeper","Item":{"pk":{"S":"a"},"sk":{"S":"1"}},`
	for _, test := range []struct{ rest, want string }{
		{`"ExpressionAttributeValues":{":a":{"S":"x"}}}`,
			"ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"},
		{`"ExpressionAttributeNames":{"#a":"x"}}`,
			"ExpressionAttributeNames can only be specified when using expressions"},
		{`"ConditionExpression":"attribute_exists(pk)","ExpressionAttributeNames":{}}`,
			"ExpressionAttributeNames must not be empty"},
		{`"ConditionExpression":"attribute_exists(pk)","ExpressionAttributeValues":{}}`,
			"ExpressionAttributeValues must not be empty"},
		{`"ConditionExpression":"#x = :a","ExpressionAttributeNames":{"#x":""},"ExpressionAttributeValues":{":a":{"S":"x"}}}`, "Empty attribute name for key #x"},
		{`"ConditionExpression":"n = :a","ExpressionAttributeNames":{"x":"n"},"ExpressionAttributeValues":{":a":{"S":"x"}}}`, `ExpressionAttributeNames contains invalid key: Syntax error; key: "x"`},
		{`"ConditionExpression":"n = :a","ExpressionAttributeValues":{":a":{"S":"x"},"b":{"S":"x"}}}`,
			`ExpressionAttributeValues contains invalid key: Syntax error; key: "b"`},
		{`"ConditionExpression":"n = :a","ExpressionAttributeValues":{":a":{}}}`,
			"must contain exactly one of the supported datatypes for key :a"},
		{`"ConditionExpression":"n = :a","ExpressionAttributeValues":{":a":{"S":"x"},":b":{"S":"x"}}}`,
			"Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}"},
		{`"ConditionExpression":"attribute_exists(n)","ExpressionAttributeNames":{"#b":"x"}}`,
			"Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"},
		{`"ReturnValues":"ALL_NEW"}`, "Return values set to invalid value"},
		{`"ReturnValues":"FOO"}`, "Value 'FOO' at 'returnValues' failed to satisfy constraint"},
		{`"ReturnConsumedCapacity":"FOO"}`, "Value 'FOO' at 'returnConsumedCapacity' failed to satisfy constraint"},
		{`"ConditionExpression":"attribute_exists(pk)","ReturnValuesOnConditionCheckFailure":"FOO"}`,
			"Value 'FOO' at 'returnValuesOnConditionCheckFailure' failed to satisfy constraint"},
	} {
		b.refuses("PutItem", put+test.rest, "ValidationException: ")
		b.refuses("PutItem", put+test.rest, test.want)
	}
}

// TestItemSizeInUTF8 checks that names and values count by their UTF-8 bytes. An update counts
// the item that results.
func TestItemSizeInUTF8(t *testing.T) {
	b := newBench(t)
	const room = 400<<10 - len("pkask1") - len("\u00fc") // without the key and the value's name
	put := func(size int) string {
		return `{"TableName":"sgkeeper","Item":{"pk":{"S":"a"},"sk":{"S":"1"},"\u00fc":{"S":"` +
			strings.Repeat("\u00fc", size/2) + strings.Repeat("x", size%2) + `"}}}`
	}
	b.refuses("PutItem", put(room+1), "Item size has exceeded the maximum allowed size")
	b.want("PutItem", put(room), `{}`)
	b.refuses("UpdateItem",
		`{"TableName":"sgkeeper","Key":{"pk":{"S":"a"},"sk":{"S":"1"}},"UpdateExpression":"SET n = :n","ExpressionAttributeValues":{":n":{"S":"x"}}}`,
		"Item size to update has exceeded the maximum allowed size")
}
