package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
)

// Perform implements ensure.Leases. Each effect is one request, and each but
// Peek one conditional update of the head.
func (t *Table) Perform(ctx context.Context, group claim.Group, s lease.State, l *claim.Ledger) (lease.Reply, claim.Ledger, error) {
	k := headKey(group)
	it, failed, err := t.perform(ctx, k, s, l)
	if err != nil {
		return lease.Reply{}, claim.Ledger{}, fmt.Errorf("%s %s: %w", s.Op, k, err)
	}
	head, ledger, err := decodeHead(it)
	if err == nil && failed && s.Op == lease.Ring {
		err = fmt.Errorf("item %s: its condition failed, and it is not known why", k)
	}
	if err != nil {
		return lease.Reply{}, claim.Ledger{}, fmt.Errorf("%s: %w", s.Op, err)
	}
	return lease.Reply{Head: head, Failed: failed}, ledger, nil
}

// perform returns the head after the effect, or as it was found where the
// effect's condition failed.
func (t *Table) perform(ctx context.Context, k key, s lease.State, l *claim.Ledger) (it item, failed bool, err error) {
	switch s.Op {
	case lease.Peek:
		it, err = t.get(ctx, k)
		return it, false, err
	case lease.Ring:
		return t.update(ctx, k, ring(k, s))
	case lease.TakeOver:
		return t.update(ctx, k, takeOver(s))
	case lease.Condemn:
		return t.update(ctx, k, condemn(s, l.PendingRevokes))
	case lease.Release:
		return t.update(ctx, k, release(k, s, *l))
	case lease.Yield:
		return t.yield(ctx, k, s, l)
	}
	return nil, false, errors.New("no effect on the head")
}

// yield frees the lease with its work undone. A holder that began a round records
// what is certain of it, unless others have served its tickets meanwhile.
func (t *Table) yield(ctx context.Context, k key, s lease.State, l *claim.Ledger) (it item, failed bool, err error) {
	if l != nil {
		it, failed, err = t.update(ctx, k, yieldWith(k, s, *l))
		if err != nil || !failed {
			return it, failed, err
		}
	}
	return t.update(ctx, k, yield(s))
}

func (t *Table) get(ctx context.Context, k key) (item, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &t.name, Key: k.item(), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// update returns the item after the change, or as it was found where the change's
// condition failed.
func (t *Table) update(ctx context.Context, k key, c change) (it item, failed bool, err error) {
	out, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                           &t.name,
		Key:                                 k.item(),
		UpdateExpression:                    &c.update,
		ConditionExpression:                 &c.condition,
		ExpressionAttributeNames:            c.names,
		ExpressionAttributeValues:           c.values,
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}, retryConflicts)
	if e, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return e.Item, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	return out.Attributes, false, nil
}
