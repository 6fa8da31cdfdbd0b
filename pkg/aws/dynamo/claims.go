package dynamo

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

const absent = "attribute_not_exists(pk)"

// Claim implements ensure.Claims, in one transaction. It fails if the launch has ended, or its
// part in the group. It returns an existing request, or an archived one that was refused. It
// rejects a request that decodeRequest could not read back, because such an item would stop
// the group.
func (t *Table) Claim(ctx context.Context, r claim.Request) (found claim.Request, fresh bool, err error) {
	if _, err := decodeRequest(encodeRequest(r)); err != nil {
		return claim.Request{}, false, fmt.Errorf("claim: %w", err)
	}
	err = t.transact(ctx,
		types.TransactWriteItem{ConditionCheck: t.check(endKey(r.Launch), absent, nil)},
		types.TransactWriteItem{ConditionCheck: t.check(groupEndKey(r.Launch, r.Group), absent, nil)},
		types.TransactWriteItem{Put: t.putRequest(r)},
		types.TransactWriteItem{Update: t.updateLaunchGroup(r)},
		types.TransactWriteItem{ConditionCheck: t.notRefused(r)},
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
	case canceled.failed(4) && !canceled.transient():
		found, err = decodeRequest(canceled[4].Item)
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

// notRefused checks that the request was not refused before.
func (t *Table) notRefused(r claim.Request) *types.ConditionCheck {
	c := t.check(archivedKey(r), absent+" OR st <> :refused", item{":refused": text(string(claim.Refused))})
	c.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	return c
}

// updateLaunchGroup adds the request's time and digest to the launch's record of the group.
func (t *Table) updateLaunchGroup(r claim.Request) *types.Update {
	return &types.Update{
		TableName: &t.name,
		Key:       launchGroupKey(r.Launch, r.Group).item(),
		UpdateExpression: aws.String("SET v = if_not_exists(v, :v), firstAsked = if_not_exists(firstAsked, " +
			":at), lastAsked = :at " +
			"REMOVE #ttl ADD digests :digest"),
		ExpressionAttributeNames:  map[string]string{"#ttl": TTL},
		ExpressionAttributeValues: item{":v": number(version), ":at": millis(r.Received), ":digest": texts(r.Digest())},
	}
}

// Requests returns the requests of groups, archived ones included, with one query a group. It
// marks the requests of ended launches as ended. If some items cannot be read, it returns the
// others and an [UnreadableError].
func (t *Table) Requests(ctx context.Context, groups ...claim.Group) (all []claim.Request, err error) {
	var failed unreadable
	for _, group := range groups {
		var asked groupItems
		err := t.query(ctx, groupPK(group), "", func(it item) error {
			if !new(stored).add(it) {
				failed.add(asked.add(it))
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("requests of %s: %w", groupPK(group), err)
		}
		all = append(all, asked.all()...)
	}
	if err := failed.err(); err != nil {
		return all, fmt.Errorf("requests: %w", err)
	}
	return all, nil
}

// Load implements ensure.Claims. It queries the partition backwards as far as the head, which
// sorts after the archived requests. So it reads the ends before the requests.
func (t *Table) Load(ctx context.Context, group claim.Group) (ensure.GroupRecord, error) {
	var asked groupItems
	stored := t.stored()
	err := t.backwards(ctx, groupPK(group), headSK, func(it item) error {
		if stored.add(it) {
			return nil
		}
		return asked.add(it)
	})
	var head lease.Head
	var ledger claim.Ledger
	if err == nil {
		head, ledger, err = stored.heads()
	}
	if err != nil {
		return ensure.GroupRecord{}, fmt.Errorf("load %s: %w", groupPK(group), err)
	}
	return ensure.GroupRecord{Requests: asked.requests, Ends: asked.ends, Head: head, Ledger: ledger}, nil
}

// query reads the items of a partition in the order of their sort keys, with strong
// consistency. If prefix is not empty, it reads only the sort keys that begin with it.
func (t *Table) query(ctx context.Context, pk, prefix string, each func(item) error) error {
	if prefix == "" {
		return t.read(ctx, true, "pk = :pk", item{":pk": text(pk)}, each)
	}
	return t.read(ctx, true, "pk = :pk AND begins_with(sk, :sk)", item{":pk": text(pk), ":sk": text(prefix)}, each)
}

// backwards reads the items of a partition from the last sort key down to from.
func (t *Table) backwards(ctx context.Context, pk, from string, each func(item) error) error {
	return t.read(ctx, false, "pk = :pk AND sk >= :sk", item{":pk": text(pk), ":sk": text(from)}, each)
}

func (t *Table) read(ctx context.Context, forward bool, keys string, values item, each func(item) error) error {
	pages := dynamodb.NewQueryPaginator(t.client, &dynamodb.QueryInput{
		TableName:                 &t.name,
		ConsistentRead:            aws.Bool(true),
		ScanIndexForward:          &forward,
		KeyConditionExpression:    &keys,
		ExpressionAttributeValues: values,
	}, func(o *dynamodb.QueryPaginatorOptions) { o.Limit = t.PageSize })
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

// Refuse implements ensure.Claims, in one transaction: the caller holds the lease for tickets
// that are not served yet, and the request is live. It archives the complete request. Rounds
// read the request without rules until a sweep archives that item, too.
func (t *Table) Refuse(ctx context.Context, r claim.Request, s lease.State) error {
	r.Status, r.Reasons = claim.Refused, claim.BoundReasons(r.Reasons)
	held := t.check(headKey(r.Group), holds, item{":me": text(s.Owner.String()), ":seen": number(s.Seen)})
	err := t.transact(ctx,
		types.TransactWriteItem{ConditionCheck: held},
		types.TransactWriteItem{Update: t.updateRefused(r)},
		t.putAll([]item{archivedRequest(r)})[0],
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
		TableName: &t.name,
		Key:       requestKey(r).item(),
		UpdateExpression: aws.String("SET st = :refused, reasons = :reasons, settled = :at, " +
			"#ttl = :ttl REMOVE #rules"),
		ConditionExpression:      aws.String("st = :open"),
		ExpressionAttributeNames: map[string]string{"#ttl": TTL, "#rules": "rules"},
		ExpressionAttributeValues: item{
			":open": text(string(claim.Open)), ":refused": text(string(claim.Refused)),
			":reasons": list(r.Reasons, encodeFault),
			":at":      millis(r.Finished), ":ttl": ttl(r.Finished),
		},
	}
}
