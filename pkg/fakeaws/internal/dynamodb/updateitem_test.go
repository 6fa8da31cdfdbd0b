package dynamodb_test

import (
	"strings"
	"testing"
)

const updateA1 = `{"TableName":"sgkeeper","Key":{"pk":{"S":"a"},"sk":{"S":"1"}},`

func TestUpdateItemReturnValues(t *testing.T) {
	for _, test := range []struct{ returns, want string }{
		{"NONE", `{}`},
		{"ALL_OLD",
			`{"Attributes":{"pk":{"S":"a"},"sk":{"S":"1"},"n":{"N":"5"},"s":{"S":"x"},"m":{"M":{"a":{"N":"1"},"b":{"N":"2"}}}}}`},
		{"UPDATED_OLD", `{"Attributes":{"n":{"N":"5"},"s":{"S":"x"},"m":{"M":{"a":{"N":"1"}}}}}`},
		{"ALL_NEW",
			`{"Attributes":{"pk":{"S":"a"},"sk":{"S":"1"},"n":{"N":"6"},"q":{"N":"1"},"m":{"M":{"a":{"N":"1"},"b":{"N":"2"}}}}}`},
		{"UPDATED_NEW", `{"Attributes":{"n":{"N":"6"},"q":{"N":"1"},"m":{"M":{"a":{"N":"1"}}}}}`},
	} {
		b := newBench(t)
		b.want("PutItem",
			`{"TableName":"sgkeeper","Item":{"pk":{"S":"a"},"sk":{"S":"1"},"n":{"N":"5"},"s":{"S":"x"},"m":{"M":{"a":{"N":"1"},"b":{"N":"2"}}}}}`, `{}`)
		b.want("UpdateItem", updateA1+`"UpdateExpression":"SET n = n + :1, q = :1, m.a = :1 REMOVE s",
			"ExpressionAttributeValues":{":1":{"N":"1"}},"ReturnValues":"`+test.returns+`"}`, test.want)
	}
}

// An update of an absent item creates it.
func TestUpdateItemCreates(t *testing.T) {
	b := newBench(t)
	b.want("UpdateItem", updateA1+`"ReturnValues":"ALL_OLD"}`, `{}`)
	b.want("GetItem", updateA1+`"ConsistentRead":true}`, `{"Item":{"pk":{"S":"a"},"sk":{"S":"1"}}}`)
	b.want("UpdateItem",
		updateA1+
			`"UpdateExpression":"ADD n :1","ExpressionAttributeValues":{":1":{"N":"1"}},"ReturnValues":"UPDATED_OLD"}`, `{}`)
	b.want("UpdateItem", updateA1+`"ReturnValues":"UPDATED_NEW"}`, `{}`)
}

func TestUpdateItemRefuses(t *testing.T) {
	b := newBench(t)
	b.put(item("pk", "a", "sk", "1", "n", 5))
	for _, test := range []struct{ rest, want string }{
		{`"UpdateExpression":"SET pk = :v","ExpressionAttributeValues":{":v":{"S":"b"}}}`,
			"Cannot update attribute pk. This attribute is part of the key"},
		{`"UpdateExpression":"REMOVE sk"}`, "Cannot update attribute sk. This attribute is part of the key"},
		{`"UpdateExpression":"SET due = :v","ExpressionAttributeValues":{":v":{"S":"b"}}}`,
			"Type mismatch for Index Key due Expected: N Actual: S"},
		{`"UpdateExpression":"SET shard = :v","ExpressionAttributeValues":{":v":{"S":"b"}}}`,
			"reserved keyword: shard"},
		{`"UpdateExpression":"SET n = zz"}`,
			"The provided expression refers to an attribute that does not exist in the item"},
		{`"UpdateExpression":"SET n.a = n"}`,
			"The document path provided in the update expression is invalid for update"},
		{`"UpdateExpression":"SET big = :v","ExpressionAttributeValues":{":v":{"S":"` + strings.Repeat("x", 400<<10) +
			`"}}}`, "Item size to update has exceeded the maximum allowed size"},
		{`"ExpressionAttributeValues":{":v":{"S":"b"}}}`, "UpdateExpression and ConditionExpression are null"},
		{`"UpdateExpression":"SET n = :v","ConditionExpression":"n = :v","ExpressionAttributeValues":{":v":{"N":"5"},":w":{"N":"1"}}}`, "unused in expressions: keys: {:w}"},
	} {
		b.refuses("UpdateItem", updateA1+test.rest, "ValidationException: ")
		b.refuses("UpdateItem", updateA1+test.rest, test.want)
	}
	b.want("GetItem", updateA1+`"ConsistentRead":true}`, `{"Item":{"pk":{"S":"a"},"sk":{"S":"1"},"n":{"N":"5"}}}`)
}

// The condition is tested before the update, so an absent attribute in the update is no error.
func TestUpdateItemConditionFirst(t *testing.T) {
	b := newBench(t)
	b.refuses("UpdateItem", updateA1+`"UpdateExpression":"SET n = n + :1","ConditionExpression":"attribute_exists(n)",
		"ExpressionAttributeValues":{":1":{"N":"1"}}}`, "ConditionalCheckFailedException")
}
