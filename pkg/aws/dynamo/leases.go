package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// Perform implements ensure.Leases. Each effect is one request, except a Yield that may not
// record its ledger. Each effect except Peek is a conditional update of the head.
func (t *Table) Perform(ctx context.Context, group claim.Group, s lease.State,
	l *claim.Ledger) (lease.Reply, claim.Ledger, error) {
	k := headKey(group)
	it, failed, err := t.perform(ctx, k, s, l)
	if err != nil {
		return lease.Reply{}, claim.Ledger{}, fmt.Errorf("%s %s: %w", s.Op, k, err)
	}
	if it == nil && !failed && s.Op != lease.Peek { // a transaction does not return the head
		head := lease.Head{}
		if s.Op == lease.Release {
			head = lease.Head{Want: s.Seen, Applied: s.Seen, Last: s.Owner}
		}
		return lease.Reply{Head: head}, *l, nil
	}
	head, ledger, err := t.decodeHead(it)
	if err == nil && failed && s.Op == lease.Ring {
		err = fmt.Errorf("item %s: its condition failed, and it is not known why", k)
	}
	if err != nil {
		return lease.Reply{}, claim.Ledger{}, fmt.Errorf("%s: %w", s.Op, err)
	}
	return lease.Reply{Head: head, Failed: failed}, ledger, nil
}

// perform returns the head after the effect, or the unchanged head if the condition failed.
func (t *Table) perform(ctx context.Context, k key, s lease.State, l *claim.Ledger) (it item, failed bool, err error) {
	switch s.Op {
	case lease.Peek:
		it, err = t.get(ctx, k)
		return it, false, err
	case lease.Ring:
		return t.update(ctx, k, ring(k, s, l, t.home()))
	case lease.TakeOver:
		return t.update(ctx, k, takeOver(s))
	case lease.Pend:
		return t.commit(ctx, k, recordRevokes(s, *l), t.put(ledgerKey(k.pk),
			adding("cond", encodePending(l.PendingRevokes))))
	case lease.Release:
		a := arrange(l.Stored.Pages, linesOf(*l))
		return t.commit(ctx, k, release(k, s, *l, a.count), append(t.turn(k, a), t.pending(k, *l)...)...)
	case lease.Yield:
		return t.yield(ctx, k, s, l)
	}
	return nil, false, errors.New("no effect on the head")
}

// yield frees the lease with its work undone. A holder that began a round records the ledger,
// unless others have served its tickets meanwhile. It does not write the item LEDGER, because
// an adoption may have added to it.
func (t *Table) yield(ctx context.Context, k key, s lease.State, l *claim.Ledger) (it item, failed bool, err error) {
	if l != nil {
		a := arrange(l.Stored.Pages, linesOf(*l))
		it, failed, err = t.commit(ctx, k, yieldWith(k, s, *l, a.count), t.turn(k, a)...)
		if err != nil || !failed {
			return it, failed, err
		}
	}
	return t.update(ctx, k, yield(s))
}

// pending writes the pending revokes that a release leaves. If none are left, it deletes the
// item LEDGER.
func (t *Table) pending(k key, l claim.Ledger) []types.TransactWriteItem {
	switch {
	case len(l.PendingRevokes) > 0:
		it := ledgerKey(k.pk).item()
		it["v"], it["cond"] = number(headVersion), encodePending(l.PendingRevokes)
		return t.putAll([]item{it})
	case l.Stored.Apart:
		return []types.TransactWriteItem{{Delete: &types.Delete{TableName: &t.name, Key: ledgerKey(k.pk).item()}}}
	}
	return nil
}

// turn writes the changed pages of a ledger, and deletes the pages without lines.
func (t *Table) turn(k key, a arrangement) []types.TransactWriteItem {
	var writes []types.TransactWriteItem
	for _, p := range a.changed {
		if len(p.Lines) > 0 {
			writes = append(writes, t.putAll([]item{encodePage(k.pk, p)})...)
			continue
		}
		page := key{k.pk, pageSK(p.Number)}
		writes = append(writes, types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: page.item()}})
	}
	return writes
}

func (t *Table) putAll(items []item) []types.TransactWriteItem {
	writes := make([]types.TransactWriteItem, len(items))
	for i, it := range items {
		writes[i] = types.TransactWriteItem{Put: &types.Put{TableName: &t.name, Item: it}}
	}
	return writes
}

// put returns an update without a condition.
func (t *Table) put(k key, c change) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &t.name, Key: k.item(), UpdateExpression: &c.update,
		ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
	}}
}

// commit changes the head and other items in one request. If the condition fails, it returns
// the unchanged head. It returns the new head only if there are no other items.
func (t *Table) commit(ctx context.Context, k key, c change,
	more ...types.TransactWriteItem) (it item, failed bool, err error) {
	if len(more) == 0 {
		return t.update(ctx, k, c)
	}
	head := t.put(k, c)
	head.Update.ConditionExpression = &c.condition
	head.Update.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	err = t.transact(ctx, append([]types.TransactWriteItem{head}, more...)...)
	if canceled := cancellation(err); canceled.failed(0) {
		return canceled[0].Item, true, nil
	}
	return nil, false, err
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

// update returns the item after the change, or the unchanged item if the condition failed.
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
