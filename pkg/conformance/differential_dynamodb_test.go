package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
)

// callsPerSequence is the length of a random sequence.
const callsPerSequence = 40

// TestDifferentialDynamoDB makes the same random calls to the embedded account and to DynamoDB
// Local. The calls are of the kinds that sgkeeper makes. Every answer must be the same: items,
// codes, reasons and pages.
func TestDifferentialDynamoDB(t *testing.T) {
	sides := []*dynamodb.Client{dynamodb.NewFromConfig(dynamodbLocal.config(t)),
		dynamodb.NewFromConfig(embedded.config(t))}
	for _, client := range sides {
		if _, err := client.CreateTable(t.Context(), dynamo.Definition(differentialTable)); err != nil {
			t.Fatal(err)
		}
	}
	known := newDifferences(dynamodbDifferences)
	sequences, calls := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		sequences++
		g := generator{T: rt, prefix: fmt.Sprintf("%d-", sequences)}
		for range callsPerSequence {
			calls++
			call := g.call()
			want, got := call.do(t.Context(), sides[0]), call.do(t.Context(), sides[1])
			if got != want && !known.explains(call.text, want, got) {
				rt.Fatalf("%s\nDynamoDB Local answers   %s\nembedded account answers %s", call.text, want, got)
			}
		}
	})
	known.checkSeen(t, dynamodbLocal)
	if !t.Failed() {
		ran.add("DynamoDB differential", dynamodbLocal, sequences, len(dynamodbDifferences))
		ran.say("differential dynamodb: %d sequences, %d calls to DynamoDB Local %s and the embedded account, "+
			"%d divergences seen %d times, 0 differences",
			sequences, calls, dynamodbLocal.version, len(dynamodbDifferences), known.total())
	}
}

// dynamodbDifferences are differences of DynamoDB Local from DynamoDB's documents.
var dynamodbDifferences = []difference{
	{
		name: "a transaction whose update does not fit its item",
		source: "DynamoDB API Reference, TransactWriteItems: cancellation reason ValidationError, " +
			"The provided expression refers to an attribute that does not exist in the item",
		is: func(_, engine, account string) bool {
			return engine == "ValidationException" && strings.Contains(account, "TransactionCanceledException") &&
				strings.Contains(account, "ValidationError {}")
		},
	},
	{
		name: "a transaction with two writes to one item and a failed condition",
		source: "DynamoDB API Reference, TransactWriteItems: no two actions may operate on one item, " +
			"or the whole request is rejected",
		is: func(call, engine, account string) bool {
			return strings.HasPrefix(call, "TransactWriteItems") &&
				strings.HasPrefix(engine, "TransactionCanceledException") && account == "ValidationException"
		},
	},
}

const differentialTable = "differential"

// dynamodbCall is a call that can be made on each side.
type dynamodbCall struct {
	text string
	do   func(context.Context, *dynamodb.Client) string
}

// call draws a call.
func (g *generator) call() dynamodbCall {
	switch n := rapid.IntRange(0, 19).Draw(g.T, "op"); {
	case n < 7:
		return g.updateCall()
	case n < 9:
		return g.putCall()
	case n < 10:
		return g.deleteCall()
	case n < 12:
		return g.getCall()
	case n < 16:
		return g.transactCall()
	case n < 18:
		return g.queryCall()
	}
	return g.scanCall()
}

func (g *generator) updateCall() dynamodbCall {
	e := g.expression()
	in := &dynamodb.UpdateItemInput{
		TableName: aws.String(differentialTable), Key: g.key(), UpdateExpression: aws.String(e.update()),
		ConditionExpression:                 e.maybeCondition(),
		ReturnValues:                        rapid.SampledFrom(types.ReturnValue("").Values()).Draw(g.T, "return"),
		ReturnValuesOnConditionCheckFailure: g.onFailure(),
		ExpressionAttributeNames:            e.attributeNames(), ExpressionAttributeValues: e.attributeValues(),
	}
	text := fmt.Sprintf("UpdateItem %s: %s IF %s, %s, %s", show(in.Key), *in.UpdateExpression,
		aws.ToString(in.ConditionExpression), e, in.ReturnValues)
	return dynamodbCall{text, func(ctx context.Context, c *dynamodb.Client) string {
		out, err := c.UpdateItem(ctx, in)
		if err != nil {
			return showError(err)
		}
		return show(out.Attributes)
	}}
}

func (g *generator) putCall() dynamodbCall {
	e := g.expression()
	in := &dynamodb.PutItemInput{
		TableName: aws.String(differentialTable), Item: g.item(), ConditionExpression: e.maybeCondition(),
		ReturnValues: rapid.SampledFrom([]types.ReturnValue{"NONE", "ALL_OLD"}).Draw(g.T,
			"return"),
		ReturnValuesOnConditionCheckFailure: g.onFailure(),
		ExpressionAttributeNames:            e.attributeNames(), ExpressionAttributeValues: e.attributeValues(),
	}
	return dynamodbCall{fmt.Sprintf("PutItem %s IF %s, %s", show(in.Item), aws.ToString(in.ConditionExpression), e),
		func(ctx context.Context, c *dynamodb.Client) string {
			out, err := c.PutItem(ctx, in)
			if err != nil {
				return showError(err)
			}
			return show(out.Attributes)
		}}
}

