package dynamo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/sgkeeper/sgkeeper/pkg/await"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Request implements await.Table, by one or two key reads.
func (t *Table) Request(ctx context.Context, l claim.Launch, g claim.Group, digest string) (*claim.Request, error) {
	wanted := claim.Request{Launch: l, Group: g, Sum: digest}
	for _, k := range []key{requestKey(wanted), archivedKey(wanted)} {
		it, err := t.get(ctx, k)
		if err != nil {
			return nil, fmt.Errorf("request %s: %w", k, err)
		}
		if it == nil {
			continue
		}
		requests, err := t.withEnd(ctx, l, g, []item{it})
		if err != nil {
			return nil, fmt.Errorf("request %s: %w", k, err)
		}
		return &requests[0], nil
	}
	return nil, nil
}

// RequestsOf implements await.Table, by one query and a key read, or by two queries.
func (t *Table) RequestsOf(ctx context.Context, l claim.Launch, g claim.Group) ([]claim.Request, error) {
	for _, prefix := range []string{requestPrefix, archivedPrefix} {
		prefix += l.Owner() + "#" + l.Name + "#"
		var items []item
		err := t.query(ctx, groupPK(g), prefix, func(it item) error {
			items = append(items, it)
			return nil
		})
		var requests []claim.Request
		if err == nil {
			requests, err = t.withEnd(ctx, l, g, items)
		}
		if err != nil {
			return nil, fmt.Errorf("requests %s of %s: %w", prefix, groupPK(g), err)
		}
		if len(requests) > 0 {
			return requests, nil
		}
	}
	return nil, nil
}

// withEnd decodes requests of one launch on one group. It reads the end of the launch there if
// one of them is live.
func (t *Table) withEnd(ctx context.Context, l claim.Launch, g claim.Group, items []item) ([]claim.Request, error) {
	var found groupItems
	for _, it := range items {
		if err := found.add(it); err != nil {
			return nil, err
		}
	}
	requests := slices.Concat(found.requests, found.archived)
	if len(claim.OpenOf(requests)) == 0 {
		return requests, nil
	}
	end, err := t.get(ctx, endedKey(l, g))
	if err != nil || end == nil {
		return requests, err
	}
	if err := found.add(end); err != nil {
		return nil, err
	}
	for i, r := range requests {
		if r.Status == claim.Open {
			requests[i] = claim.ApplyEnds([]claim.Request{r}, found.ends)[0]
		}
	}
	return requests, nil
}

// maxRefused is how many items Refused reads. A refusal has at most 6 KiB.
const maxRefused = 200

// Refused implements await.Table, by one query. It reads the ends first.
func (t *Table) Refused(ctx context.Context, l claim.Launch) ([]claim.Refusal, await.Trace, error) {
	trace := newTrace()
	pk := launchPK(l)
	out, err := t.client.Query(ctx, &dynamodb.QueryInput{
		TableName:                 &t.name,
		ConsistentRead:            aws.Bool(true),
		ScanIndexForward:          aws.Bool(false),
		KeyConditionExpression:    aws.String("pk = :pk AND sk BETWEEN :refusals AND :ends"),
		ExpressionAttributeValues: item{":pk": text(pk), ":refusals": text(refusalPrefix), ":ends": text("END#~")},
		Limit:                     aws.Int32(maxRefused),
	})
	if err != nil {
		return nil, trace, fmt.Errorf("refusals of %s: %w", pk, err)
	}
	var refusals []claim.Refusal
	for _, it := range out.Items {
		if !strings.HasPrefix(keyOf(it).sk, refusalPrefix) {
			err = add(&trace, it)
		} else {
			var r claim.Refusal
			r, err = decodeRefusal(it)
			refusals = append(refusals, r)
		}
		if err != nil {
			return nil, trace, fmt.Errorf("refusals of %s: %w", pk, err)
		}
	}
	return refusals, trace, nil
}

// Headed implements await.Table, by one key read. If the marks of requests may be on pages, it
// reads these, too.
func (t *Table) Headed(ctx context.Context, g claim.Group, marked bool) (await.Head, error) {
	it, err := t.get(ctx, headKey(g))
	if err != nil {
		return await.Head{}, fmt.Errorf("head of %s: %w", groupPK(g), err)
	}
	var h await.Head
	if h.Lease, h.Ledger, err = t.decodeHead(it); err != nil {
		return await.Head{}, err
	}
	r := reader{item: it}
	if stuck, applied := decodeStuck(&r); applied == h.Lease.Applied {
		h.Stuck, h.Remedy = stuck.Reason, stuck.Remedy
	}
	if r.err != nil {
		return await.Head{}, fmt.Errorf("item %s: %w", headKey(g), r.err)
	}
	if s := h.Ledger.Served; marked && r.has("pages") && len(s.Recent)+len(s.Waiting) == 0 {
		h.Lease, h.Ledger, err = t.Head(ctx, g)
	}
	return h, err
}
