package conformance_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"pgregory.net/rapid"
)

func (g *generator) transactCall() dynamodbCall {
	in := &dynamodb.TransactWriteItemsInput{}
	var text []string
	keys := make(map[string]bool)
	for range rapid.IntRange(1, 4).Draw(g.T, "writes") {
		key := g.key()
		item, line := g.write(key)
		keys[show(key)] = true
		in.TransactItems = append(in.TransactItems, item)
		text = append(text, line)
	}
	valid := len(keys) == len(in.TransactItems) // if not, either of two faults may be reported
	if valid && rapid.Bool().Draw(g.T, "with a token") {
		in.ClientRequestToken = aws.String(g.prefix + rapid.SampledFrom([]string{"t1", "t2", "t3"}).Draw(g.T, "token"))
		text = append(text, "token "+*in.ClientRequestToken)
	} else { // the SDK would generate different tokens
		in.ClientRequestToken = aws.String(g.prefix + fmt.Sprint("once", g.next()))
	}
	return dynamodbCall{"TransactWriteItems\n  " + strings.Join(text, "\n  "),
		func(ctx context.Context, c *dynamodb.Client) string {
			_, err := c.TransactWriteItems(ctx, in)
			return showError(err)
		}}
}

func (g *generator) write(key attributes) (types.TransactWriteItem, string) {
	e, name := g.expression(), aws.String(differentialTable)
	condition := e.maybeCondition()
	switch rapid.IntRange(0, 3).Draw(g.T, "write") {
	case 0:
		condition = aws.String(e.condition(2))
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: name, Key: key, ConditionExpression: condition,
			ReturnValuesOnConditionCheckFailure: g.onFailure(),
			ExpressionAttributeNames:            e.attributeNames(), ExpressionAttributeValues: e.attributeValues(),
		}}, fmt.Sprintf("check %s IF %s, %s", show(key), *condition, e)
	case 1:
		item := g.itemAt(key)
		return types.TransactWriteItem{Put: &types.Put{
			TableName: name, Item: item, ConditionExpression: condition,
			ReturnValuesOnConditionCheckFailure: g.onFailure(),
			ExpressionAttributeNames:            e.attributeNames(), ExpressionAttributeValues: e.attributeValues(),
		}}, fmt.Sprintf("put %s IF %s, %s", show(item), aws.ToString(condition), e)
	case 2:
		return types.TransactWriteItem{Delete: &types.Delete{
			TableName: name, Key: key, ConditionExpression: condition,
			ReturnValuesOnConditionCheckFailure: g.onFailure(),
			ExpressionAttributeNames:            e.attributeNames(), ExpressionAttributeValues: e.attributeValues(),
		}}, fmt.Sprintf("delete %s IF %s, %s", show(key), aws.ToString(condition), e)
	}
	update := e.update()
	return types.TransactWriteItem{Update: &types.Update{
		TableName: name, Key: key, UpdateExpression: &update, ConditionExpression: condition,
		ReturnValuesOnConditionCheckFailure: g.onFailure(),
		ExpressionAttributeNames:            e.attributeNames(), ExpressionAttributeValues: e.attributeValues(),
	}}, fmt.Sprintf("update %s: %s IF %s, %s", show(key), update, aws.ToString(condition), e)
}
