package dynamo

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// AllRequests returns the requests of all groups, as [Table.Requests] does of
// one, in no order. It reads the whole table, strongly: for a person who asks,
// not for a function.
func (t *Table) AllRequests(ctx context.Context) ([]claim.Request, error) {
	groups := make(map[string]*asked)
	err := t.scan(ctx, func(it item) error {
		pk := keyOf(it).pk
		if groups[pk] == nil {
			groups[pk] = new(asked)
		}
		return groups[pk].add(it)
	})
	if err != nil {
		return nil, fmt.Errorf("requests of all groups: %w", err)
	}
	var all []claim.Request
	for _, group := range groups {
		all = append(all, group.settled()...)
	}
	return all, nil
}

// scan reads what launches ask of all groups, and their ends.
func (t *Table) scan(ctx context.Context, each func(item) error) error {
	in := &dynamodb.ScanInput{
		TableName:                 &t.name,
		ConsistentRead:            aws.Bool(true),
		FilterExpression:          aws.String("begins_with(pk, :group) AND begins_with(sk, :prefix)"),
		ExpressionAttributeValues: item{":group": text("SG#"), ":prefix": text(askPrefix)},
	}
	pages := dynamodb.NewScanPaginator(t.client, in, func(o *dynamodb.ScanPaginatorOptions) { o.Limit = t.PageSize })
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, it := range page.Items {
			if err := each(it); err != nil {
				return err
			}
		}
	}
	return nil
}