func (g *generator) deleteCall() dynamodbCall {
	e := g.expression()
	in := &dynamodb.DeleteItemInput{
		TableName: aws.String(differentialTable), Key: g.key(), ConditionExpression: e.maybeCondition(),
		ReturnValues: rapid.SampledFrom([]types.ReturnValue{"NONE", "ALL_OLD"}).Draw(g.T,
			"return"),
		ReturnValuesOnConditionCheckFailure: g.onFailure(),
		ExpressionAttributeNames:            e.attributeNames(), ExpressionAttributeValues: e.attributeValues(),
	}
	return dynamodbCall{fmt.Sprintf("DeleteItem %s IF %s, %s", show(in.Key), aws.ToString(in.ConditionExpression), e),
		func(ctx context.Context, c *dynamodb.Client) string {
			out, err := c.DeleteItem(ctx, in)
			if err != nil {
				return showError(err)
			}
			return show(out.Attributes)
		}}
}

func (g *generator) getCall() dynamodbCall {
	e := g.expression()
	in := &dynamodb.GetItemInput{TableName: aws.String(differentialTable), Key: g.key(), ConsistentRead: aws.Bool(true),
		ProjectionExpression: e.maybeProjection()}
	in.ExpressionAttributeNames = e.attributeNames()
	return dynamodbCall{fmt.Sprintf("GetItem %s OF %s, %s", show(in.Key), aws.ToString(in.ProjectionExpression), e),
		func(ctx context.Context, c *dynamodb.Client) string {
			out, err := c.GetItem(ctx, in)
			if err != nil {
				return showError(err)
			}
			return show(out.Item)
		}}
}

func (g *generator) queryCall() dynamodbCall {
	e := g.expression()
	in := &dynamodb.QueryInput{TableName: aws.String(differentialTable), ConsistentRead: aws.Bool(true)}
	if rapid.Bool().Draw(g.T, "index") {
		in.IndexName, in.ConsistentRead = aws.String(dynamo.DueIndex), nil
		in.KeyConditionExpression = aws.String(e.indexCondition())
	} else {
		in.KeyConditionExpression = aws.String(e.keyCondition())
		if rapid.Bool().Draw(g.T, "filtered") {
			in.FilterExpression = aws.String(e.condition(1))
		}
	}
	if rapid.Bool().Draw(g.T, "backwards") {
		in.ScanIndexForward = aws.Bool(false)
	}
	if n := rapid.Int32Range(0, 4).Draw(g.T, "limit"); n > 0 {
		in.Limit = &n
	}
	in.ExpressionAttributeNames, in.ExpressionAttributeValues = e.attributeNames(), e.attributeValues()
	text := fmt.Sprintf("Query %s: %s FILTER %s, %s, backwards %v, limit %d", aws.ToString(in.IndexName),
		*in.KeyConditionExpression,
		aws.ToString(in.FilterExpression), e, in.ScanIndexForward != nil, aws.ToInt32(in.Limit))
	return dynamodbCall{text, func(ctx context.Context, c *dynamodb.Client) string { return queryPages(ctx, c, *in) }}
}

// queryPages reads all pages. It does not separate those of the index, because items with the
// same due time have no order.
func queryPages(ctx context.Context, c *dynamodb.Client, in dynamodb.QueryInput) string {
	var pages, items []string
	for p := dynamodb.NewQueryPaginator(c, &in); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		if err != nil {
			return showError(err)
		}
		for _, it := range page.Items {
			items = append(items, show(it))
		}
		if page.ScannedCount > 0 || len(pages) == 0 { // a key to continue from does not mean that there is more
			pages = append(pages, fmt.Sprintf("%d of %d scanned", page.Count, page.ScannedCount))
		}
	}
	if in.IndexName != nil {
		slices.Sort(items)
	}
	return strings.Join(pages, ", ") + "\n" + strings.Join(items, "\n")
}

// scanCall reads this sequence's items of the table or the index.
func (g *generator) scanCall() dynamodbCall {
	e := g.expression()
	in := &dynamodb.ScanInput{TableName: aws.String(differentialTable),
		FilterExpression: aws.String("begins_with(pk, :prefix)")}
	if rapid.Bool().Draw(g.T, "index") { // which has only the keys
		in.IndexName = aws.String(dynamo.DueIndex)
	} else {
		*in.FilterExpression += " AND (" + e.condition(1) + ")"
	}
	in.ExpressionAttributeNames, in.ExpressionAttributeValues = e.attributeNames(), e.attributeValues()
	if in.ExpressionAttributeValues == nil {
		in.ExpressionAttributeValues = make(map[string]types.AttributeValue)
	}
	in.ExpressionAttributeValues[":prefix"] = &types.AttributeValueMemberS{Value: g.prefix}
	return dynamodbCall{fmt.Sprintf("Scan %s: %s, %s", aws.ToString(in.IndexName), *in.FilterExpression, e),
		func(ctx context.Context, c *dynamodb.Client) string {
			var items []string
			for p := dynamodb.NewScanPaginator(c, in); p.HasMorePages(); {
				page, err := p.NextPage(ctx)
				if err != nil {
					return showError(err)
				}
				for _, it := range page.Items {
					items = append(items, show(it))
				}
			}
			slices.Sort(items)
			return strings.Join(items, "\n")
		}}
}

// showError returns an error's code, with the items that the error contains.
func showError(err error) string {
	if e, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return "ConditionalCheckFailedException " + show(e.Item)
	}
	e, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok {
		return codeOf(err)
	}
	var reasons []string
	for _, r := range e.CancellationReasons {
		reasons = append(reasons, aws.ToString(r.Code)+" "+show(r.Item))
	}
	return "TransactionCanceledException " + strings.Join(reasons, "; ")
}
