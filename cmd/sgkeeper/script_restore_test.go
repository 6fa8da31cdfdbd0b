package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/rogpeppe/go-internal/testscript"
)

// backup keeps the items of the table.
func backup(ts *testscript.TestScript, _ bool, _ []string) {
	w := worldOf(ts)
	w.backup = w.items(ts)
}

// restore: the table gets the items of the last backup, and no other.
func restore(ts *testscript.TestScript, _ bool, _ []string) {
	w := worldOf(ts)
	client, ctx := dynamodb.NewFromConfig(w.clients()), context.Background()
	for _, it := range w.items(ts) {
		_, err := client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: aws.String("sgkeeper"), Key: map[string]types.AttributeValue{"pk": it["pk"], "sk": it["sk"]},
		})
		ts.Check(err)
	}
	for _, it := range w.backup {
		_, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("sgkeeper"), Item: it})
		ts.Check(err)
	}
}

func (w *world) items(ts *testscript.TestScript) (items []map[string]types.AttributeValue) {
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(w.clients()),
		&dynamodb.ScanInput{TableName: aws.String("sgkeeper")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		ts.Check(err)
		items = append(items, page.Items...)
	}
	return items
}
