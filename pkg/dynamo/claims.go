package dynamo

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
)

const absent = "attribute_not_exists(pk)"

// Claim implements ensure.Claims, in one transaction: neither the launch nor
// its part in the group has ended, and the request is not there. A request
// that could not be read back, and would stop its group, is not written.
func (t *Table) Claim(ctx context.Context, r claim.Request) (found claim.Request, fresh bool, err error) {
	if _, err := decodeRequest(encodeRequest(r)); err != nil {
		return claim.Request{}, false, fmt.Errorf("claim: %w", err)
	}
	err = t.transact(ctx,
		types.TransactWriteItem{ConditionCheck: t.check(endKey(r.Launch), absent, nil)},
		types.TransactWriteItem{ConditionCheck: t.check(groupEndKey(r.Launch, r.Group), absent, nil)},
		types.TransactWriteItem{Put: t.putRequest(r)},
		types.TransactWriteItem{Update: t.updateAsked(r)},
	)
	if err == nil {
		return r, true, nil
	}
	canceled := cancellation(err)
	switch {
	case canceled.failed(0), canceled.failed(1):
		return claim.Request{}, false, fmt.Errorf("claim %s: %w: %w", requestKey(r), ensure.ErrEnded, err)
	case canceled.failed(2) && !canceled.transient():
		found, err = decodeRequest(canceled[2].Item)
	}
	if err != nil {
		err = fmt.Errorf("claim %s: %w", requestKey(r), err)
	}
	return found, false, err
}

func (t *Table) putRequest(r claim.Request) *types.Put {
	return &types.Put{
		TableName:                           &t.name,
		Item:                                encodeRequest(r),
		ConditionExpression:                 aws.String(absent),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
}

// updateAsked notes when the launch asked what of the group.
func (t *Table) updateAsked(r claim.Request) *types.Update {
	return &types.Update{
		TableName: &t.name,
		Key:       askedKey(r.Launch, r.Group).item(),
		UpdateExpression: aws.String("SET v = if_not_exists(v, :v), firstAsked = if_not_exists(firstAsked, :at), lastAsked = :at " +
			"ADD digests :digest"),
		ExpressionAttributeValues: item{":v": number(version), ":at": millis(r.Received), ":digest": texts(r.Digest())},
	}
}

// Requests implements ensure.Claims.
func (t *Table) Requests(ctx context.Context, group claim.Group) ([]claim.Request, error) {
	pages := dynamodb.NewQueryPaginator(t.client, &dynamodb.QueryInput{
		TableName:                 &t.name,
		ConsistentRead:            aws.Bool(true),
		KeyConditionExpression:    aws.String("pk = :pk AND begins_with(sk, :prefix)"),
		ExpressionAttributeValues: item{":pk": text(groupPK(group)), ":prefix": text(requestPrefix)},
	}, func(o *dynamodb.QueryPaginatorOptions) { o.Limit = t.PageSize })
	var requests []claim.Request
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("requests of %s: %w", groupPK(group), err)
		}
		for _, it := range page.Items {
			r, err := decodeRequest(it)
			if err != nil {
				return nil, fmt.Errorf("requests of %s: %w", groupPK(group), err)
			}
			requests = append(requests, r)
		}
	}
	return requests, nil
}

// Refuse implements ensure.Claims, in one transaction: owner holds the lease,
// and the request is open. It is settled when r.Settled says.
func (t *Table) Refuse(ctx context.Context, r claim.Request, owner lease.Owner) error {
	holds := t.check(headKey(r.Group), "own = :me", item{":me": text(owner.String())})
	err := t.transact(ctx,
		types.TransactWriteItem{ConditionCheck: holds},
		types.TransactWriteItem{Update: t.updateRefused(r)},
	)
	canceled := cancellation(err)
	switch {
	case err == nil, canceled.failed(1) && !canceled.failed(0) && !canceled.transient():
		return nil
	case canceled.failed(0):
		return fmt.Errorf("refuse %s: %w: %w", requestKey(r), ensure.ErrFenced, err)
	}
	return fmt.Errorf("refuse %s: %w", requestKey(r), err)
}

func (t *Table) updateRefused(r claim.Request) *types.Update {
	return &types.Update{
		TableName:           &t.name,
		Key:                 requestKey(r).item(),
		UpdateExpression:    aws.String("SET st = :refused, reasons = :reasons, settled = :at"),
		ConditionExpression: aws.String("st = :open"),
		ExpressionAttributeValues: item{
			":open": text(string(claim.Open)), ":refused": text(string(claim.Refused)),
			":reasons": list(r.Reasons, encodeFault), ":at": millis(r.Settled),
		},
	}
}
